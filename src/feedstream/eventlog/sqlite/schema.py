"""The file's format: its tables, and the triggers that make them append-only for everybody.

Bodies stand apart from events, so that the erasure of a body leaves the event and its leaf. The
triggers hold against any program that opens the file, `INSERT OR REPLACE` included.
"""

from typing import Final

APPLICATION_ID: Final = int.from_bytes(b"fdst")
FORMAT: Final = 1
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
CREATE TRIGGER bodies_are_appended BEFORE INSERT ON bodies
WHEN NEW.position <= (SELECT coalesce(max(position), 0) FROM bodies)
BEGIN SELECT RAISE(ABORT, 'bodies are appended'); END;
"""

_FROZEN = """
CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
"""

DDL: Final = (
    _TABLES
    + _TRIGGERS
    + "".join(
        _FROZEN.format(table=table, verb=verb)
        for table in ("events", "bodies", "kinds")
        for verb in ("update", "delete")
    )
)

OBJECTS: Final = frozenset(
    {"events", "bodies", "kinds", "events_by_stream", "events_are_dense", "events_have_own_ids"}
    | {"events_note_kinds", "bodies_are_appended"}
    | {
        f"{table}_refuse_{verb}"
        for table in ("events", "bodies", "kinds")
        for verb in ("update", "delete")
    }
)
"""The names of all that `DDL` creates: a file that lacks one is no whole log."""
