"""`backup` and `restore`: copies of the log, verified."""

import asyncio
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
from feedstream.errors import FeedstreamError, NotFound
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import BackupInfo, SqliteLog, look_at_backup, restore_backup

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
    """The backups at a place; none at one that is not there."""
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


@top.command(epilog=examples("feedstream restore /mnt/usb/log-20211206T101500Z-912.db"))
def restore(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(metavar="FILE", help="A backup of the log.")],
    as_json: o.Json = False,
) -> None:
    """Put a backup of the log in its place, in a newsroom that has none; it is verified first.

    Read model and feeds are made anew from it.
    """
    home = Home(cli_of(context).home)
    if not home.exists:
        raise NotFound(
            f"There is no newsroom at {home.root}: set one up with “feedstream --home {home.root}"
            " init”, then restore its log."
        )

    async def work() -> int:
        home.events.mkdir(parents=True, exist_ok=True)
        made = await restore_backup(backup, home.log)
        for path in home.events.glob("views.db*"):  # of another log: derived, so made anew
            path.unlink(missing_ok=True)
        async with open_app(home.root) as newsroom:
            await newsroom.settle()
        return made.verified.tree.size

    events = run(work())
    report(f"Restored {events} events.", {"events": events}, as_json=as_json)
    note("Give the server another start if one is running here.")
