"""`story`: list, show, history."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from feedstream import markup
from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import SHORT, find_story, past_of, with_app
from feedstream.cli.media import described
from feedstream.cli.output import examples, json_line, listing, moment, say
from feedstream.domain.story import Story
from feedstream.projections.views import StoryRow

app = typer.Typer()
COLUMNS = {
    "slug": "SLUG",
    "headline": "HEADLINE",
    "status": "STATUS",
    "revision": "REV",
    "updates": "UPDATES",
    "updated": "UPDATED",
    "short": "ID",
}


def story_record(row: StoryRow) -> dict[str, Any]:
    """A story as a line of a list."""
    story = row.story
    return {
        "id": story.id,
        "short": story.id[-SHORT:],
        "slug": row.slug,
        "headline": story.headline,
        "status": story.status,
        "revision": story.revision,
        "position": story.position,
        "updates": sum(u.withdrawn is None for u in story.updates),
        "section": story.section,
        "tags": story.tags,
        "published": story.published,
        "updated": story.updated,
    }


@app.command("list", epilog=examples("feedstream story list", "feedstream story list --all --json"))
def list_(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that no reader may see.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=o.MOST, help="At most so many.")
    ] = 50,
    as_json: o.Json = False,
) -> None:
    """List stories, the last updated first."""

    async def work(newsroom: App) -> list[StoryRow]:
        return newsroom.views.stories(public_only=not everything, limit=limit)

    listing(
        map(story_record, with_app(context, work)),
        COLUMNS,
        as_json=as_json,
        nothing="There is no story yet: “story publish” or “import rolling” begin one.",
    )


@app.command(
    epilog=examples(
        "feedstream story show leaders-meet",
        "feedstream story show leaders-meet --at 2021-12-06",
        "feedstream story show leaders-meet --at 17 --json",
    )
)
def show(
    context: typer.Context,
    story: o.StoryRef,
    at: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="As the log had it: a position, an instant, a date."),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Show a story with its updates and corrections, as it is or as it was."""
    found, slug = with_app(context, lambda newsroom: _story_at(newsroom, story, at))
    if as_json:
        json_line({"slug": slug, "status": found.status, "story": found})
    else:
        for line in describe(found, slug):
            say(line)


async def _story_at(newsroom: App, reference: str, at: str | None) -> tuple[Story, str]:
    row = find_story(newsroom, reference)
    if at is None or row.story.killed:  # what was killed is not read again, not even as it was
        return row.story, row.slug
    past = await past_of(newsroom, at)
    then = await past.story(row.story.id)
    return then.story, then.slug


def describe(story: Story, slug: str) -> Iterator[str]:
    """A story as lines of text: corrections on top, then the report, updates, the credit line."""
    yield story.headline or "(killed)"
    yield f"{slug} · {story.status} · revision {story.revision} · {moment(story.dated)}"
    filed = [story.section, *(f"#{tag}" for tag in story.tags), *story.authors]
    if any(filed):
        yield " · ".join(part for part in filed if part)
    notice = story.killed or story.retracted
    if notice:
        yield f"{story.status.capitalize()} on {moment(notice.dated)}: {notice.reason}"
    for part in story.withheld:
        why = {"legal": " after a legal order", "request": " at a request"}.get(part.kind, "")
        gone = f" on {moment(part.erased)}" if part.erased else ""
        yield f"Withheld: {part.type} of {moment(part.dated)}, erased{gone}{why}."
    for one in story.corrections_in_order:
        told = one.text or f"it said “{one.was}”; right is “{one.now}”. {one.why}"
        kind = "Clarification" if one.is_clarification else "Correction"
        yield f"\n{kind}, {moment(one.dated)}: {told}"
    yield from paragraphs(story.body)
    yield from described(story.media)
    for update in story.updates_in_order:
        pinned = ", pinned" if update.pinned else ""
        yield f"\n── {moment(update.dated)}{pinned} · {update.headline} [{update.id[-SHORT:]}]"
        if update.withdrawn is not None:
            yield f"Withdrawn: {update.withdrawn}"
        yield from paragraphs(update.body)
        yield from described(update.media)
    if story.credit_line:
        yield f"\n{story.credit_line}"


def paragraphs(html: str) -> Iterator[str]:
    """The text of some HTML, a blank line before each paragraph."""
    for block in re.split(r"</(?:p|li|h[2-6]|blockquote|pre|tr)>", html):
        if text := markup.to_text(block):
            yield f"\n{text}"


@app.command(epilog=examples("feedstream story history leaders-meet"))
def history(context: typer.Context, story: o.StoryRef, as_json: o.Json = False) -> None:
    """Show every change of a story: what, when, by whom; the latest first."""

    async def work(newsroom: App) -> list[dict[str, Any]]:
        rows = newsroom.views.revisions(find_story(newsroom, story).story.id)
        return [{name: getattr(row, name) for name in _HISTORY} for row in rows]

    listing(with_app(context, work), _HISTORY, as_json=as_json)


_HISTORY = {
    "revision": "REV",
    "position": "POSITION",
    "type": "TYPE",
    "effective_at": "EFFECTIVE",
    "recorded_at": "RECORDED",
    "actor": "ACTOR",
}
