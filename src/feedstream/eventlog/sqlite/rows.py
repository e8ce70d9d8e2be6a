"""Reading rows: the one query that gives whole events, and what it means."""

from collections.abc import Iterator
from typing import Any, Final

import apsw
import orjson

from feedstream.domain.events import Recorded
from feedstream.eventlog.codec import Codec
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.reading import PAGE_BYTES, Query
from feedstream.eventlog.stored import Columns, Erasure, Stored

MAX_INT: Final = 2**63 - 1

_WHOLE = """
SELECT e.position, e.id, e.stream, e.revision, e.type, e.schema, e.effective_at, e.recorded_at,
       e.actor, e.correlation_id, e.causation_id, e.leaf, b.salt, b.data
FROM events e LEFT JOIN bodies b ON b.position = e.position
"""
_ORDER = "ORDER BY e.position LIMIT :size"
BY_ID: Final = _WHOLE + "WHERE e.id = :id"
_AT = _WHOLE + "WHERE e.position = :position"
_ERASURE = "SELECT digest, by_position, kept FROM erased WHERE position = ?"
TAIL: Final = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
STREAM_HEAD: Final = (
    "SELECT position, revision FROM events WHERE stream = ? ORDER BY position DESC LIMIT 1"
)


def find(db: apsw.Connection, id: str) -> Stored | None:
    """The event with that id."""
    return _first(db, BY_ID, {"id": id})


def at(db: apsw.Connection, position: int) -> Stored | None:
    """The event at that position."""
    return _first(db, _AT, {"position": min(position, MAX_INT)})


def page(db: apsw.Connection, query: Query) -> list[Stored]:
    """The first events that `query` asks for: as many as it asks for, or fewer large ones."""
    return [_stored(db, row) for row in _page(db, query)]


def recorded_page(db: apsw.Connection, query: Query, codec: Codec) -> list[Recorded]:
    """As `page`, as the events that they are."""
    read = codec.read
    return [
        read(row) if row[-1] is not None else codec.recorded(_stored(db, row))
        for row in _page(db, query)
    ]


def position_at(db: apsw.Connection, micros: int) -> int:
    """The last position recorded at or before `micros`, by halving: recorded times never fall."""
    low, high = 0, db.execute("SELECT coalesce(max(position), 0) FROM events").get
    while low < high:
        middle = (low + high + 1) // 2
        at = db.execute("SELECT recorded_at FROM events WHERE position = ?", (middle,)).get
        low, high = (middle, high) if at <= micros else (low, middle - 1)
    return int(low)


def kinds(db: apsw.Connection) -> list[tuple[str, int]]:
    """Every (type, schema) that the log holds."""
    return [
        (str(type_), int(schema)) for type_, schema in db.execute("SELECT type, schema FROM kinds")
    ]


def _asked(query: Query) -> str:
    """The statement for `query`: a filter that is not asked for costs nothing."""
    filters = [
        "e.position > :after AND e.position <= :upto",
        query.stream is not None and "e.stream = :stream",
        query.types is not None and "e.type IN (SELECT value FROM json_each(:types))",
        query.streams is not None and "+e.stream IN (SELECT value FROM json_each(:streams))",
        bool(query.prefix) and "substr(e.stream, 1, length(:prefix)) = :prefix",
        query.actor is not None and "e.actor = :actor",
    ]
    return f"{_WHOLE} WHERE {' AND '.join(part for part in filters if part)} {_ORDER}"


def _bound(query: Query) -> dict[str, Any]:
    return {
        "after": min(query.after, MAX_INT),
        "upto": MAX_INT if query.upto is None else min(query.upto, MAX_INT),
        "types": _listed(query.types),
        "streams": _listed(query.streams),
        "prefix": query.prefix,
        "actor": query.actor,
        "size": query.size,
        "stream": query.stream,
    }


def _listed(names: frozenset[str] | None) -> str | None:
    return None if names is None else orjson.dumps(sorted(names)).decode()


def _page(db: apsw.Connection, query: Query) -> Iterator[Columns]:
    size = 0
    for row in db.execute(_asked(query), _bound(query)):
        yield row
        size += len(row[-1] or b"")
        if size >= PAGE_BYTES:
            return


def _stored(db: apsw.Connection, row: Columns) -> Stored:
    if row[-1] is None:
        return Stored(*(*row[:-2], b"", b"", _erasure(db, row[0])))
    return Stored(*row)


def _first(db: apsw.Connection, sql: str, bindings: dict[str, Any]) -> Stored | None:
    row = db.execute(sql, bindings).fetchone()
    return None if row is None else _stored(db, row)


def _erasure(db: apsw.Connection, position: int) -> Erasure:
    row = db.execute(_ERASURE, (position,)).fetchone()
    if row is None:
        raise Damaged(
            f"The body of the event at position {position} is missing: restore the log from a "
            "backup or an export.",
            position=position,
            expected="a body",
            actual="none",
        )
    digest, by, kept = row
    return Erasure(digest=digest, by=by, kept=kept)
