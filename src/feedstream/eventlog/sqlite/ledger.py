"""The writer's view of the file inside a transaction, with heads kept between transactions."""

from collections.abc import Sequence
from typing import Final

import apsw

from feedstream.eventlog.base import StreamHead
from feedstream.eventlog.placing import EMPTY, Tail
from feedstream.eventlog.sqlite import rows
from feedstream.eventlog.stored import Stored

_MAX_HEADS: Final = 50_000
_INSERT_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_BODY = "INSERT INTO bodies VALUES (?, ?, ?)"


class SqliteLedger:
    """What the rules of writing ask of the file. Only ever used inside `BEGIN IMMEDIATE`."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._version: object = None
        self._tail: Tail | None = None
        self._heads: dict[str, StreamHead] = {}

    def begin(self) -> None:
        """Take the write lock; forget the heads where another connection wrote since."""
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA data_version").get
        if version != self._version or len(self._heads) > _MAX_HEADS:
            self.forget()
            self._version = version

    def commit(self) -> None:
        """Make it durable."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Take back what was written since `begin`."""
        self.forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def forget(self) -> None:
        """Read the heads again when they are next asked for."""
        self._tail = None
        self._heads.clear()

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
        if self._db.execute("SELECT 1 FROM events WHERE id = ?", (id,)).get is None:
            return None
        return rows.find(self._db, id)

    def revision_at(self, stream: str, position: int) -> int | None:
        """The revision of the stream's event at that position, where there is one."""
        found = self._db.execute(
            "SELECT revision FROM events WHERE position = ? AND stream = ?",
            (min(position, rows.MAX_INT), stream),
        ).get
        return None if found is None else int(found)

    def write(self, events: Sequence[Stored]) -> None:
        """Add events after the tail."""
        self._db.executemany(_INSERT_EVENT, (_columns(event) for event in events))
        self._db.executemany(_INSERT_BODY, ((e.position, e.salt, e.data) for e in events))
        for event in events:
            self._heads[event.stream] = StreamHead(event.position, event.revision)
        self._tail = Tail(events[-1].position, events[-1].recorded_at)


def _columns(event: Stored) -> tuple[str | int | bytes, ...]:
    return (
        event.position,
        event.id,
        event.stream,
        event.revision,
        event.type,
        event.schema,
        event.effective_at,
        event.recorded_at,
        event.actor,
        event.correlation_id,
        event.causation_id,
        event.leaf,
    )
