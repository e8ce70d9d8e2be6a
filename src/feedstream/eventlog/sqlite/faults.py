"""SQLite's failures, told as ours: one place, one sentence each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from feedstream.errors import FeedstreamError, Integrity, Unavailable
from feedstream.eventlog.damage import Damaged


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Raise SQLite's errors about the log at `path` as `Unavailable` or `Integrity`."""
    try:
        yield
    except apsw.Error as exc:
        raise translated(exc, path) from exc


def translated(exc: apsw.Error, path: Path) -> FeedstreamError:
    """What an error of SQLite means for the log at `path`."""
    if isinstance(exc, apsw.BusyError | apsw.LockedError):
        return Unavailable(
            f"Another process has held the event log {path} for too long: see which one writes "
            "to it, then try again."
        )
    if isinstance(exc, apsw.FullError):
        return Unavailable(
            f"There is no space left for the event log {path}: free some, then try again."
        )
    if getattr(exc, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA:
        return Damaged(
            f"A page of the event log {path} does not match its checksum: a bit changed on the "
            "disk, or another program wrote to the file; restore it from a backup or an export.",
            expected="a page that matches its checksum",
            actual="one that does not",
        )
    if isinstance(exc, apsw.IOError):
        return Unavailable(
            f"The disk refused to read or write the event log {path} ({exc}): see to the disk and "
            "its space, then try again."
        )
    if isinstance(exc, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return Unavailable(
            f"The event log {path} cannot be opened for writing: check the rights of the file and "
            "its folder."
        )
    if isinstance(exc, apsw.CorruptError | apsw.NotADBError | apsw.FormatError):
        return Damaged(
            f"The event log {path} is damaged ({exc}): restore it from a backup or an export."
        )
    if isinstance(exc, apsw.ConstraintError):
        return Integrity(f"The event log {path} refused a write that breaks its order: {exc}.")
    return Unavailable(f"The event log {path} does not work now ({exc}): try again.")
