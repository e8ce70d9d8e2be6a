"""The log in one SQLite file: the port over the writer's thread and the readers' connections."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import apsw

from feedstream.clock import Clock, utc_now
from feedstream.domain.events import Proposed, Recorded
from feedstream.eventlog.base import Expectations, Head, Placed, Restored, Salt, StreamHead
from feedstream.eventlog.codec import CODEC, Codec
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.erasing import erase_bodies, positions_of
from feedstream.eventlog.merkle import Frontier, Subtree, Tree
from feedstream.eventlog.placing import (
    EMPTY,
    Tail,
    append_batch,
    head_of,
    random_salt,
    restore_entries,
)
from feedstream.eventlog.proving import subtrees
from feedstream.eventlog.reading import PagedReads, Query
from feedstream.eventlog.sqlite import broken, rows, trees
from feedstream.eventlog.sqlite.backup import Backup, Pages, back_up
from feedstream.eventlog.sqlite.checking import Range, verify
from feedstream.eventlog.sqlite.connection import BUSY_SECONDS, Place, connect
from feedstream.eventlog.sqlite.faults import faults
from feedstream.eventlog.sqlite.readers import Readers
from feedstream.eventlog.sqlite.scrub import scrub_if_erased
from feedstream.eventlog.sqlite.writer import Writer
from feedstream.eventlog.stored import Claim, Entry, Stored, microseconds
from feedstream.eventlog.verify import Progress, Verified

T = TypeVar("T")


class SqliteLog(PagedReads):
    """An `EventLog` in a file that any number of processes may share. Made by `open`.

    One object serves one asyncio loop; open the file again for another.
    """

    def __init__(
        self, place: Place, db: apsw.Connection, *, clock: Clock, salt: Salt, codec: Codec
    ) -> None:
        super().__init__()
        self._codec, self._clock, self._place = codec, clock, place
        self._readers = Readers(place, self._found)
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
        place = Place(path, busy_seconds).absolute()
        try:
            db = await asyncio.to_thread(_opened, place, codec=codec, create=create)
        except Damaged as exc:
            broken.mark(place.path, exc, clock())
            raise
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

    async def erase(self, erasure: Proposed, *, expect: Expectations | None = None) -> Placed:
        """Record `erasure` and destroy the bodies of its `positions`."""
        self._require_open()
        positions, entry, expected = (
            positions_of(erasure),
            self._codec.encode(erasure),
            expect or {},
        )
        return await self._writer.do(
            lambda ledger, stamp: erase_bodies(ledger, entry, positions, expected, stamp),
            alone=True,
        )

    @property
    def residue(self) -> str:
        """Where erased bytes may still lie, in a sentence; empty where there are none."""
        if not self._writer.residue:
            return ""
        return (
            f"Erased bytes are still in {self._place.path}-wal, since somebody has been reading "
            "the log all the time: they go with the next append after that, or when all close it."
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

        def find(db: apsw.Connection) -> Recorded | None:
            stored = rows.find(db, id)
            return None if stored is None else self._codec.recorded(stored)

        return await self._read(find)

    async def position_at(self, instant: datetime) -> int:
        """The last position recorded at or before an aware `instant`."""
        return await self._read(lambda db: rows.position_at(db, microseconds(instant)))

    async def verify(
        self,
        *,
        after: int = 0,
        upto: int | None = None,
        trees: Sequence[Tree] = (),
        progress: Progress = lambda _done, _all: None,
    ) -> Verified:
        """Check that the log holds what was recorded: its events, its tree, its file."""
        which = Range(after=after, upto=upto, trees=trees)
        path = self._place.path
        verified = await self._read(lambda db: verify(db, path, which, progress))
        if which.whole:
            broken.clear(path)
        return verified

    async def backup(self, target: Path, progress: Pages = lambda _done, _all: None) -> Backup:
        """Copy the log to `target` as of one moment, while appends go on; a copy is a plain log.

        It stands there only once it is verified, and never in the place of something. Raises
        `Conflict` where `target` exists, `NotFound` without its folder, `Unavailable` on a full
        disk, `Integrity`.
        """
        self._require_open()
        return await asyncio.to_thread(back_up, self._readers.connection, target, progress)

    async def declare(self, damage: Damaged) -> None:
        """Have every process refuse to write from now on, until a whole verification passes."""
        await asyncio.to_thread(broken.mark, self._place.path, damage, self._clock())

    @property
    def broken(self) -> str:
        """Why the log takes no writes, in a sentence; empty where it does."""
        return broken.sentence(self._place.path)

    async def aclose(self) -> None:
        """Finish what was accepted and let go of the file."""
        self._closed = True
        await self._writer.aclose()
        await asyncio.to_thread(self._readers.close)
        self._bell.ring()

    def _found(self, damage: Damaged) -> None:
        broken.mark(self._place.path, damage, self._clock())

    def _ring(self) -> None:
        self._bell.ring()

    async def _recorded(self, query: Query) -> list[Recorded]:
        return await self._read(lambda db: rows.recorded_page(db, query, self._codec))

    async def _stored(self, query: Query) -> list[Stored]:
        return await self._read(lambda db: rows.page(db, query))

    async def _prove(self, question: Callable[[Subtree, Frontier], T]) -> T:
        def ask(db: apsw.Connection) -> T:
            return question(subtrees(partial(trees.hashes, db)), trees.frontier(db))

        return await self._read(ask)

    async def _read(self, question: Callable[[apsw.Connection], T]) -> T:
        self._require_open()
        return await asyncio.to_thread(self._ask, question)

    def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        with self._readers.connection() as db:
            return question(db)


def _opened(place: Place, *, codec: Codec, create: bool) -> apsw.Connection:
    db = connect(place, create=create)
    try:
        with faults(place.path):
            codec.check(rows.kinds(db))
            scrub_if_erased(db)
    except BaseException:
        db.close()
        raise
    return db
