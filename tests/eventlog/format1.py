"""The first format of the file, as it was written: homes from then must go on."""

SETTINGS = """
PRAGMA page_size = 8192;
PRAGMA journal_mode = wal;
PRAGMA application_id = 1717859188;
PRAGMA user_version = 1;
"""

DDL = """
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

CREATE TRIGGER events_refuse_update BEFORE update ON events
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER events_refuse_delete BEFORE delete ON events
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER bodies_refuse_update BEFORE update ON bodies
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER bodies_refuse_delete BEFORE delete ON bodies
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER kinds_refuse_update BEFORE update ON kinds
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER kinds_refuse_delete BEFORE delete ON kinds
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
"""
