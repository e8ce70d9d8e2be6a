"""`source`: the partners."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import typer
from slugify import slugify

from feedstream import sources
from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import with_app, writing
from feedstream.cli.output import examples, json_line, listing, note, report, safe, say
from feedstream.config import Wire
from feedstream.domain.wire import Format, Policy, Source
from feedstream.errors import Conflict, NotFound, Unreachable
from feedstream.poll import Look, poll
from feedstream.wire.fetch import FetchState, fetch, make_client
from feedstream.wire.formats import parse_items
from feedstream.wire.raw import ParsedWire

app = typer.Typer(no_args_is_help=True, help="Partners whose wire comes in.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")]
Private = Annotated[
    bool, typer.Option("--allow-private", help="It may be on this machine or network.")
]
FormatOption = Annotated[
    Literal["auto", "rss", "atom", "jsonfeed"], typer.Option("--format", help="What it sends.")
]
PolicyOption = Annotated[
    Literal["suggest", "attach", "publish", "hold"],
    typer.Option(
        help="What becomes of its items: offered in the inbox, attached to the story they fit,"
        " each a story of its own, or kept."
    ),
]
COLUMNS = {
    "name": "NAME",
    "policy": "POLICY",
    "interval": "EVERY (S)",
    "state": "STATE",
    "items": "ITEMS",
    "last_success": "LAST SUCCESS",
    "next_at": "NEXT ATTEMPT",
    "error": "ERROR",
}


@app.command(
    epilog=examples(
        "feedstream source add https://wire.example.org/feed.xml --credit “Example Wire”",
        "feedstream source add http://127.0.0.1:9000/feed.json --name desk --policy publish"
        " --allow-private",
    )
)
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of its RSS, Atom or JSON Feed.")],
    name: Annotated[str, typer.Option(help="A short name. [default: from the address]")] = "",
    credit: Annotated[str, typer.Option(help="Its name in “With reporting by …”.")] = "",
    interval: Annotated[int, typer.Option(metavar="SECONDS", help="Between two looks.")] = 300,
    policy: PolicyOption = "suggest",
    section: Annotated[str, typer.Option(help="The section of stories it opens.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag for them.")] = None,
    format_: FormatOption = "auto",
    allow_private: Private = False,
    skip_test: Annotated[
        bool, typer.Option("--skip-test", help="Add it without looking at it first.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Add a partner. It is fetched and read before it is added."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    source = _source(
        url, name or slugify(host, max_length=60), credit, interval, policy, format_, allow_private
    )
    source = _filed(source, section, tuple(tag or ()))

    async def work(newsroom: App, actor: str) -> None:
        if newsroom.views.source(source.name):
            raise Conflict(
                f"There is a source “{source.name}” already: give another --name, or remove it."
            )
        if not skip_test:
            _saw(source, await look_at(source, newsroom.settings.wire))
        await sources.put(newsroom, source, actor=actor)

    writing(context, work)
    told = f"Added {source.name}: “serve” looks at it every {interval} s."
    report(told, {"added": source.name, "source": source}, as_json=as_json)


def _source(
    url: str,
    name: str,
    credit: str,
    interval: int,
    policy: Policy,
    format_: Format,
    allow_private: bool,
) -> Source:
    return Source(
        name=name,
        url=url,
        credit=credit or name,
        format=format_,
        interval=interval,
        policy=policy,
        allow_private=allow_private,
    )


def _filed(source: Source, section: str, tags: tuple[str, ...]) -> Source:
    return replace(source, section=section, tags=tags)


async def look_at(source: Source, limits: Wire) -> ParsedWire:
    """Fetch and read a source, and record nothing. Raises `Unreachable`, `Invalid`."""
    async with make_client(limits) as client:
        fetched = await fetch(client, source, FetchState(), limits)
    return await asyncio.to_thread(
        parse_items,
        fetched.body,
        fetched.content_type,
        source,
        base_url=fetched.url,
        limits=limits,
    )


def _saw(source: Source, parsed: ParsedWire) -> None:
    for notice in parsed.notices:
        note(notice)
    latest = f", the latest “{parsed.items[-1].headline}”" if parsed.items else ""
    note(f"{source.name} is {parsed.format} with {len(parsed.items)} items{latest}.")


@app.command(
    "test",
    epilog=examples(
        "feedstream source test https://wire.example.org/feed.xml", "feedstream source test desk"
    ),
)
def try_out(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="URL|NAME", help="What to look at.")],
    format_: FormatOption = "auto",
    allow_private: Private = False,
    as_json: o.Json = False,
) -> None:
    """Look at a source and show its items; nothing is recorded."""

    async def work(newsroom: App) -> tuple[Source, ParsedWire]:
        source = newsroom.views.source(address)
        if source is None:
            if "://" not in address:
                raise _unknown(address)
            source = _source(address, "test", "", 300, "hold", format_, allow_private)
        return source, await look_at(source, newsroom.settings.wire)

    source, parsed = with_app(context, work)
    _saw(source, parsed)
    records = [
        {"published": i.published, "headline": i.headline, "status": i.status, "item": i}
        for i in reversed(parsed.items)
    ]
    columns = {"published": "PUBLISHED", "headline": "HEADLINE", "status": "STATUS"}
    listing(records, columns, as_json=as_json, nothing="It has no items now.")


@app.command("list", epilog=examples("feedstream source list", "feedstream source list --json"))
def list_(context: typer.Context, as_json: o.Json = False) -> None:
    """List the sources with their health and the next attempt."""

    async def work(newsroom: App) -> list[dict[str, Any]]:
        await sources.sync_settings(newsroom)
        return [_record(newsroom, source) for source in newsroom.views.sources()]

    listing(
        with_app(context, work),
        COLUMNS,
        as_json=as_json,
        nothing="There is no source yet: “source add URL” adds one.",
    )


def _record(newsroom: App, source: Source) -> dict[str, Any]:
    health = newsroom.operations.health_of(source.name)
    fields = {name: getattr(source, name) for name in ("name", "url", "credit", "format", "policy")}
    counts = ("state", "items", "new", "failures", "last_attempt", "last_success", "next_at")
    return {
        **fields,
        "interval": source.interval,
        **{name: getattr(health, name) for name in counts},
        "error": health.error,
    }


@app.command(epilog=examples("feedstream source show desk"))
def show(context: typer.Context, name: Name, as_json: o.Json = False) -> None:
    """Show all about one source."""

    async def work(newsroom: App) -> tuple[Source, dict[str, Any]]:
        source = _known(newsroom, name)
        return source, _record(newsroom, source)

    source, record = with_app(context, work)
    record |= {"section": source.section, "tags": source.tags, "private": source.allow_private}
    if as_json:
        json_line(record)
        return
    for key, value in record.items():
        say(f"{key:<13} {safe(', '.join(value) if isinstance(value, tuple) else str(value or ''))}")


@app.command("fetch", epilog=examples("feedstream source fetch desk"))
def fetch_now(context: typer.Context, name: Name, as_json: o.Json = False) -> None:
    """Look at a source now and take in what is new."""

    async def work(newsroom: App, _: str) -> Look:
        source = _known(newsroom, name)
        async with make_client(newsroom.settings.wire) as client:
            return await poll(
                source,
                client=client,
                operations=newsroom.operations,
                ingest=newsroom.ingest,
                limits=newsroom.settings.wire,
                clock=newsroom.newsroom.clock,
            )

    look = writing(context, work)
    if as_json:
        json_line(look)
    if look.error:
        raise Unreachable(look.error)
    if not as_json:
        say(_told(look))


def _told(look: Look) -> str:
    if look.not_modified:
        return f"{look.source}: nothing has changed."
    done = look.delivery
    return (
        f"{look.source}: {look.items} items, {done.new} new, {done.revised} revised,"
        f" {done.withdrawn} withdrawn; {done.attached} attached, {done.published} published."
    )


@app.command(epilog=examples("feedstream source pause desk"))
def pause(context: typer.Context, name: Name, as_json: o.Json = False) -> None:
    """Look at a source no more until it is resumed."""

    async def work(newsroom: App) -> None:
        newsroom.operations.pause(_known(newsroom, name).name)

    with_app(context, work)
    report(f"{name} is paused.", {"source": name, "paused": True}, as_json=as_json)


@app.command(epilog=examples("feedstream source resume desk"))
def resume(context: typer.Context, name: Name, as_json: o.Json = False) -> None:
    """Look at a paused source again."""

    async def work(newsroom: App) -> None:
        newsroom.operations.resume(_known(newsroom, name).name)

    with_app(context, work)
    report(f"{name} is looked at again.", {"source": name, "paused": False}, as_json=as_json)


@app.command(epilog=examples("feedstream source remove desk --reason “The contract ended.”"))
def remove(
    context: typer.Context, name: Name, reason: o.Reason = "", as_json: o.Json = False
) -> None:
    """Stop a source. What it sent stays."""

    async def work(newsroom: App, actor: str) -> bool:
        await sources.remove(newsroom, name, reason=reason, actor=actor)
        newsroom.operations.forget(name)
        return any(written.name == name for written in newsroom.settings.sources)

    if writing(context, work):
        note(f"{name} stands in feedstream.toml: take it out there too, or it comes back.")
    report(f"Removed {name}.", {"removed": name}, as_json=as_json)


def _known(newsroom: App, name: str) -> Source:
    source = newsroom.views.source(name)
    if source is None:
        raise _unknown(name)
    return source


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no source “{name}”: “source list” shows them.")
