"""Room in the write-ahead log: a commit that writes over what is there already is synced faster.

A file that grows needs its length written too, with each sync; one that is long enough does not.
SQLite writes over the write-ahead log once all of it is in the file. Until it is that long, it is
lengthened here, by as much again as was used: with zeros, in which SQLite sees no commit.
"""

import contextlib
import os
from typing import Final

import apsw

CHECKPOINT: Final = 2000
"""After how many pages the write-ahead log is moved into the file."""

_AHEAD: Final = 64
_MOST: Final = CHECKPOINT + 2 * _AHEAD
_FRAME_HEADER: Final = 24
_HEADER: Final = 32


class Journal:
    """The write-ahead log of the connection that writes."""

    def __init__(self, db: apsw.Connection) -> None:
        self._file = db.filename_wal
        self._frame = int(db.pragma("page_size")) + _FRAME_HEADER
        self._used = self._length = 0
        db.set_wal_hook(self._committed)

    def make_room(self) -> None:
        """Lengthen the file, where the next commits would.

        To be called inside a writing transaction: nobody else writes there meanwhile. The first
        commit after opening makes no room, so that a process that does no more leaves none.
        """
        ahead = min(_AHEAD, self._used)
        if self._length < self._bytes(self._used + ahead):
            self._lengthen(self._bytes(min(2 * self._used + ahead, _MOST)))

    def _committed(self, db: apsw.Connection, _name: str, pages: int) -> int:
        """What SQLite does by itself after a commit; a checkpoint that fails comes again."""
        if pages < self._used:  # it began anew, perhaps in a file that was cut off
            self._length = 0
        self._used = pages
        if pages >= CHECKPOINT:
            with contextlib.suppress(apsw.Error):
                db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return apsw.SQLITE_OK

    def _lengthen(self, length: int) -> None:
        try:
            handle = os.open(self._file, os.O_WRONLY)
        except OSError:
            return
        try:
            self._length = max(length, _lengthened(handle, length))
        finally:
            os.close(handle)

    def _bytes(self, pages: int) -> int:
        return _HEADER + pages * self._frame


def _lengthened(handle: int, length: int) -> int:
    """Write zeros up to `length`; the length then. A disk without that much room gets it back."""
    before = os.fstat(handle).st_size
    if before >= length:
        return before
    try:
        written = os.pwrite(handle, bytes(length - before), before)
        os.fdatasync(handle)
    except OSError:
        written = 0
    if before + written < length:
        os.ftruncate(handle, before)
    return before + written
