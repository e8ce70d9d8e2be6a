"""What `doctor` looks at."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import apsw

from feedstream import __version__
from feedstream.bootstrap import App, open_app
from feedstream.config import EXAMPLE_AUTHORITY, Home, Settings, load_settings
from feedstream.errors import FeedstreamError
from feedstream.proof.keys import keys_of

State = Literal["ok", "warning", "problem"]
WAL_RESET_MENDED = (3, 51, 3)  # older ones may corrupt a WAL that is reset while it is read
LITTLE_SPACE, NO_SPACE = 1024**3, 50 * 1024**2  # bytes
MUCH_LAG = 1000  # events
DAMAGED = (apsw.NotADBError, apsw.CorruptError)
MAY_GO = (
    "Stop the server and move {path} away, with what is called so and “-wal” or “-shm”: push then"
    " begins anew. Lost are all subscriptions, whose readers must ask again, and which hubs"
    " elsewhere were still to be told."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: State
    what: str
    found: str


async def examine(root: Path) -> list[Finding]:
    """Look at everything; what stops one look is a finding and does not stop the others."""
    findings = [_python(), _sqlite()]
    home = Home(root)
    if not home.exists:
        missing = f"there is no newsroom at {root}: set one up with “init”"
        return [*findings, Finding("problem", "home", missing)]
    findings += [Finding("ok", "home", str(root)), *_places(home)]
    try:
        settings = load_settings(home)
    except FeedstreamError as error:
        return [*findings, Finding("problem", "settings", error.sentence)]
    return [*findings, *_settings(settings), *await _inside(root)]


def _python() -> Finding:
    state: State = "ok" if sys.version_info >= (3, 11) else "problem"
    return Finding(state, "python", f"{platform.python_version()}, feedstream {__version__}")


def _sqlite() -> Finding:
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split("."))) < WAL_RESET_MENDED:
        return Finding("problem", "sqlite", f"{version} may damage a log: install apsw anew")
    return Finding("ok", "sqlite", version)


def _places(home: Home) -> Iterator[Finding]:
    for name, folder in (("events", home.events), ("feeds", home.feeds)):
        place = folder if folder.exists() else home.root
        writable = os.access(place, os.W_OK | os.X_OK) and place.is_dir()
        found = str(folder) if writable else f"{folder} can't be written: mend its permissions"
        yield Finding("ok" if writable else "problem", name, found)
    yield _space(shutil.disk_usage(home.root).free)


def _space(free: int) -> Finding:
    found = f"{free / 1024**3:.1f} GiB free"
    if free < NO_SPACE:
        return Finding("problem", "disk", f"{found}: make room, or nothing more can be recorded")
    return Finding("warning" if free < LITTLE_SPACE else "ok", "disk", found)


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", "settings", f"“{settings.site.title}” at {settings.site.base_url}")
    if settings.site.authority == EXAMPLE_AUTHORITY:
        advice = "tag_authority is not set: give a domain that you hold before you publish"
        yield Finding("warning", "permanent ids", advice)


async def _inside(root: Path) -> list[Finding]:
    try:
        async with open_app(root) as app:
            return [
                await _log(app),
                await _record(app),
                await _keys(app),
                await _views(app),
                _push(app),
                *_sources(app),
            ]
    except FeedstreamError as error:
        return [Finding("problem", "log", error.sentence)]


async def _log(app: App) -> Finding:
    head = await app.log.head()
    last = f", the last recorded {head.recorded_at:%Y-%m-%d %H:%M:%SZ}" if head.recorded_at else ""
    return Finding("ok", "log", f"{head.position} events{last}")


async def _record(app: App) -> Finding:
    if app.log.broken:
        return Finding("problem", "record", app.log.broken)
    if app.log.residue:
        return Finding("warning", "record", app.log.residue)
    return Finding("ok", "record", "nothing is known to be wrong; “log verify” looks at all of it")


async def _keys(app: App) -> Finding:
    keys = keys_of(app.home)
    try:
        listed = keys.listed()
        if listed is None:
            return Finding("warning", "keys", "no key signs the record: “keys init” makes one")
        keys.private(listed)
        await app.checkpoints.publish()
    except FeedstreamError as error:
        return Finding("problem", "keys", error.sentence)
    return Finding("ok", "keys", f"{listed.origin}, signed by {len(listed.in_use)}")


async def _views(app: App) -> Finding:
    head, checkpoint = (await app.log.head()).position, app.views.checkpoint
    if checkpoint > head:
        advice = f"is at {checkpoint}, beyond the log's {head}: remove {app.home.views}"
        return Finding("problem", "read model", advice)
    if app.views.unknown_events:
        passed = f"passed over {app.views.unknown_events} events of a newer version: upgrade"
        return Finding("warning", "read model", passed)
    lag = head - checkpoint
    return Finding("warning" if lag > MUCH_LAG else "ok", "read model", f"{lag} events behind")


def _push(app: App) -> Finding:
    path = app.push.path
    if not path.exists():
        return Finding("ok", "push", "nobody has subscribed yet")
    try:
        app.push.store.check()
        count = len(app.push.store.subscriptions())
    except FeedstreamError as error:
        if isinstance(error.__cause__, apsw.Error) and not isinstance(error.__cause__, DAMAGED):
            return Finding("problem", "push", error.sentence)
        return Finding("problem", "push", f"{error.sentence} {MAY_GO.format(path=path)}")
    return Finding("ok", "push", f"{count} subscriptions")


def _sources(app: App) -> Iterator[Finding]:
    for source in app.views.sources():
        health = app.operations.health_of(source.name)
        what = f"source {source.name}"
        if health.state == "failing":
            yield Finding("problem", what, health.error)
        else:
            yield Finding("ok", what, health.state)
