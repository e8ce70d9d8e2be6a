"""`feed`: what is published, and feeds of the site's own."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from feedstream import ownfeeds
from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import find_story, past_of, with_app, writing
from feedstream.cli.output import examples, listing, raw, report
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.story import Story
from feedstream.errors import Invalid, NotFound, Unavailable
from feedstream.publish import Published
from feedstream.replay import render_to, views_at

app = typer.Typer(no_args_is_help=True, help="What is published, and feeds of the site's own.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as stories or tag/summit.")]
COLUMNS = {"name": "NAME", "title": "TITLE", "kind": "KIND", "address": "ADDRESS"}


@app.command("list", epilog=examples("feedstream feed list"))
def list_(context: typer.Context, as_json: o.Json = False) -> None:
    """List all feeds; each is there as .rss, .atom and .json."""

    async def work(newsroom: App) -> list[dict[str, Any]]:
        base = newsroom.settings.site.base_url
        return [
            {
                "name": feed.name,
                "title": feed.title,
                "kind": feed.kind,
                "address": f"{base}/feeds/{feed.name}.atom",
                "definition": feed,
            }
            for feed in newsroom.views.feeds()
        ]

    listing(with_app(context, work), COLUMNS, as_json=as_json)


@app.command(
    epilog=examples(
        "feedstream feed render",
        "feedstream feed render stories --format json",
        "feedstream feed render stories --at 2021-12-06",
        "feedstream feed render --out /tmp/site",
    )
)
def render(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One feed, to stdout.")] = None,
    format_: Annotated[
        Literal["rss", "atom", "json"], typer.Option("--format", help="Of that one feed.")
    ] = "atom",
    at: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="As it was: a position, an instant, a date."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write every feed here, anew.")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Write the feeds: what changed to feeds/, all of them to --out, or one to stdout."""
    if name is not None and out is not None:
        raise Invalid("Give the name of one feed or --out, not both.")
    if name is None and at is not None:
        raise Invalid("Name the feed that --at is to show; “replay --out” writes them all.")
    if name is not None:
        raw(with_app(context, lambda newsroom: _one(newsroom, name, format_, at)))
        return
    done = with_app(context, lambda newsroom: _all(newsroom, out))
    if done.trouble:
        raise Unavailable(done.trouble)
    report(
        f"{len(done.written)} files written, {len(done.removed)} removed, at {done.position}.",
        {"written": done.written, "removed": done.removed, "position": done.position},
        as_json=as_json,
    )


async def _one(newsroom: App, name: str, ending: str, at: str | None) -> bytes:
    if at is not None:
        past = await past_of(newsroom, at)
        outputs = newsroom.publisher.outputs
        return await past.feed(name, ending, outputs, lambda then: _unless_killed(newsroom, then))
    if newsroom.views.feed(name) is None:
        raise NotFound(f"There is no feed “{name}”: “feed list” shows them.")
    await newsroom.settle()
    return (newsroom.home.feeds / f"{name}.{ending}").read_bytes()


def _unless_killed(newsroom: App, then: Story) -> Story | None:
    """What was killed is not read again, not even as it was."""
    row = newsroom.views.story(then.id)
    return None if row is None or row.story.killed else then


async def _all(newsroom: App, out: Path | None) -> Published:
    await ownfeeds.sync_settings(newsroom)
    if out is None:
        return await newsroom.settle()
    async with views_at(newsroom.log) as views:
        return render_to(views, newsroom.settings, out)


@app.command(
    epilog=examples("feedstream feed define summits --title “Summits” --tag Diplomacy --window 20")
)
def define(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters and hyphens.")],
    title: Annotated[str, typer.Option(help="What readers see.")],
    kind: Annotated[
        Literal["stories", "updates", "corrections"], typer.Option(help="What its entries are.")
    ] = "stories",
    section: Annotated[str, typer.Option(help="Only this section.")] = "",
    tag: Annotated[str, typer.Option(help="Only this tag.")] = "",
    author: Annotated[str, typer.Option(help="Only this author.")] = "",
    source: Annotated[str, typer.Option(help="Only what this source gave to.")] = "",
    story: Annotated[str, typer.Option(metavar="STORY", help="Only this story.")] = "",
    window: Annotated[
        int, typer.Option(min=0, max=100_000, help="Entries at most; 0 is no limit.")
    ] = 50,
    as_json: o.Json = False,
) -> None:
    """Define a feed of the site's own, or change it; all filters must hold."""

    async def work(newsroom: App, actor: str) -> bool:
        feed = FeedDefinition(
            name=name,
            title=title,
            kind=kind,
            section=section,
            tag=tag,
            author=author,
            source=source,
            story=find_story(newsroom, story).story.id if story else "",
            window=window,
        )
        return await ownfeeds.put(newsroom, feed, actor=actor)

    changed = writing(context, work)
    told = f"{'Defined' if changed else 'Nothing to change'}: {name}."
    report(told, {"feed": name, "changed": changed}, as_json=as_json)


@app.command(epilog=examples("feedstream feed remove summits"))
def remove(context: typer.Context, name: Name, as_json: o.Json = False) -> None:
    """Publish a feed of the site's own no more."""

    async def work(newsroom: App, actor: str) -> bool:
        await ownfeeds.remove(newsroom, name, actor=actor)
        return True

    writing(context, work)
    report(f"Removed {name}.", {"removed": name}, as_json=as_json)
