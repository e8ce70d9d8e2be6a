"""`rebuild`: the read model made anew from the log, while the old one serves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from feedstream.cli import options as o
from feedstream.cli.context import cli_of, run
from feedstream.cli.output import complain, examples, json_line, say
from feedstream.cli.pace import paced
from feedstream.config import Home, Settings, load_settings
from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.projections.ledger import Ledger
from feedstream.projections.rebuild import Shadow, Trouble, shadow_beside, swap
from feedstream.projections.views import Views
from feedstream.publish import (
    FileChange,
    Outputs,
    Published,
    coming_changes,
    locked,
    publisher_of,
)
from feedstream.renewal import publish_renewed

app = typer.Typer()


@app.command(
    epilog=examples(
        "feedstream rebuild --dry-run",
        "feedstream rebuild --yes",
        "feedstream rebuild --keep-going --yes --json",
    )
)
def rebuild(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which published files would change, no more.")
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="Pass over events that can't be applied."),
    ] = False,
    yes: o.Yes = False,
    as_json: o.Json = False,
) -> None:
    """Build the read model anew from the log, and publish what then differs.

    The old one serves until the new one stands; commands and servers that run notice by
    themselves. Whatever interrupts it, the old one stays as it was.
    """
    if not (dry_run or yes) and as_json:
        raise Invalid("--json asks no question: give --dry-run or --yes.")
    run(_rebuild(cli_of(context).home, _Wish(dry_run, keep_going, yes, as_json)))


@dataclass(frozen=True, slots=True)
class _Wish:
    dry_run: bool
    keep_going: bool
    yes: bool
    as_json: bool

    def tell(self, trouble: Trouble) -> None:
        """Say which event cannot be applied."""
        if self.as_json:
            json_line({"event": "trouble", **asdict(trouble)})
        else:
            complain(f"position {trouble.position}: {trouble.type}: {trouble.sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A newsroom without its read model, which may be what is broken."""

    home: Home
    settings: Settings
    log: EventLog
    ledger: Ledger


@asynccontextmanager
async def _opened(root: Path) -> AsyncIterator[_Place]:
    home = Home(root)
    if not home.exists:
        raise NotFound(
            f"There is no newsroom at {root}: set one up with “feedstream --home {root} init”."
        )
    async with await SqliteLog.open(home.log) as log:
        with closing(Ledger(home.ledger)) as ledger:
            yield _Place(home=home, settings=load_settings(home), log=log, ledger=ledger)


async def _rebuild(root: Path, wish: _Wish) -> None:
    async with _opened(root) as place:
        with shadow_beside(place.home.views) as shadow:
            events = await _build(place, shadow, wish)
            if not wish.yes:
                _show(await asyncio.to_thread(_changes, place, shadow), wish)
            if wish.dry_run:
                _done(events, shadow.views.checkpoint, None, wish)
                return
            if not wish.yes:
                typer.confirm("Replace the read model by the new one?", abort=True, err=True)
            with locked(place.home.lock):
                place.ledger.begin_renewal()
                await swap(
                    place.log,
                    shadow,
                    place.home.views,
                    keep_going=wish.keep_going,
                    told=wish.tell,
                )
        published = await asyncio.to_thread(_publish, place)
        _done(events, published.position, published, wish)


async def _build(place: _Place, shadow: Shadow, wish: _Wish) -> int:
    total = (await place.log.head()).position
    began = time.monotonic()
    with paced("Rebuilding", total) as progress:
        events = await shadow.build(
            place.log, keep_going=wish.keep_going, told=wish.tell, progress=progress
        )
    if not wish.as_json:
        rate = events / max(time.monotonic() - began, 1e-9)
        say(f"{events} events applied at {rate:,.0f} events/s.")
    return events


def _changes(place: _Place, shadow: Shadow) -> list[FileChange]:
    """What publishing the shadow would change, but for what was published since it was built."""
    outputs = Outputs(
        shadow.views, place.settings.site, place.settings.feeds, place.settings.websub
    )
    changes = list(coming_changes(outputs, place.home.feeds, place.ledger))
    since = place.ledger.positions_of([one.file for one in changes])
    return [one for one in changes if since.get(one.file, 0) <= shadow.views.checkpoint]


def _show(changes: list[FileChange], wish: _Wish) -> None:
    for one in changes:
        if wish.as_json:
            json_line({"event": "change", **asdict(one)})
        else:
            say(f"  {one.change:<8} {one.file}")
    if not wish.as_json:
        say(f"{len(changes)} published files would change.")


def _publish(place: _Place) -> Published:
    with closing(Views(place.home.views)) as views:
        publisher = publisher_of(place.home, views, lambda: place.settings, place.ledger)
        return publish_renewed(place.home, views, place.ledger, publisher)


def _done(events: int, position: int, published: Published | None, wish: _Wish) -> None:
    written, removed = (published.written, published.removed) if published else ((), ())
    if wish.as_json:
        json_line(
            {
                "event": "done",
                "events": events,
                "position": position,
                "replaced": published is not None,
                "written": written,
                "removed": removed,
            }
        )
    elif published is None:
        say("Nothing was changed (dry run).")
    else:
        say(
            f"The read model was replaced, as of position {position}: {len(written)} files"
            f" written, {len(removed)} removed."
        )
