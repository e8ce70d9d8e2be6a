"""`story`: embargo, retract, kill, close, and the ways back."""

import sys
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.changes import Make, change
from feedstream.cli.context import instant
from feedstream.cli.output import examples, safe
from feedstream.domain import commands as c
from feedstream.domain.story import Story
from feedstream.errors import Invalid
from feedstream.newsroom import story_command

app = typer.Typer()
Note = Annotated[str, typer.Option("--note", help="A word for the history.")]


def _make(kind: type[Any], **fields: Any) -> Make:
    def make(newsroom: App, story: Story) -> c.Command:
        return story_command(kind, story.id, newsroom.newsroom.clock(), **fields)

    return make


@app.command(epilog=examples("feedstream story embargo leaders-meet 2030-01-01T12:00:00Z"))
def embargo(
    context: typer.Context,
    story: o.StoryRef,
    until: Annotated[str, typer.Argument(metavar="INSTANT", help="Invisible until then.")],
    reason: o.Reason = "",
    as_json: o.Json = False,
) -> None:
    """Hide a story until an instant; the server then publishes it by itself."""
    make = _make(c.EmbargoStory, until=instant(until, "INSTANT"), reason=reason)
    change(context, story, make, done="Held under embargo", as_json=as_json)


@app.command(epilog=examples("feedstream story lift leaders-meet --reason “The partner agreed.”"))
def lift(
    context: typer.Context, story: o.StoryRef, reason: o.Reason = "", as_json: o.Json = False
) -> None:
    """Lift an embargo before its time."""
    make = _make(c.LiftEmbargo, reason=reason)
    change(context, story, make, done="Embargo lifted", as_json=as_json)


@app.command(epilog=examples("feedstream story retract leaders-meet --reason “The source erred.”"))
def retract(
    context: typer.Context, story: o.StoryRef, reason: o.Reason, as_json: o.Json = False
) -> None:
    """Replace a story by a notice with the reason; its address stays."""
    change(
        context,
        story,
        lambda newsroom, found: newsroom.newsroom.retraction(found.id, reason=reason),
        done="Retracted",
        as_json=as_json,
    )


@app.command(
    epilog=examples("feedstream story reinstate leaders-meet --reason “It was confirmed.”")
)
def reinstate(
    context: typer.Context, story: o.StoryRef, reason: o.Reason, as_json: o.Json = False
) -> None:
    """Take a retraction back."""
    make = _make(c.ReinstateStory, reason=reason)
    change(context, story, make, done="Reinstated", as_json=as_json)


@app.command(
    epilog=examples(
        "feedstream story kill leaders-meet --reason “It endangers a witness.”",
        "feedstream story kill leaders-meet --reason “Court order 12/2030” --legal --yes",
    )
)
def kill(
    context: typer.Context,
    story: o.StoryRef,
    reason: o.Reason,
    legal: Annotated[bool, typer.Option("--legal", help="By a legal order (HTTP 451).")] = False,
    yes: o.Yes = False,
    as_json: o.Json = False,
) -> None:
    """Take a story out of every output at once, for good. Asks first."""
    _confirm(f"Kill “{safe(story)}”? It can't be taken back", yes)
    make = _make(c.KillStory, reason=reason, legal=legal)
    change(context, story, make, done="Killed", as_json=as_json)


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Invalid("This can't be taken back and nobody is there to ask: add --yes.")
    typer.confirm(question, abort=True, err=True)


@app.command(epilog=examples("feedstream story close leaders-meet"))
def close(
    context: typer.Context, story: o.StoryRef, note: Note = "", as_json: o.Json = False
) -> None:
    """End a story: no more updates."""
    change(context, story, _make(c.CloseStory, note=note), done="Closed", as_json=as_json)


@app.command(epilog=examples("feedstream story reopen leaders-meet"))
def reopen(
    context: typer.Context, story: o.StoryRef, note: Note = "", as_json: o.Json = False
) -> None:
    """Let a closed story take updates again."""
    change(context, story, _make(c.ReopenStory, note=note), done="Reopened", as_json=as_json)
