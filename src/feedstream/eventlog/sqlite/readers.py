"""Connections for reading: as many as are in use at once, a few kept open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import apsw

from feedstream.errors import Unavailable
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.sqlite.connection import Place, reading
from feedstream.eventlog.sqlite.faults import faults

_KEPT: Final = 4


class Readers:
    """Lends a reading connection to one thread at a time."""

    def __init__(self, place: Place, found: Callable[[Damaged], None]) -> None:
        self._place, self._found = place, found
        self._idle: list[apsw.Connection] = []
        self._lock = Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """A connection for the length of a `with`; SQLite's errors come out as ours."""
        try:
            db = self._take()
        except Damaged as exc:
            self._found(exc)
            raise
        try:
            with faults(self._place.path):
                yield db
        except BaseException as exc:
            db.close(True)
            if isinstance(exc, Damaged):
                self._found(exc)
            raise
        self._give_back(db)

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    def _take(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise Unavailable("The event log is closed: open it again.")
            if self._idle:
                return self._idle.pop()
        return reading(self._place)

    def _give_back(self, db: apsw.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _KEPT:
                self._idle.append(db)
                return
        db.close()
