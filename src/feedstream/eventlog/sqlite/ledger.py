"""The writer's view of the file inside a transaction, with heads kept between transactions.

Triggers guard the file against other programs; for this connection they are off, since they cost
more than the rest of an insert. What they promise is kept here: rows only ever go after the tail,
`PRIMARY KEY` and `UNIQUE` refuse what stands already, and the frontier is that of all events.
"""

from collections.abc import Sequence
from typing import Final

import apsw

from feedstream.eventlog.base import StreamHead
from feedstream.eventlog.merkle import Frontier, Node
from feedstream.eventlog.placing import EMPTY, Tail
from feedstream.eventlog.sqlite import rows, trees
from feedstream.eventlog.sqlite.journal import Journal
from feedstream.eventlog.stored import Columns, Erasure, Row, Stored

_MAX_HEADS: Final = 50_000
_MAX_LEAVES: Final = 4096
_MAX_UNWRITTEN: Final = 256
_MAX_UNWRITTEN_BYTES: Final = 8 * 1024 * 1024
_INSERT_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_BODY = "INSERT INTO bodies VALUES (?, ?, ?)"
_INSERT_KIND = "INSERT INTO kinds VALUES (?, ?, ?)"
_LAST_ID = "SELECT max(id) FROM events"
_INSERT_ERASED = "INSERT INTO erased VALUES (?, ?, ?, ?)"


class SqliteLedger:
    """What the rules of writing ask of the file. Only ever used inside `BEGIN IMMEDIATE`."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        self._journal = Journal(db)
        self._version = -1
        self._tail: Tail | None = None
        self._last_id: str | None = None
        self._kinds: set[tuple[str, int]] = set()
        self._heads: dict[str, StreamHead] = {}
        self._frontier: Frontier | None = None
        self._leaves: list[bytes] = []
        self._unwritten: dict[str, Row] = {}
        self._unwritten_bytes = 0
        self.erased = False
        """Whether bodies were taken away since `begin`."""

    def begin(self) -> None:
        """Take the write lock; forget the heads where another connection wrote since."""
        self._db.execute("BEGIN IMMEDIATE")
        self.erased = False
        if self._db.data_version() != self._version or len(self._heads) > _MAX_HEADS:
            self.forget()

    def commit(self) -> None:
        """Make it durable, with the tree over it."""
        self._flush()
        self._grow()
        self._journal.make_room()
        self._db.execute("COMMIT")
        self._version = self._db.data_version()

    def rollback(self) -> None:
        """Take back what was written since `begin`."""
        self.forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def forget(self) -> None:
        """Read the heads again when they are next asked for."""
        self._tail = self._frontier = self._last_id = None
        self._heads.clear()
        self._kinds.clear()
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
        """The event with that id: nearly always none, since a fresh UUIDv7 is after all others."""
        if id > self._greatest_id():
            return None
        if (unwritten := self._unwritten.get(id)) is not None:
            return Stored(*unwritten)
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

    def write(self, events: Sequence[Row]) -> None:
        """Add events after the tail; their rows are written later, with those of the group."""
        heads, unwritten, leaves = self._heads, self._unwritten, self._leaves
        last_id = self._greatest_id()
        for row in events:
            id_, stream = row.id, row.stream
            unwritten[id_] = row
            leaves.append(row.leaf)
            heads[stream] = StreamHead(row.position, row.revision)
            self._unwritten_bytes += len(row.data)
            last_id = max(last_id, id_)
        self._last_id = last_id
        self._tail = Tail(events[-1].position, events[-1].recorded_at)
        if len(unwritten) >= _MAX_UNWRITTEN or self._unwritten_bytes >= _MAX_UNWRITTEN_BYTES:
            self._flush()

    def _greatest_id(self) -> str:
        """The id that sorts after all others: texts compare here as they do in SQLite."""
        if self._last_id is None:
            self._last_id = str(self._db.execute(_LAST_ID).get or "")
        return self._last_id

    def _flush(self) -> None:
        """Write the rows of a whole group at once: cheaper than each append on its own."""
        if not self._unwritten:
            return
        events = list(self._unwritten.values())
        self._db.executemany(_INSERT_EVENT, [row[:12] for row in events])
        self._db.executemany(_INSERT_BODY, [_body(row) for row in events if row.erased is None])
        self._note([(row.position, row.erased) for row in events if row.erased is not None])
        self._note_kinds(events)
        self._unwritten.clear()
        self._unwritten_bytes = 0
        if len(self._leaves) > _MAX_LEAVES:
            self._grow()

    def _note_kinds(self, events: Sequence[Row]) -> None:
        """List the types and schemas that are new to the log, each where it came first."""
        if {row[4:6] for row in events} <= self._kinds:
            return
        self._kinds.update(rows.kinds(self._db))
        for row in events:
            if row[4:6] not in self._kinds:
                self._db.execute(_INSERT_KIND, (row.type, row.schema, row.position))
                self._kinds.add(row[4:6])

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


def _body(row: Row) -> Columns:
    """The row of the bodies table."""
    return row.position, row.salt, row.data
