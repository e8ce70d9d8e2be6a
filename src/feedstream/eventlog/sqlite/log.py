"""The log in one SQLite file: the port over the writer's thread and the readers' connections."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import apsw

from feedstream.clock import Clock, utc_now
from feedstream.domain.events import Proposed, Recorded
from feedstream.eventlog.base import Expectations, Head, Placed, Restored, Salt, StreamHead
from feedstream.eventlog.codec import CODEC, Codec
from feedstream.eventlog.placing import (
    EMPTY,
    Tail,
    append_batch,
    head_of,
    random_salt,
    restore_entries,
)
from feedstream.eventlog.reading import PagedReads, Query
from feedstream.eventlog.sqlite import rows
from feedstream.eventlog.sqlite.connection import BUSY_SECONDS, Place, connect
from feedstream.eventlog.sqlite.faults import faults
from feedstream.eventlog.sqlite.readers import Readers
from feedstream.eventlog.sqlite.writer import Writer
from feedstream.eventlog.stored import Claim, Entry, Stored, microseconds

T = TypeVar("T")


class SqliteLog(PagedReads):
    """An `EventLog` in a file that any number of processes may share. Made by `open`.

    One object serves one asyncio loop; open the file again for another.
    """

    def __init__(
        self, place: Place, db: apsw.Connection, *, clock: Clock, salt: Salt, codec: Codec
    ) -> None:
        super().__init__()
        self._codec = codec
        self._readers = Readers(place)
        self._writer = Writer(place, db, clock=clock, salt=salt, wake=self._ring)

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        clock: Clock = utc_now,
        salt: Salt = random_salt,
        codec: Codec = CODEC,
        busy_seconds: float = BUSY_SECONDS,
    ) -> Self:
        """Open the log at `path`; with `create`, make an empty one where there is none.

        `busy_seconds` is how long to wait for another process that holds the file. Raises
        `NotFound`, `Invalid` (not a log, or of a newer format), `NoUpcast`, `Integrity`,
        `Unavailable`.
        """
        place, db = await asyncio.to_thread(_opened, path, busy_seconds, codec=codec, create=create)
        return cls(place, db, clock=clock, salt=salt, codec=codec)

    async def append(
        self, events: Sequence[Proposed], *, expect: Expectations | None = None
    ) -> list[Placed]:
        """Record all of `events` or none, and say where they stand."""
        self._require_open()
        if not events:
            return []
        entries = [self._codec.encode(event) for event in events]
        expected = dict(expect or {})
        return await self._writer.do(
            lambda ledger, stamp: append_batch(ledger, entries, expected, stamp)
        )

    async def restore(
        self, entries: Iterable[tuple[Entry, Claim | None]], *, dry_run: bool = False
    ) -> Restored:
        """Record what an export holds, all or nothing, in one transaction."""
        self._require_open()
        return await self._writer.do(
            lambda ledger, stamp: restore_entries(ledger, entries, stamp),
            alone=True,
            keep=not dry_run,
        )

    async def head(self) -> Head:
        """Where the log ends now."""
        row = await self._read(lambda db: db.execute(rows.TAIL).fetchone())
        return head_of(EMPTY if row is None else Tail(*row))

    async def stream_head(self, stream: str) -> StreamHead:
        """Where a stream ends now."""
        row = await self._read(lambda db: db.execute(rows.STREAM_HEAD, (stream,)).fetchone())
        return StreamHead(0, 0) if row is None else StreamHead(*row)

    async def by_id(self, id: str) -> Recorded | None:
        """The event with that id."""
        stored = await self._read(lambda db: rows.find(db, id))
        return None if stored is None else self._codec.recorded(stored)

    async def position_at(self, instant: datetime) -> int:
        """The last position recorded at or before an aware `instant`."""
        return await self._read(lambda db: rows.position_at(db, microseconds(instant)))

    async def aclose(self) -> None:
        """Finish what was accepted and let go of the file."""
        self._closed = True
        await self._writer.aclose()
        await asyncio.to_thread(self._readers.close)
        self._bell.ring()

    async def __aenter__(self) -> Self:
        """The log itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the log."""
        await self.aclose()

    def _ring(self) -> None:
        self._bell.ring()

    async def _recorded(self, query: Query) -> list[Recorded]:
        return await self._read(
            lambda db: [self._codec.recorded(stored) for stored in rows.page(db, query)]
        )

    async def _stored(self, query: Query) -> list[Stored]:
        return await self._read(lambda db: rows.page(db, query))

    async def _read(self, question: Callable[[apsw.Connection], T]) -> T:
        self._require_open()
        return await asyncio.to_thread(self._ask, question)

    def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        with self._readers.connection() as db:
            return question(db)


def _opened(
    path: Path, busy_seconds: float, *, codec: Codec, create: bool
) -> tuple[Place, apsw.Connection]:
    place = Place(path.absolute(), busy_seconds)
    db = connect(place, create=create)
    try:
        with faults(place.path):
            codec.check(rows.kinds(db))
    except BaseException:
        db.close()
        raise
    return place, db
