"""The tables of the read model, and the connections to a SQLite file of ours."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from feedstream.errors import Unavailable

_OF_THE_PLACE = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
)

FORMAT = 4
PAGE_SIZE = 8192  # bytes: several texts to a page
CACHE = 32 * 1024  # KiB
NOW = 2**62
"""The `until` of what still holds. A row holds for positions from `since` up to, without, `until`:
so the tables answer for any earlier position too."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS stories (
    id TEXT PRIMARY KEY, slug TEXT NOT NULL, state BLOB NOT NULL, headline TEXT NOT NULL,
    status TEXT NOT NULL, public INTEGER NOT NULL, updated TEXT NOT NULL, embargo_until TEXT,
    position INTEGER NOT NULL, first INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
    story TEXT NOT NULL, kind TEXT NOT NULL, ordinal INTEGER NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY (story, kind, ordinal)
) STRICT;
CREATE TABLE IF NOT EXISTS slugs (slug TEXT PRIMARY KEY, story TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS labels (
    story TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, title TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (kind, value, story, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS labels_story ON labels (story, until);
CREATE TABLE IF NOT EXISTS entries (
    story TEXT NOT NULL, entry TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
    position INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_entry ON entries (entry, until);
CREATE TABLE IF NOT EXISTS revisions (
    story TEXT NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL,
    effective_at TEXT NOT NULL, recorded_at TEXT NOT NULL, actor TEXT NOT NULL,
    public INTEGER NOT NULL, updated TEXT NOT NULL, slug TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, state BLOB NOT NULL, word TEXT NOT NULL,
    story TEXT NOT NULL, position INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS feeds (
    name TEXT NOT NULL, state BLOB NOT NULL, origin TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (name, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS feeds_now ON feeds (until, origin);
CREATE TABLE IF NOT EXISTS ordinals (
    ordinal INTEGER PRIMARY KEY, entry TEXT NOT NULL UNIQUE, story TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS withheld (position INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS former (digest TEXT PRIMARY KEY, story TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS dirty (feed TEXT PRIMARY KEY) STRICT;
"""

INDEXES = f"""
CREATE INDEX IF NOT EXISTS stories_updated ON stories (public, updated DESC, id DESC);
CREATE INDEX IF NOT EXISTS stories_first ON stories (first / 1000, updated) WHERE public;
CREATE INDEX IF NOT EXISTS slugs_story ON slugs (story);
CREATE INDEX IF NOT EXISTS entries_at ON entries (at DESC, position DESC);
CREATE INDEX IF NOT EXISTS entries_ended ON entries (until) WHERE until < {NOW};
CREATE UNIQUE INDEX IF NOT EXISTS revisions_story ON revisions (story, revision);
CREATE INDEX IF NOT EXISTS revisions_updated ON revisions (updated DESC, story DESC) WHERE public;
CREATE INDEX IF NOT EXISTS ordinals_story ON ordinals (story);
CREATE INDEX IF NOT EXISTS ordinals_since ON ordinals (since);
CREATE INDEX IF NOT EXISTS items_word ON items (word, position DESC);
"""
"""What only those who ask need: a rebuild makes it at the end, sorted, instead of row by row."""

_NAMED = re.compile(r"INDEX IF NOT EXISTS (\w+)")


def drop_indexes(db: apsw.Connection) -> None:
    """Take away `INDEXES`, before many rows are written."""
    for name in _NAMED.findall(INDEXES):
        db.execute(f"DROP INDEX IF EXISTS {name}")


def is_of_the_place(error: Exception) -> bool:
    """Whether it is the disk's or the file's fault, not that of what was to be written."""
    return isinstance(error, _OF_THE_PLACE) or isinstance(error.__cause__, _OF_THE_PLACE)


def page_size_of(path: Path) -> int:
    """The page size of a SQLite file (file format §1.3.2), or ours where there is none yet."""
    try:
        with path.open("rb") as file:
            header = file.read(18)
    except OSError:
        return PAGE_SIZE
    found = int.from_bytes(header[16:18])
    return PAGE_SIZE if len(header) < 18 else 65_536 if found == 1 else found


class Database:
    """A SQLite file with a connection for each thread that uses it; `what` names it to people.

    One that is `derived` can be made anew: a lost last transaction costs nothing, and a file of
    another version is emptied. A `scratch` one is of no use to anybody after a crash.
    """

    def __init__(
        self,
        path: Path,
        schema: str = SCHEMA + INDEXES,
        *,
        version: int = FORMAT,
        what: str = "read model",
        derived: bool = True,
        scratch: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self.path = path
        self._schema = schema
        self._version = version
        self._what = what
        self._derived = derived
        self._scratch = scratch
        self._page_size = page_size
        self._local = threading.local()
        self._all: list[tuple[threading.Thread, apsw.Connection]] = []
        self._guard = threading.Lock()

    @property
    def connection(self) -> apsw.Connection:
        """This thread's connection. Raises `Unavailable` where the file cannot be opened."""
        found: apsw.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._open()
            with self._guard:
                self._reap()
                self._all.append((threading.current_thread(), found))
        return found

    def _reap(self) -> None:
        """Close what threads that have ended left open: a server's worker threads come and go."""
        gone = [pair for pair in self._all if not pair[0].is_alive()]
        self._all = [pair for pair in self._all if pair[0].is_alive()]
        for _, connection in gone:
            connection.close()

    def _open(self) -> apsw.Connection:
        try:
            connection = apsw.Connection(str(self.path))
            connection.set_busy_timeout(30_000)
            connection.execute(f"PRAGMA page_size={self._page_size}")  # heard in an empty file only
            connection.execute(self._safety())
            connection.execute(f"PRAGMA cache_size=-{CACHE}")
            if connection.pragma("user_version") != self._version:
                self._make(connection)
        except apsw.Error as error:
            raise Unavailable(f"The {self._what} {self.path} can't be opened: {error}.") from error
        return connection

    def _safety(self) -> str:
        if self._scratch:
            return "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF"
        synchronous = "NORMAL" if self._derived else "FULL"
        return f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}"

    def _make(self, connection: apsw.Connection) -> None:
        """The tables, in an empty file or in place of those of another version."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.pragma("user_version") != self._version:  # another may have been first
                self._empty(connection)
                connection.execute(self._schema)
                connection.pragma("user_version", self._version)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _empty(self, connection: apsw.Connection) -> None:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        if names and not self._derived:
            raise Unavailable(
                f"The {self._what} {self.path} is of another version of feedstream: use that one."
            )
        for (name,) in names:
            connection.execute(f'DROP TABLE "{name}"')

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
                f"The {self._what} {self.path} can't be written: {error}. It goes on by itself once"
                " that is mended."
            ) from error

    @contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """All that this thread reads inside is of one moment, whatever others write meanwhile."""
        db = self.connection
        db.execute("BEGIN")
        try:
            yield db
        finally:
            if db.in_transaction:
                db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """As `snapshot`; inside one, or inside a transaction, that one goes on."""
        db = self.connection
        if db.in_transaction:
            yield db
            return
        with self.snapshot():
            yield db

    def close(self) -> None:
        """Close the connections of all threads; one that is in use ends with its thread."""
        with self._guard:
            for _, connection in self._all:
                with suppress(apsw.ThreadingViolationError):
                    connection.close()
            self._all.clear()
        self._local = threading.local()
