"""The writer's view of the file inside a transaction, with heads kept between transactions."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import apsw

from feedstream.eventlog.base import StreamHead
from feedstream.eventlog.merkle import Frontier, Node
from feedstream.eventlog.placing import EMPTY, Tail
from feedstream.eventlog.sqlite import rows, trees
from feedstream.eventlog.stored import Columns, Erasure, Stored, fields_of

_MAX_HEADS: Final = 50_000
_MAX_LEAVES: Final = 4096
_MAX_UNWRITTEN: Final = 256
_MAX_UNWRITTEN_BYTES: Final = 8 * 1024 * 1024
_INSERT_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_BODY = "INSERT INTO bodies VALUES (?, ?, ?)"
_INSERT_ERASED = "INSERT INTO erased VALUES (?, ?, ?, ?)"


class SqliteLedger:
    """What the rules of writing ask of the file. Only ever used inside `BEGIN IMMEDIATE`."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._version: object = None
        self._tail: Tail | None = None
        self._heads: dict[str, StreamHead] = {}
        self._frontier: Frontier | None = None
        self._leaves: list[bytes] = []
        self._unwritten: dict[str, Stored] = {}
        self._unwritten_bytes = 0
        self.erased = False
        """Whether bodies were taken away since `begin`."""

    def begin(self) -> None:
        """Take the write lock; forget the heads where another connection wrote since."""
        self._db.execute("BEGIN IMMEDIATE")
        self.erased = False
        version = self._db.execute("PRAGMA data_version").get
        if version != self._version or len(self._heads) > _MAX_HEADS:
            self.forget()
            self._version = version

    def commit(self) -> None:
        """Make it durable, with the tree over it."""
        self._flush()
        self._grow()
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Take back what was written since `begin`."""
        self.forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def forget(self) -> None:
        """Read the heads again when they are next asked for."""
        self._tail = self._frontier = None
        self._heads.clear()
        self._leaves.clear()
        self._unwritten.clear()
        self._unwritten_bytes = 0

    def tail(self) -> Tail:
        """Where the log ends."""
        if self._tail is None:
            row = self._db.execute(rows.TAIL).fetchone()
            self._tail = EMPTY if row is None else Tail(*row)
        return self._tail

    def stream_head(self, stream: str) -> StreamHead:
        """Where a stream ends."""
        head = self._heads.get(stream)
        if head is None:
            row = self._db.execute(rows.STREAM_HEAD, (stream,)).fetchone()
            head = self._heads[stream] = StreamHead(0, 0) if row is None else StreamHead(*row)
        return head

    def find(self, id: str) -> Stored | None:
        """The event with that id: nearly always none, and then one look at the index tells."""
        if (unwritten := self._unwritten.get(id)) is not None:
            return unwritten
        if self._db.execute("SELECT 1 FROM events WHERE id = ?", (id,)).get is None:
            return None
        return rows.find(self._db, id)

    def revision_at(self, stream: str, position: int) -> int | None:
        """The revision of the stream's event at that position, where there is one."""
        self._flush()
        found = self._db.execute(
            "SELECT revision FROM events WHERE position = ? AND stream = ?",
            (min(position, rows.MAX_INT), stream),
        ).get
        return None if found is None else int(found)

    def at(self, position: int) -> Stored | None:
        """The event at that position."""
        self._flush()
        return rows.at(self._db, position)

    def erase(self, stored: Stored, erasure: Erasure) -> None:
        """Take the body of `stored` away; `erasure` stays."""
        self._flush()
        self._note([(stored.position, erasure)])
        self.erased = True
        self._db.execute("DELETE FROM bodies WHERE position = ?", (stored.position,))

    def write(self, events: Sequence[Stored]) -> None:
        """Add events after the tail; their rows are written later, with those of the group."""
        for event in events:
            self._unwritten[event.id] = event
            self._unwritten_bytes += len(event.data)
        self._leaves.extend([event.leaf for event in events])
        for last in {event.stream: event for event in events}.values():
            self._heads[last.stream] = StreamHead(last.position, last.revision)
        self._tail = Tail(events[-1].position, events[-1].recorded_at)
        if len(self._unwritten) >= _MAX_UNWRITTEN or self._unwritten_bytes >= _MAX_UNWRITTEN_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Write the rows of a whole group at once: cheaper than each append on its own."""
        if not self._unwritten:
            return
        events = self._unwritten.values()
        self._db.executemany(_INSERT_EVENT, map(columns_of, events))
        self._db.executemany(_INSERT_BODY, [_body(e) for e in events if e.erased is None])
        self._note([(e.position, e.erased) for e in events if e.erased is not None])
        self._unwritten.clear()
        self._unwritten_bytes = 0
        if len(self._leaves) > _MAX_LEAVES:
            self._grow()

    def _note(self, erasures: Sequence[tuple[int, Erasure]]) -> None:
        if erasures:
            self._db.executemany(
                _INSERT_ERASED, ((at, gone.digest, gone.by, gone.kept) for at, gone in erasures)
            )

    def _grow(self) -> None:
        """Add the leaves of what was written to the tree: once for a whole group."""
        if not self._leaves:
            return
        frontier = trees.frontier(self._db) if self._frontier is None else self._frontier
        landmarks: list[Node] = []
        leaves: Sequence[bytes] = self._leaves
        end = self.tail().position
        if frontier.size + len(leaves) < end:
            # A process of an older version, open since before the tree, added events without it.
            leaves = trees.hashes(self._db, 0, frontier.size, end)
        self._frontier = frontier.grown(leaves, landmarks.append)
        trees.save(self._db, self._frontier, landmarks)
        self._leaves.clear()


def columns_of(event: Stored) -> Columns:
    """The row of the events table."""
    return fields_of(event)[:12]


_body: Final = attrgetter("position", "salt", "data")
