"""Opening the file: is it ours, is it whole, is it one that we can read; or create it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import apsw

from feedstream.errors import Integrity, Invalid, NotFound, Unavailable
from feedstream.eventlog.sqlite.faults import faults
from feedstream.eventlog.sqlite.schema import APPLICATION_ID, DDL, FORMAT, OBJECTS, PAGE_SIZE

BUSY_SECONDS: Final = 30.0
_RETRY_SECONDS = 0.02
_MAGIC = b"SQLite format 3\0"

_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA recursive_triggers = ON;
PRAGMA cell_size_check = ON;
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log is, and how many seconds to wait for another process that holds it."""

    path: Path
    busy_seconds: float = BUSY_SECONDS


def connect(place: Place, *, create: bool = False) -> apsw.Connection:
    """A connection to the log at `place`.

    Raises `NotFound` without a file (unless `create`), `Invalid` for a file that is not ours or
    of a newer format, `Integrity` for a damaged one, `Unavailable` where it cannot be used now.
    """
    _look(place.path, create=create)
    with faults(place.path):
        db = apsw.Connection(str(place.path), flags=_flags(create=create))
        try:
            db.set_busy_timeout(round(place.busy_seconds * 1000))
            _patiently(place, lambda: _prepare(db, place.path, create=create))
            db.execute(_SETTINGS)
        except BaseException:
            db.close()
            raise
    return db


def reading(place: Place) -> apsw.Connection:
    """A connection that can only read."""
    db = connect(place)
    db.execute("PRAGMA query_only = ON")
    return db


def _flags(*, create: bool) -> int:
    return apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)


def _look(path: Path, *, create: bool) -> None:
    """Refuse what is no log before SQLite touches it."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError:
        if create and path.parent.is_dir():
            return
        raise NotFound(_absent(path)) from None
    except IsADirectoryError:
        raise Invalid(f"{path} is a folder, not an event log.") from None
    except OSError as exc:
        raise Unavailable(
            f"The event log {path} cannot be read ({exc.strerror}): check its rights."
        ) from exc
    if magic != _MAGIC and (magic or not create):
        raise Invalid(f"{path} is not an event log of feedstream.")


def _absent(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} for an event log: create it first."
    return f"There is no event log at {path}: create one first, or name the right place."


def _patiently(place: Place, deed: Callable[[], T]) -> T:
    """Some locks of opening are not subject to SQLite's own waiting: try until it is long."""
    give_up = time.monotonic() + place.busy_seconds
    while True:
        try:
            return deed()
        except apsw.BusyError:
            if time.monotonic() >= give_up:
                raise
            time.sleep(_RETRY_SECONDS)


def _prepare(db: apsw.Connection, path: Path, *, create: bool) -> None:
    if create and _blank(db):
        _create(db, path)
    if db.pragma("application_id") != APPLICATION_ID:
        raise Invalid(f"{path} is not an event log of feedstream.")
    if (version := db.pragma("user_version")) != FORMAT:
        raise Invalid(
            f"The event log {path} has format {version}; this version of feedstream reads "
            f"format {FORMAT}: use a newer feedstream."
        )
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    if missing := sorted(OBJECTS - names):
        raise Integrity(
            f"The event log {path} is not whole ({', '.join(missing)} missing): restore it from "
            "a backup or an export."
        )
    if db.pragma("journal_mode") != "wal":
        db.pragma("journal_mode", "wal")


def _blank(db: apsw.Connection) -> bool:
    if db.pragma("application_id") != 0:
        return False
    return int(db.execute("SELECT count(*) FROM sqlite_schema").get) == 0


def _create(db: apsw.Connection, path: Path) -> None:
    db.pragma("page_size", PAGE_SIZE)
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "full")
    db.execute("BEGIN IMMEDIATE")
    try:
        if _blank(db):  # another process may have been first
            db.execute(DDL)
            db.pragma("application_id", APPLICATION_ID)
            db.pragma("user_version", FORMAT)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A new file is durable only once its folder is; SQLite leaves that to us."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
