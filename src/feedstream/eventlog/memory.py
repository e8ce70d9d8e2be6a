"""A log in memory: for tests, trials and `as of` questions. A real store, only not durable."""

import bisect
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from feedstream.clock import Clock, utc_now
from feedstream.domain.events import Proposed, Recorded
from feedstream.eventlog.base import Expectations, Head, Placed, Restored, Salt, StreamHead
from feedstream.eventlog.codec import CODEC, Codec
from feedstream.eventlog.placing import (
    EMPTY,
    Stamp,
    Tail,
    append_batch,
    head_of,
    random_salt,
    restore_entries,
)
from feedstream.eventlog.reading import PAGE_BYTES, PagedReads, Query
from feedstream.eventlog.stored import Claim, Entry, Stored, microseconds


class _Ledger:
    """Events in lists and dictionaries; the writing rules' view of them."""

    def __init__(self) -> None:
        self.events: list[Stored] = []
        self.positions: dict[str, list[int]] = {}
        self._ids: dict[str, int] = {}

    def tail(self) -> Tail:
        if not self.events:
            return EMPTY
        return Tail(self.events[-1].position, self.events[-1].recorded_at)

    def stream_head(self, stream: str) -> StreamHead:
        positions = self.positions.get(stream, [])
        return StreamHead(positions[-1], len(positions)) if positions else StreamHead(0, 0)

    def find(self, id: str) -> Stored | None:
        position = self._ids.get(id)
        return None if position is None else self.events[position - 1]

    def revision_at(self, stream: str, position: int) -> int | None:
        positions = self.positions.get(stream, [])
        return positions.index(position) + 1 if position in positions else None

    def write(self, events: Sequence[Stored]) -> None:
        for event in events:
            self.events.append(event)
            self.positions.setdefault(event.stream, []).append(event.position)
            self._ids[event.id] = event.position

    def cut(self, position: int) -> None:
        """Take back what was written after `position`."""
        for event in reversed(self.events[position:]):
            self.positions[event.stream].pop()
            del self._ids[event.id]
        del self.events[position:]


class MemoryLog(PagedReads):
    """An `EventLog` that lives as long as the object."""

    def __init__(
        self,
        *,
        clock: Clock = utc_now,
        salt: Salt = random_salt,
        codec: Codec = CODEC,
    ) -> None:
        super().__init__()
        self._ledger = _Ledger()
        self._clock, self._salt, self._codec = clock, salt, codec

    async def append(
        self, events: Sequence[Proposed], *, expect: Expectations | None = None
    ) -> list[Placed]:
        """Record all of `events` or none, and say where they stand."""
        self._require_open()
        entries = [self._codec.encode(event) for event in events]
        answer = append_batch(self._ledger, entries, expect or {}, self._stamp())
        self._bell.ring()
        return answer

    async def restore(
        self, entries: Iterable[tuple[Entry, Claim | None]], *, dry_run: bool = False
    ) -> Restored:
        """Record what an export holds, all or nothing."""
        self._require_open()
        before, stamp = self._ledger.tail().position, self._stamp()
        keep = False
        try:
            answer = restore_entries(self._ledger, entries, stamp)
            keep = not dry_run
        finally:
            if not keep:
                self._ledger.cut(before)
        self._bell.ring()
        return answer

    async def head(self) -> Head:
        """Where the log ends now."""
        self._require_open()
        return head_of(self._ledger.tail())

    async def stream_head(self, stream: str) -> StreamHead:
        """Where a stream ends now."""
        self._require_open()
        return self._ledger.stream_head(stream)

    async def by_id(self, id: str) -> Recorded | None:
        """The event with that id."""
        self._require_open()
        stored = self._ledger.find(id)
        return None if stored is None else self._codec.recorded(stored)

    async def position_at(self, instant: datetime) -> int:
        """The last position recorded at or before an aware `instant`."""
        self._require_open()
        return bisect.bisect_right(
            self._ledger.events, microseconds(instant), key=lambda event: event.recorded_at
        )

    async def aclose(self) -> None:
        """Nothing may be asked of the log any more."""
        self._closed = True
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

    def _stamp(self) -> Stamp:
        return Stamp(microseconds(self._clock()), self._salt)

    async def _recorded(self, query: Query) -> list[Recorded]:
        return [self._codec.recorded(stored) for stored in await self._stored(query)]

    async def _stored(self, query: Query) -> list[Stored]:
        self._require_open()
        page: list[Stored] = []
        size = 0
        for stored in self._from(query):
            if len(page) >= query.size or size >= PAGE_BYTES:
                break
            if query.types is None or stored.type in query.types:
                page.append(stored)
                size += len(stored.data)
        return page

    def _from(self, query: Query) -> Iterable[Stored]:
        """What the query's stream holds in its range of positions, whatever the types."""
        events = self._ledger.events
        upto = len(events) if query.upto is None else min(query.upto, len(events))
        if query.stream is None:
            return (events[at] for at in range(query.after, upto))
        positions = self._ledger.positions.get(query.stream, [])
        first = bisect.bisect_right(positions, query.after)
        return (events[at - 1] for at in positions[first : bisect.bisect_right(positions, upto)])
