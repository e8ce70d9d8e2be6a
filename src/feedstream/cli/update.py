"""`update`: dated additions to a story."""

from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.bodies import read_body
from feedstream.cli.changes import change
from feedstream.cli.context import SHORT, find_story, find_update, when, with_app
from feedstream.cli.media import MediaOption, NoMedia, media_change, media_of
from feedstream.cli.output import examples, listing
from feedstream.domain import commands as c
from feedstream.domain.story import Story
from feedstream.newsroom import story_command

app = typer.Typer(no_args_is_help=True, help="Dated additions to a story, each with its own entry.")
COLUMNS = {
    "dated": "DATED",
    "headline": "HEADLINE",
    "pinned": "PINNED",
    "withdrawn": "WITHDRAWN",
    "source": "SOURCE",
    "short": "ID",
}


@app.command(
    epilog=examples(
        "feedstream update add leaders-meet --headline “The talks begin” --file update.txt",
        "feedstream update add leaders-meet --headline “A date is set” --body “It is Tuesday.”"
        " --date 2021-12-06",
        "feedstream update add leaders-meet --headline “They shake hands” --body “At noon.”"
        " --media “https://example.org/hands.mp4;length=4201337;title=The handshake”",
    )
)
def add(
    context: typer.Context,
    story: o.StoryRef,
    headline: Annotated[str, typer.Option("--headline", help="The headline.")],
    body: o.Body = None,
    file: o.File = None,
    markdown: o.Markdown = False,
    html: o.Html = False,
    media: MediaOption = None,
    date: o.Date = None,
    if_revision: o.IfRevision = None,
    as_json: o.Json = False,
) -> None:
    """Add an update. The text comes from --body, a file, or standard input."""
    dated, files = when(date, "--date"), media_of(media)
    text = read_body(body, file, markdown=markdown, html=html, required=True) or ""
    change(
        context,
        story,
        lambda newsroom, found: newsroom.newsroom.update(
            found.id,
            headline=headline,
            body=text,
            effective=dated,
            media=files,
            if_revision=if_revision,
        ),
        done="Updated",
        as_json=as_json,
    )


@app.command(
    epilog=examples("feedstream update edit leaders-meet 3f2a91bc --headline “The talks began”")
)
def edit(
    context: typer.Context,
    story: o.StoryRef,
    update: o.UpdateRef,
    headline: Annotated[str | None, typer.Option(help="Another headline.")] = None,
    body: o.Body = None,
    file: o.File = None,
    markdown: o.Markdown = False,
    html: o.Html = False,
    media: MediaOption = None,
    no_media: NoMedia = False,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="Another date for the update.")
    ] = None,
    minor: o.Minor = False,
    if_revision: o.IfRevision = None,
    as_json: o.Json = False,
) -> None:
    """Change an update; what is not given stays. Media are replaced."""
    text = read_body(body, file, markdown=markdown, html=html, required=False)
    _on(
        context,
        story,
        update,
        c.EditUpdate,
        done="Edited",
        as_json=as_json,
        headline=headline,
        body=text,
        dated=when(date, "--date"),
        media=media_change(media, no_media),
        minor=minor,
        if_revision=if_revision,
    )


@app.command(
    epilog=examples("feedstream update withdraw leaders-meet 3f2a91bc --reason “Not confirmed.”")
)
def withdraw(
    context: typer.Context,
    story: o.StoryRef,
    update: o.UpdateRef,
    reason: o.Reason,
    as_json: o.Json = False,
) -> None:
    """Take an update back, for a reason."""
    _on(
        context,
        story,
        update,
        c.WithdrawUpdate,
        done="Update withdrawn",
        as_json=as_json,
        reason=reason,
    )


@app.command(epilog=examples("feedstream update pin leaders-meet 3f2a91bc"))
def pin(
    context: typer.Context, story: o.StoryRef, update: o.UpdateRef, as_json: o.Json = False
) -> None:
    """Keep an update above the others."""
    _on(context, story, update, c.PinUpdate, done="Pinned", as_json=as_json)


@app.command(epilog=examples("feedstream update unpin leaders-meet 3f2a91bc"))
def unpin(
    context: typer.Context, story: o.StoryRef, update: o.UpdateRef, as_json: o.Json = False
) -> None:
    """Let an update stand in its place again."""
    _on(context, story, update, c.UnpinUpdate, done="Unpinned", as_json=as_json)


@app.command("list", epilog=examples("feedstream update list leaders-meet"))
def list_(context: typer.Context, story: o.StoryRef, as_json: o.Json = False) -> None:
    """List the updates of a story, pinned ones first, then the newest."""

    async def work(newsroom: App) -> Story:
        return find_story(newsroom, story).story

    records = [
        {
            "id": u.id,
            "short": u.id[-SHORT:],
            "dated": u.dated,
            "headline": u.headline,
            "pinned": u.pinned,
            "withdrawn": u.withdrawn,
            "source": u.origin.source if u.origin else "",
        }
        for u in with_app(context, work).updates_in_order
    ]
    listing(records, COLUMNS, as_json=as_json, nothing="The story has no updates.")


def _on(
    context: typer.Context,
    story: str,
    update: str,
    kind: type[Any],
    *,
    done: str,
    as_json: bool,
    **fields: Any,
) -> None:
    def make(newsroom: App, found: Story) -> c.Command:
        one = find_update(found, update)
        return story_command(kind, found.id, newsroom.newsroom.clock(), update=one.id, **fields)

    change(context, story, make, done=done, as_json=as_json)
