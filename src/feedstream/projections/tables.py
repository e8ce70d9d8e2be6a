"""The tables of the read model, and the connection to them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from feedstream.errors import Unavailable

FORMAT = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS stories (
    id TEXT PRIMARY KEY, slug TEXT NOT NULL, state BLOB NOT NULL, headline TEXT NOT NULL,
    status TEXT NOT NULL, public INTEGER NOT NULL, updated TEXT NOT NULL, embargo_until TEXT,
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS stories_updated ON stories (public, updated DESC, id DESC);
CREATE TABLE IF NOT EXISTS slugs (slug TEXT PRIMARY KEY, story TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS slugs_story ON slugs (story);
CREATE TABLE IF NOT EXISTS labels (
    story TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (kind, value, story)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS labels_story ON labels (story);
CREATE TABLE IF NOT EXISTS entries (
    story TEXT NOT NULL, entry TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
    position INTEGER NOT NULL, PRIMARY KEY (story, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_at ON entries (at DESC, position DESC);
CREATE TABLE IF NOT EXISTS revisions (
    story TEXT NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL,
    effective_at TEXT NOT NULL, recorded_at TEXT NOT NULL, actor TEXT NOT NULL,
    PRIMARY KEY (story, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, state BLOB NOT NULL, word TEXT NOT NULL,
    story TEXT NOT NULL, position INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS items_word ON items (word, position DESC);
CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS feeds (
    name TEXT PRIMARY KEY, state BLOB NOT NULL, origin TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS dirty (feed TEXT PRIMARY KEY) STRICT;
"""


class Database:
    """A SQLite file with a connection for each thread that uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[apsw.Connection] = []
        self._guard = threading.Lock()

    @property
    def connection(self) -> apsw.Connection:
        """This thread's connection. Raises `Unavailable` where the file cannot be opened."""
        found: apsw.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._open()
            with self._guard:
                self._all.append(found)
        return found

    def _open(self) -> apsw.Connection:
        try:
            connection = apsw.Connection(str(self.path))
            connection.set_busy_timeout(30_000)
            # The read model can be rebuilt, so that a lost last transaction costs nothing: NORMAL.
            connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
            connection.execute(SCHEMA)
        except apsw.Error as error:
            raise Unavailable(f"The read model {self.path} can't be opened: {error}.") from error
        return connection

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """All or nothing. It takes the write lock first: to read and then write would be refused
        whenever another process wrote in between.
        """
        db = self.connection
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # SQLite itself rolls back after some faults
                    db.execute("ROLLBACK")
                raise
        except apsw.Error as error:
            raise Unavailable(
                f"The read model {self.path} can't be written: {error}. It goes on by itself once"
                " that is mended."
            ) from error

    def close(self) -> None:
        """Close the connections of all threads, once none is in use."""
        with self._guard:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()
