"""A log in memory: for tests, trials and `as of` questions. A real store, only not durable."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from feedstream.clock import Clock, utc_now
from feedstream.domain.events import Proposed, Recorded
from feedstream.errors import Integrity
from feedstream.eventlog.base import Expectations, Head, Placed, Restored, Salt, StreamHead
from feedstream.eventlog.codec import CODEC, Codec
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.erasing import erase_bodies, positions_of
from feedstream.eventlog.merkle import Frontier, Node, Subtree, Tree
from feedstream.eventlog.placing import (
    EMPTY,
    Stamp,
    Tail,
    append_batch,
    head_of,
    random_salt,
    restore_entries,
)
from feedstream.eventlog.proving import subtrees
from feedstream.eventlog.reading import PAGE_BYTES, PagedReads, Query
from feedstream.eventlog.stored import Claim, Entry, Erasure, Row, Stored, microseconds
from feedstream.eventlog.verify import Checker, Progress, Verified, row_of

T = TypeVar("T")


class _Ledger:
    """Events in lists and dictionaries; the writing rules' view of them."""

    def __init__(self) -> None:
        self.events: list[Stored] = []
        self.positions: dict[str, list[int]] = {}
        self._ids: dict[str, int] = {}
        self._frontier = Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}

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

    def write(self, events: Sequence[Row]) -> None:
        for event in events:
            self.events.append(Stored(*event))
            self.positions.setdefault(event.stream, []).append(event.position)
            self._ids[event.id] = event.position
        self._frontier = self._frontier.grown((event.leaf for event in events), self._keep)

    def frontier(self) -> Frontier:
        """The peaks of the tree over all events."""
        return self._frontier

    def hashes(self, level: int, first: int, end: int) -> list[bytes]:
        """What is kept of the tree, as `proving.Hashes`."""
        if level == 0:
            return [event.leaf for event in self.events[first:end]]
        return [self._nodes[level, at] for at in range(first, end) if (level, at) in self._nodes]

    def verify(self, after: int, upto: int | None, trees: Sequence[Tree]) -> Verified:
        """Compute leaves and tree again."""
        size = len(self.events)
        first = max(0, min(after, size))
        last = size if upto is None else max(first, min(upto, size))
        checker = Checker(
            size,
            trees=trees,
            keep=lambda _node: None,
            revision_before=lambda stream, at: bisect.bisect_left(self.positions[stream], at),
        )
        checker.leaves((event.position, event.leaf) for event in self.events[:first])
        checker.rows(row_of(event) for event in self.events[first:last])
        checker.leaves((event.position, event.leaf) for event in self.events[last:])
        tree = checker.finish(self._frontier)
        return Verified(events=checker.events, erased=checker.erased, tree=tree)

    def _keep(self, node: Node) -> None:
        self._nodes[node.level, node.index] = node.hash

    def at(self, position: int) -> Stored | None:
        return self.events[position - 1] if 1 <= position <= len(self.events) else None

    def erase(self, stored: Stored, erasure: Erasure) -> None:
        self.events[stored.position - 1] = replace(stored, salt=b"", data=b"", erased=erasure)

    def reset(self, events: list[Stored]) -> None:
        """Take back what was written since there were these events only."""
        for event in reversed(self.events[len(events) :]):
            self.positions[event.stream].pop()
            del self._ids[event.id]
        self.events = events
        self._nodes.clear()
        leaves = (event.leaf for event in self.events)
        self._frontier = Frontier().grown(leaves, self._keep)


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
        self._broken = ""

    async def append(
        self, events: Sequence[Proposed], *, expect: Expectations | None = None
    ) -> list[Placed]:
        """Record all of `events` or none, and say where they stand."""
        self._require_writable()
        entries = [self._codec.encode(event) for event in events]
        answer = append_batch(self._ledger, entries, expect or {}, self._stamp())
        self._bell.ring()
        return answer

    async def erase(self, erasure: Proposed, *, expect: Expectations | None = None) -> Placed:
        """Record `erasure` and destroy the bodies of its `positions`."""
        self._require_writable()
        positions, entry = positions_of(erasure), self._codec.encode(erasure)
        answer = erase_bodies(self._ledger, entry, positions, expect or {}, self._stamp())
        self._bell.ring()
        return answer

    @property
    def residue(self) -> str:
        """Nothing: memory keeps no old bytes."""
        return ""

    async def restore(
        self, entries: Iterable[tuple[Entry, Claim | None]], *, dry_run: bool = False
    ) -> Restored:
        """Record what an export holds, all or nothing."""
        self._require_writable()
        before, stamp = list(self._ledger.events), self._stamp()
        keep = False
        try:
            answer = restore_entries(self._ledger, entries, stamp)
            keep = not dry_run
        finally:
            if not keep:
                self._ledger.reset(before)
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

    async def _prove(self, question: Callable[[Subtree, Frontier], T]) -> T:
        self._require_open()
        return question(subtrees(self._ledger.hashes), self._ledger.frontier())

    async def verify(
        self,
        *,
        after: int = 0,
        upto: int | None = None,
        trees: Sequence[Tree] = (),
        progress: Progress = lambda _done, _all: None,
    ) -> Verified:
        """Check that the log holds what was recorded."""
        self._require_open()
        try:
            verified = self._ledger.verify(after, upto, trees)
        except Damaged as exc:
            self._broken = exc.sentence
            raise
        progress(verified.events, verified.events)
        if after <= 0 and upto is None:
            self._broken = ""
        return verified

    @property
    def broken(self) -> str:
        """Why the log takes no writes, in a sentence; empty where it does."""
        return self._broken

    async def aclose(self) -> None:
        """Nothing may be asked of the log any more."""
        self._closed = True
        self._bell.ring()

    def _require_writable(self) -> None:
        self._require_open()
        if self._broken:
            raise Integrity(f"The event log takes no writes: {self._broken}")

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
            if query.admits(stored):
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
