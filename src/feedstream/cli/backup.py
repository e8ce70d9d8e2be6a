"""`backup` and `restore`: copies of the log, verified."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App, open_app
from feedstream.cli import options as o
from feedstream.cli.context import cli_of, run, with_app
from feedstream.cli.output import examples, listing, note, progress, report
from feedstream.config import Home
from feedstream.domain import events as e
from feedstream.errors import FeedstreamError, NotFound, Refused
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import (
    BackupInfo,
    SqliteLog,
    look_at_backup,
    restore_backup,
    sweep_drafts,
)
from feedstream.proof.keys import keys_of

app = typer.Typer(no_args_is_help=True, help="Copies of the log: take one, see which there are.")
top = typer.Typer()


def folder_of(home: Home) -> Path:
    """Where a newsroom's backups are kept."""
    return home.root / "backups"


@app.command(
    epilog=examples("feedstream backup create", "feedstream backup create --to /mnt/usb/log.db")
)
def create(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where. [default: in backups/, by date and position]"),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Copy the log while the newsroom works; the copy is verified before it has its name.

    The private keys in keys/ are not in it: keep a copy of those elsewhere.
    """

    async def work(newsroom: App) -> dict[str, Any]:
        target = to or await _name(newsroom)
        with progress("Copying") as told:
            made = await SqliteLog.backup(
                _sqlite(newsroom.log), target.absolute(), lambda done, _all: told(done)
            )
        return {"path": str(made.path), "events": made.verified.tree.size, "bytes": made.size}

    made = with_app(context, work)
    told = f"{made['path']}: {made['events']} events, {made['bytes']:,} bytes, verified."
    report(told, made, as_json=as_json)


async def _name(newsroom: App) -> Path:
    folder = folder_of(newsroom.home)
    folder.mkdir(exist_ok=True)
    position = (await newsroom.log.head()).position
    return folder / f"log-{newsroom.newsroom.clock():%Y%m%dT%H%M%SZ}-{position}.db"


def _sqlite(log: EventLog) -> SqliteLog:
    assert isinstance(log, SqliteLog)  # noqa: S101  # the only store that a home has
    return log


COLUMNS = {
    "path": "BACKUP",
    "position": "POSITION",
    "recorded_at": "UP TO",
    "bytes": "BYTES",
    "erased": "HOLDS ERASED",
    "trouble": "TROUBLE",
}


@app.command(
    "list", epilog=examples("feedstream backup list", "feedstream backup list /mnt/usb --json")
)
def list_(
    context: typer.Context,
    place: Annotated[
        Path | None, typer.Argument(metavar="FOLDER|FILE", help="[default: backups/]")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """List backups: how far each goes, and which still hold bytes that were erased since."""

    async def work(newsroom: App) -> list[dict[str, Any]]:
        positions = await _erased(newsroom.log)
        if place and not place.exists():
            raise NotFound(
                f"There is nothing at {place}: name a folder of backups, or one of them."
            )
        files = _files(place or folder_of(newsroom.home))
        return [await asyncio.to_thread(_record, path, positions) for path in files]

    nothing = "There is no backup yet: “backup create” takes one."
    listing(with_app(context, work), COLUMNS, as_json=as_json, nothing=nothing)


def _files(place: Path) -> list[Path]:
    """The backups at a place; none at one that is not there. Leftovers of killed ones go."""
    if place.is_dir():
        sweep_drafts(place)
    return [place] if place.is_file() else sorted(place.glob("*.db"))


def _record(path: Path, positions: tuple[int, ...]) -> dict[str, Any]:
    try:
        found = look_at_backup(path, positions)
    except FeedstreamError as error:
        return {"path": str(path), "trouble": error.sentence}
    return {
        "path": str(path),
        "position": found.head.position,
        "recorded_at": found.head.recorded_at,
        "bytes": found.size,
        "erased": len(found.holds) or None,
        "holds": found.holds,
        "trouble": None,
    }


async def _erased(log: EventLog) -> tuple[int, ...]:
    """All positions that were erased."""
    found: list[int] = []
    async for recorded in log.read_all(types=[e.ContentErased.TYPE]):
        if isinstance(recorded.event, e.ContentErased):
            found += recorded.event.positions
    return tuple(found)


async def holding(home: Home, positions: Iterable[int]) -> list[Path]:
    """The backups of a newsroom that hold the bodies at any of `positions`."""
    wanted = tuple(positions)

    def looked(path: Path) -> BackupInfo | None:
        try:
            return look_at_backup(path, wanted)
        except FeedstreamError:
            return None

    files = _files(folder_of(home))
    found = [(path, await asyncio.to_thread(looked, path)) for path in files]
    return [path for path, info in found if info is None or info.holds]


def _lost(home: Home, backup: Path) -> str:
    """What would be lost by going on from a backup, in a sentence; empty where nothing is."""
    signed = keys_of(home).last_signed()
    reaches = look_at_backup(backup).head.position
    if signed is None or signed.size <= reaches:
        return ""
    return (
        f"{backup} ends at {reaches}, but a checkpoint of {signed.size} events was signed: take a"
        " later backup, or say --accept-loss to go on without the events that it lacks."
    )


async def _begin_anew(home: Home, size: int) -> None:
    """Other keys, and another origin: what the old ones signed speaks of events that are lost."""
    keys = keys_of(home)
    number = 1
    while (aside := keys.folder.with_name(f"keys-before-{number}")).exists():
        number += 1
    origin = re.sub(r"/from-[0-9-]+$", "", keys.require().origin) + f"/from-{size}-{number}"
    keys.folder.rename(aside)
    await keys.init(origin)
    note(f"The old keys are in {aside}; {origin} signs from here on.")


async def _contradicts(home: Home) -> bool:
    """Whether the log in its place is another record than the one that was signed."""
    signed = keys_of(home).last_signed()
    if signed is None:
        return False
    async with await SqliteLog.open(home.log) as log:
        return (await log.tree(signed.size)).root != signed.root


@top.command(epilog=examples("feedstream restore /mnt/usb/log-20211206T101500Z-912.db"))
def restore(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(metavar="FILE", help="A backup of the log.")],
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="Go on from a backup that is older than what was signed last."
        ),
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Put a backup of the log in its place, in a newsroom that has none; it is verified first.

    Read model and feeds are made anew from it. A backup that does not reach as far as the last
    signed checkpoint is refused, since what it lacks is lost for good. With --accept-loss the
    newsroom goes on from it all the same: its keys are put aside, and new ones sign what is now
    another record, under an origin of its own.
    """
    home = Home(cli_of(context).home)
    if not home.exists:
        raise NotFound(
            f"There is no newsroom at {home.root}: set one up with “feedstream --home {home.root}"
            " init”, then restore its log."
        )

    async def work() -> int:
        home.events.mkdir(parents=True, exist_ok=True)
        lost = await asyncio.to_thread(_lost, home, backup)
        if lost and not accept_loss:
            raise Refused(lost)
        made = await restore_backup(backup, home.log)
        if lost or await _contradicts(home):
            if not accept_loss:
                home.log.unlink()
                raise Refused(
                    f"{backup} is not what was signed: it is another record. Take a backup of this"
                    " one, or say --accept-loss to go on from it under another origin."
                )
            await _begin_anew(home, made.verified.tree.size)
        for path in home.events.glob("views.db*"):  # of another log: derived, so made anew
            path.unlink(missing_ok=True)
        async with open_app(home.root) as newsroom:
            await newsroom.settle()
        return made.verified.tree.size

    events = run(work())
    report(f"Restored {events} events.", {"events": events}, as_json=as_json)
    note("Give the server another start if one is running here.")
