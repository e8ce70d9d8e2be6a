"""Opening the file: is it ours, is it whole, is it one that we can read; or create it."""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import apsw

from feedstream.errors import Integrity, Invalid, NotFound, Unavailable
from feedstream.eventlog.damage import Foreign
from feedstream.eventlog.sqlite import checksums, trees
from feedstream.eventlog.sqlite.faults import faults
from feedstream.eventlog.sqlite.schema import (
    APPLICATION_ID,
    DDL,
    FORMAT,
    FROM_1,
    OBJECTS,
    PAGE_SIZE,
)

BUSY_SECONDS: Final = 30.0
_RETRY_SECONDS = 0.02

_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA recursive_triggers = ON;
PRAGMA cell_size_check = ON;
PRAGMA secure_delete = ON;
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log is, and how many seconds to wait for another process that holds it."""

    path: Path
    busy_seconds: float = BUSY_SECONDS

    def absolute(self) -> "Place":
        """The same place, whatever folder the process moves to."""
        return Place(self.path.absolute(), self.busy_seconds)


def connect(place: Place, *, create: bool = False, check_pages: bool = True) -> apsw.Connection:
    """A connection to the log at `place`; without `check_pages`, page checksums are not looked at.

    Raises `NotFound` without a file (unless `create`), `Invalid` for a file that is not ours or
    of a newer format, `Integrity` for a damaged one, `Unavailable` where it cannot be used now.
    """
    with faults(place.path):
        if _look(place.path, create=create):
            _created(place.path)
        _lift_rights(place.path)
        db = apsw.Connection(str(place.path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=checksums.vfs())
        try:
            if not check_pages:
                db.execute("PRAGMA checksum_verification = OFF").fetchall()
            db.set_busy_timeout(round(place.busy_seconds * 1000))
            _patiently(place, lambda: _prepare(db, place.path, create=create))
            db.execute(_SETTINGS).fetchall()
        except BaseException:
            db.close()
            raise
    return db


def reading(place: Place, *, check_pages: bool = True) -> apsw.Connection:
    """A connection that can only read."""
    db = connect(place, check_pages=check_pages)
    db.execute("PRAGMA query_only = ON")
    return db


def _look(path: Path, *, create: bool) -> bool:
    """Whether a log is to be created; refuse what is no log before SQLite touches it.

    The file is not opened here: to close it would take away the locks that this process has on
    it through SQLite.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        if create and path.parent.is_dir():
            return True
        raise NotFound(_absent(path)) from None
    except OSError as exc:
        raise Unavailable(
            f"The event log {path} cannot be read ({exc.strerror}): check its rights."
        ) from exc
    if stat.S_ISDIR(found.st_mode):
        raise Invalid(f"{path} is a folder, not an event log.")
    if found.st_size == 0 and not create:
        raise Foreign(_foreign(path))
    return found.st_size == 0


def _lift_rights(path: Path) -> None:
    """Let what stands beside the log be written where the log itself may be.

    SQLite makes those files with the rights of the log: what was made while it was read-only would
    refuse every write for ever.
    """
    try:
        rights = stat.S_IMODE(path.stat().st_mode)
    except OSError:  # gone since it was looked at: opening tells
        return
    for end in ("-wal", "-shm"):
        beside = path.with_name(path.name + end)
        with contextlib.suppress(OSError):  # none there, or another's: opening tells
            if rights & ~stat.S_IMODE(beside.stat().st_mode) & 0o222:
                beside.chmod(rights)


def _foreign(path: Path) -> str:
    return f"{path} is not an event log of feedstream."


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
    try:
        if _blank(db) and create:
            _fill(db)
    except apsw.NotADBError as exc:
        raise Foreign(_foreign(path)) from exc
    if db.pragma("application_id") != APPLICATION_ID:
        raise Foreign(_foreign(path))
    if db.pragma("user_version") == 1:
        _migrate(db)
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


def _migrate(db: apsw.Connection) -> None:
    """Make a file of format 1 one of today's: it lacks the tree over its leaves."""
    db.execute("BEGIN IMMEDIATE")
    try:
        if db.pragma("user_version") == 1:  # another process may have been first
            db.execute(FROM_1)
            trees.plant(db)
            db.pragma("user_version", FORMAT)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _fill(db: apsw.Connection) -> None:
    """Make what a blank file lacks to be a log."""
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


def _created(path: Path) -> None:
    try:
        _create(path)
    except OSError as exc:
        raise Unavailable(
            f"The event log {path} cannot be created ({exc.strerror}): check the rights and the "
            "space of its folder."
        ) from exc


def _create(path: Path) -> None:
    """Put a new log in the place of no file, or of an empty one; whoever is first does it.

    It is made beside its place and moved there whole: no connection ever sees it without its
    first page, which tells that its pages have checksums.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not path.exists() or path.stat().st_size == 0:
            new_file(path, path.with_name(f".{path.name}.new"), _fill)
    finally:
        os.close(folder)


def new_file(path: Path, draft: Path, fill: Callable[[apsw.Connection], None]) -> None:
    """Let `fill` write a new file with page checksums at `draft`, then put it at `path`."""
    try:
        draft.unlink(missing_ok=True)
        db = apsw.Connection(str(draft), vfs=checksums.vfs())
        try:
            db.pragma("page_size", PAGE_SIZE)
            checksums.reserve(db)
            fill(db)
        finally:
            db.close()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A new file is durable only once its folder is; SQLite leaves that to us."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
