"""`inbox`: what partners sent, and what becomes of it."""

from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import find_story, with_app, writing
from feedstream.cli.output import examples, json_line, listing, moment, report, say
from feedstream.cli.story_views import paragraphs
from feedstream.domain.inbox import InboxItem
from feedstream.errors import Invalid, NotFound

app = typer.Typer(no_args_is_help=True, help="What partners sent, and what becomes of it.")
OPEN = ("new", "revised")
STATES = ("new", "attached", "revised", "rejected", "withdrawn")
ItemRef = Annotated[
    str, typer.Argument(metavar="ITEM", help="An id, or its first six characters or more.")
]
COLUMNS = {
    "short": "ITEM",
    "state": "STATE",
    "source": "SOURCE",
    "published": "PUBLISHED",
    "headline": "HEADLINE",
    "best": "BEST STORY",
    "score": "SCORE",
}


@app.command(
    "list", epilog=examples("feedstream inbox list", "feedstream inbox list --all --source desk")
)
def list_(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what is settled.")] = False,
    state: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(STATES)}; may be repeated.")
    ] = None,
    source: Annotated[str, typer.Option(help="Only from this source.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=o.MOST, help="At most so many.")
    ] = 100,
    as_json: o.Json = False,
) -> None:
    """List items that wait for a decision: new ones, and attached ones that were revised."""
    if odd := sorted(set(state or ()) - set(STATES)):
        raise Invalid(f"“{odd[0]}” is no state: there are {', '.join(STATES)}.")
    wanted = tuple(state or (() if everything else OPEN))

    async def work(newsroom: App) -> list[dict[str, Any]]:
        items = newsroom.views.items(states_wanted=wanted, source=source, limit=limit)
        return [_record(newsroom, item) for item in items]

    listing(with_app(context, work), COLUMNS, as_json=as_json, nothing="The inbox is empty.")


def _record(newsroom: App, item: InboxItem) -> dict[str, Any]:
    best = item.candidates[0] if item.candidates and not item.story else None
    story = newsroom.views.story(best.story) if best else None
    return {
        "id": item.id,
        "short": item.id[:8],
        "state": item.state,
        "version": item.version,
        "source": item.known.source,
        "published": item.known.published,
        "headline": item.known.headline,
        "url": item.known.url,
        "best": story.slug if story else "",
        "score": f"{best.score:.2f}" if best else None,
        "story": item.story,
        "update": item.update,
    }


@app.command(epilog=examples("feedstream inbox show 3f2a91bc"))
def show(context: typer.Context, item: ItemRef, as_json: o.Json = False) -> None:
    """Show an item with the stories it may belong to, and why."""

    async def work(newsroom: App) -> tuple[InboxItem, dict[str, Any], dict[str, str]]:
        found = _item(newsroom, item)
        rows = [newsroom.views.story(candidate.story) for candidate in found.candidates]
        slugs = {row.story.id: row.slug for row in rows if row}
        return found, _record(newsroom, found), slugs

    found, record, slugs = with_app(context, work)
    if as_json:
        json_line({**record, "item": found.known, "candidates": found.candidates})
        return
    known = found.known
    say(known.headline)
    say(f"{known.source} · {found.state} · version {found.version} · {moment(known.published)}")
    say(f"{found.id}  {known.url}")
    for line in paragraphs(known.body or known.summary):
        say(line)
    for candidate in found.candidates:
        say(f"\n{candidate.score:.2f}  {slugs.get(candidate.story, candidate.story)}")
        for reason in candidate.reasons:
            say(f"      {reason.weight:+.2f} {reason.feature}: {reason.found}")


@app.command(
    epilog=examples(
        "feedstream inbox accept 3f2a91bc --story leaders-meet",
        "feedstream inbox accept 3f2a91bc --best",
        "feedstream inbox accept 3f2a91bc --new",
    )
)
def accept(
    context: typer.Context,
    item: ItemRef,
    story: Annotated[str, typer.Option(metavar="STORY", help="Attach it to this story.")] = "",
    best: Annotated[bool, typer.Option("--best", help="Attach it to the story it fits.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Make it a story of its own.")] = False,
    as_json: o.Json = False,
) -> None:
    """Attach an item to a story as a credited update, or make it a story of its own.

    For an item that is in a story already, this takes its newer version over.
    """
    if (bool(story) + best + new) > 1:
        raise Invalid("Give one of --story, --best and --new.")

    async def work(newsroom: App, actor: str) -> dict[str, Any]:
        found = _item(newsroom, item)
        target = "" if found.story or new else _target(newsroom, found, story, best)
        story_id, update = await newsroom.ingest.accept(found.id, target, actor=actor)
        await newsroom.catch_up()
        row = newsroom.views.story(story_id)
        return {"story": story_id, "slug": row.slug if row else "", "update": update}

    done = writing(context, work)
    if as_json:
        json_line(done)
    else:
        say(f"Accepted: {done['slug']} ({done['story']}).")


def _target(newsroom: App, item: InboxItem, story: str, best: bool) -> str:
    if story:
        return find_story(newsroom, story).story.id
    if best and item.candidates:
        return item.candidates[0].story
    if best:
        raise NotFound("No story was found that the item fits: give --story or --new.")
    raise Invalid("Say where it belongs: --story STORY, --best, or --new; “inbox show” helps.")


@app.command(epilog=examples("feedstream inbox reject 3f2a91bc --reason “Not our beat.”"))
def reject(
    context: typer.Context, item: ItemRef, reason: o.Reason = "", as_json: o.Json = False
) -> None:
    """Settle that an item is not wanted."""

    async def work(newsroom: App, actor: str) -> str:
        found = _item(newsroom, item)
        await newsroom.ingest.reject(found.id, reason=reason, actor=actor)
        return found.id

    report("Rejected.", {"rejected": writing(context, work)}, as_json=as_json)


@app.command(epilog=examples("feedstream inbox detach 3f2a91bc --reason “It is another case.”"))
def detach(
    context: typer.Context, item: ItemRef, reason: o.Reason, as_json: o.Json = False
) -> None:
    """Take an item out of its story; its update is withdrawn, and a credit that it alone earned."""

    async def work(newsroom: App, actor: str) -> tuple[str, str]:
        found = _item(newsroom, item)
        await newsroom.ingest.detach(found.id, reason=reason, actor=actor)
        return found.id, found.story

    gone, story = writing(context, work)
    report("Detached.", {"detached": gone, "story": story}, as_json=as_json)


def _item(newsroom: App, reference: str) -> InboxItem:
    found = newsroom.views.item(reference)
    if found is None:
        raise NotFound(
            f"There is no wire item “{reference}”: “inbox list --all” shows them; give at least"
            " the first six characters."
        )
    return found
