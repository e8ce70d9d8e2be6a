"""The file's format: its tables, and the triggers that make them append-only for everybody.

Bodies stand apart from events, so that the erasure of a body leaves the event and its leaf. The
triggers hold against any program that opens the file, `INSERT OR REPLACE` included; only the writer
turns them off for its own connection (see `ledger`). One row alone
is ever changed, the tree's frontier; and a body goes only where `erased` says so.
"""

from typing import Final

APPLICATION_ID: Final = int.from_bytes(b"fdst")
FORMAT: Final = 2
PAGE_SIZE: Final = 8192

_TABLES = """
CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    stream         TEXT NOT NULL,
    revision       INTEGER NOT NULL CHECK (revision >= 1),
    type           TEXT NOT NULL,
    schema         INTEGER NOT NULL CHECK (schema >= 1),
    effective_at   TEXT NOT NULL,    -- a date, or an instant in UTC
    recorded_at    INTEGER NOT NULL, -- microseconds since 1970, UTC
    actor          TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    causation_id   TEXT NOT NULL,
    leaf           BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;
CREATE INDEX events_by_stream ON events (stream, position);
CREATE TABLE bodies (
    position INTEGER PRIMARY KEY REFERENCES events,
    salt     BLOB NOT NULL CHECK (length(salt) = 16),
    data     BLOB NOT NULL -- canonical JSON
) STRICT;
-- Which (type, schema) the log holds, and where each came first: read at every opening.
CREATE TABLE kinds (
    type   TEXT NOT NULL,
    schema INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    PRIMARY KEY (type, schema)
) STRICT, WITHOUT ROWID;
"""

# New in format 2.
_TREE = """
-- The Merkle tree's peaks, greatest first, 32 bytes each.
CREATE TABLE frontier (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    size  INTEGER NOT NULL CHECK (size >= 0),
    peaks BLOB NOT NULL
) STRICT;
-- The hashes of complete subtrees of 2^level leaves, for levels 8, 16, 24…
CREATE TABLE tree (
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
-- What is left of erased bodies.
CREATE TABLE erased (
    position    INTEGER PRIMARY KEY REFERENCES events,
    digest      BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256(salt, data)
    by_position INTEGER NOT NULL,
    kept        BLOB NOT NULL -- canonical JSON
) STRICT;
CREATE TRIGGER frontier_only_grows BEFORE UPDATE ON frontier
WHEN NEW.size < OLD.size OR NEW.size IS NOT (SELECT coalesce(max(position), 0) FROM events)
BEGIN SELECT RAISE(ABORT, 'the frontier is that of all events'); END;
CREATE TRIGGER frontier_is_one BEFORE INSERT ON frontier WHEN EXISTS (SELECT 1 FROM frontier)
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER tree_keeps_hashes BEFORE INSERT ON tree
WHEN EXISTS (SELECT 1 FROM tree WHERE level = NEW.level AND idx = NEW.idx)
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER erased_is_once BEFORE INSERT ON erased
WHEN EXISTS (SELECT 1 FROM erased WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER frontier_refuse_delete BEFORE DELETE ON frontier
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
INSERT INTO frontier VALUES (1, 0, x'');
"""

_TRIGGERS = """
CREATE TRIGGER events_are_dense BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are appended at the next position'); END;
CREATE TRIGGER events_have_own_ids BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this event id is taken'); END;
CREATE TRIGGER events_note_kinds AFTER INSERT ON events
WHEN NOT EXISTS (SELECT 1 FROM kinds WHERE type = NEW.type AND schema = NEW.schema)
BEGIN INSERT INTO kinds VALUES (NEW.type, NEW.schema, NEW.position); END;
"""

_BODIES = """
CREATE TRIGGER bodies_are_appended BEFORE INSERT ON bodies
WHEN NEW.position <= (SELECT coalesce(max(position), 0) FROM bodies)
  OR EXISTS (SELECT 1 FROM erased WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'bodies are appended'); END;
CREATE TRIGGER bodies_refuse_update BEFORE UPDATE ON bodies
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER bodies_refuse_delete BEFORE DELETE ON bodies
WHEN NOT EXISTS (SELECT 1 FROM erased WHERE position = OLD.position)
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
"""

_FROZEN = """
CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
"""


def _frozen(*tables: str) -> str:
    return "".join(
        _FROZEN.format(table=table, verb=verb) for table in tables for verb in ("update", "delete")
    )


DDL: Final = _TABLES + _TREE + _TRIGGERS + _BODIES + _frozen("events", "kinds", "tree", "erased")

FROM_1: Final = (
    "DROP TRIGGER bodies_are_appended; DROP TRIGGER bodies_refuse_update;"
    "DROP TRIGGER bodies_refuse_delete;" + _TREE + _BODIES + _frozen("tree", "erased")
)
"""Makes a file of format 1 one of format 2, but for the tree over the events that it holds."""

OBJECTS: Final = frozenset(
    {"events", "bodies", "kinds", "frontier", "tree", "erased", "events_by_stream"}
    | {"events_are_dense", "events_have_own_ids", "events_note_kinds", "bodies_are_appended"}
    | {"frontier_only_grows", "frontier_refuse_delete", "frontier_is_one"}
    | {"tree_keeps_hashes", "erased_is_once"}
    | {
        f"{table}_refuse_{verb}"
        for table in ("events", "bodies", "kinds", "tree", "erased")
        for verb in ("update", "delete")
    }
)
"""The names of all that `DDL` creates: a file that lacks one is no whole log."""
