"""The publish ledger: which bytes stood in each published file, by the position that made them.

It is a record, not a projection: no rebuild touches it. A row is written before its file, so that
whatever was ever served is on record; a kill in between leaves a row whose bytes the next run
publishes, or replaces at a later position.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import apsw

from feedstream.errors import Unavailable
from feedstream.projections.tables import Database

WITHHELD = "withheld:"
"""Begins what stands in the place of the name of a file whose name was erased."""

REMOVED = ""
"""Instead of a digest: the file was taken away."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (
    digest TEXT PRIMARY KEY, version TEXT NOT NULL, settings TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published (
    number INTEGER PRIMARY KEY, position INTEGER NOT NULL, file TEXT NOT NULL,
    digest TEXT NOT NULL, settings TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS published_by_file ON published (file, number);
CREATE INDEX IF NOT EXISTS published_by_position ON published (position, number);
"""
_RENEWALS = "CREATE TABLE IF NOT EXISTS renewals (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT"
"""Made when it is needed: ledgers are older than it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """File `file` has held the bytes with this SHA-256 (hex) since the log's `position`.

    `settings` is the digest of what they were rendered with; `number` counts rows from 1.
    """

    number: int
    position: int
    file: str
    digest: str
    settings: str


class Ledger:
    """The rows, in the order of publishing. Any thread and process may use it."""

    def __init__(self, path: Path) -> None:
        self._db = Database(path, _SCHEMA, version=1, what="publish ledger", derived=False)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def know_settings(self, digest: str, version: str, settings: str) -> None:
        """Keep what files are rendered with: a later check renders with the same."""
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO settings VALUES (?, ?, ?)", (digest, version, settings)
            )

    def settings(self) -> Mapping[str, tuple[str, str]]:
        """By digest: the version of feedstream and the settings as JSON."""
        rows = self._db.connection.execute("SELECT digest, version, settings FROM settings")
        return {str(digest): (str(version), str(text)) for digest, version, text in rows}

    def record(self, position: int, digests: Mapping[str, str], settings: str) -> None:
        """Note the files whose bytes are others than those last noted, durably."""
        changed = [
            (position, file, digest, settings)
            for file, digest in digests.items()
            if digest != self.digest_of(file)
        ]
        if not changed:
            return
        with self._db.transaction() as db:
            db.executemany(
                "INSERT INTO published (position, file, digest, settings) VALUES (?, ?, ?, ?)",
                changed,
            )

    def digest_of(self, file: str, upto: int | None = None) -> str:
        """The digest last noted of a file (at a position `upto`); `REMOVED` where there is none."""
        found = self._db.connection.execute(
            "SELECT digest FROM published WHERE file = ? AND (?2 IS NULL OR position <= ?2)"
            " ORDER BY number DESC LIMIT 1",
            (file, upto),
        ).fetchone()
        return str(found[0]) if found else REMOVED

    @property
    def last(self) -> int:
        """The number of the last row; 0 where there is none."""
        found = self._db.connection.execute("SELECT max(number) FROM published").fetchone()
        return int(found[0] or 0) if found else 0

    def row_of(self, file: str, digest: str) -> LedgerRow | None:
        """The last row of a file with these bytes; None where there is none."""
        tail = "WHERE file = ? AND digest = ? ORDER BY number DESC LIMIT 1"
        return next(self._rows(tail, (file, digest)), None)

    def row_like(self, file: str, position: int, digest: str, settings: str) -> LedgerRow | None:
        """The last row of a file at a position, whose digests both begin like this."""
        tail = (
            "WHERE file = ? AND position = ? AND substr(digest, 1, ?) = ?"
            " AND substr(settings, 1, ?) = ? ORDER BY number DESC LIMIT 1"
        )
        values = (file, position, len(digest), digest, len(settings), settings)
        return next(self._rows(tail, values), None)

    def files_after(self, number: int) -> list[str]:
        """The files that rows after `number` are about, each once."""
        rows = self._db.connection.execute(
            "SELECT DISTINCT file FROM published WHERE number > ? ORDER BY file", (number,)
        )
        return [str(row[0]) for row in rows]

    def rows(self, *, upto: int | None = None) -> Iterator[LedgerRow]:
        """All rows by position, those of one position in the order of publishing."""
        return self._rows(
            "WHERE ? IS NULL OR position <= ? ORDER BY position, number", (upto, upto)
        )

    def rows_at(self, position: int) -> list[LedgerRow]:
        """The rows of one position, in the order of publishing."""
        return list(self._rows("WHERE position = ? ORDER BY number", (position,)))

    def latest(self) -> Iterator[LedgerRow]:
        """The last row of each file, removed ones too."""
        return self._rows("WHERE number IN (SELECT max(number) FROM published GROUP BY file)", ())

    def positions(self, after: int, upto: int) -> list[int]:
        """The positions that something was published at, from `after` (exclusive) to `upto`."""
        rows = self._db.connection.execute(
            "SELECT DISTINCT position FROM published WHERE position > ? AND position <= ?"
            " ORDER BY position",
            (after, upto),
        )
        return [int(row[0]) for row in rows]

    def positions_of(self, files: Iterable[str]) -> dict[str, int]:
        """By file: the position that it was last published at, where it ever was."""
        question = "SELECT max(position) FROM published WHERE file = ?"
        found = {file: self._db.connection.execute(question, (file,)).get for file in files}
        return {file: int(position) for file, position in found.items() if position is not None}

    @property
    def end(self) -> int:
        """The highest position that something was published at; 0 where there is none."""
        return int(self._db.connection.execute("SELECT max(position) FROM published").get or 0)

    def files(self) -> list[str]:
        """Every file that was ever noted."""
        rows = self._db.connection.execute("SELECT DISTINCT file FROM published ORDER BY file")
        return [str(row[0]) for row in rows]

    def withhold(self, files: Iterable[str]) -> None:
        """Put a digest in the place of names that were erased; their old bytes leave the disk.

        Without names too: whoever did it before may have been killed before the bytes had left.
        Raises `Unavailable` where the file can't be written.
        """
        names = [(f"{WITHHELD}{sha256(file.encode()).hexdigest()}", file) for file in files]
        db = self._db.connection
        db.execute("PRAGMA secure_delete = ON").fetchall()
        if names:
            with self._db.transaction():
                db.executemany("UPDATE published SET file = ? WHERE file = ?", names)
        try:
            db.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except apsw.Error as error:
            raise Unavailable(
                f"The publish ledger {self._db.path} can't be written: {error}; what was erased is"
                " removed from it once that is mended."
            ) from error

    @property
    def withheld(self) -> int:
        """How many rows are about files whose names were erased."""
        found = self._db.connection.execute(
            "SELECT count(*) FROM published WHERE file >= ? AND file < ?",
            (WITHHELD, f"{WITHHELD[:-1]};"),  # the character after ":"
        )
        return int(found.get or 0)

    # ── renewals of the read model ───────────────────────────────────────────────────────────
    def begin_renewal(self) -> None:
        """Note, durably, that a new read model is put in place: what then differs must follow."""
        with self._db.transaction() as db:
            db.execute(_RENEWALS)
            db.execute("INSERT INTO renewals DEFAULT VALUES")

    @property
    def renewal(self) -> int:
        """The number of the last renewal that nobody has finished yet; 0 for none."""
        db = self._db.connection
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'renewals'").get is None:
            return 0
        return int(db.execute("SELECT max(number) FROM renewals").get or 0)

    def end_renewal(self, number: int) -> None:
        """All that follows from the renewals up to this one was done."""
        if number:
            with self._db.transaction() as db:
                db.execute("DELETE FROM renewals WHERE number <= ?", (number,))

    def has_held(self, file: str, digest: str) -> bool:
        """Whether these were ever the bytes of a file."""
        found = self._db.connection.execute(
            "SELECT 1 FROM published WHERE file = ? AND digest = ? LIMIT 1", (file, digest)
        ).get
        return found is not None

    def _rows(self, tail: str, values: tuple[int | str | None, ...]) -> Iterator[LedgerRow]:
        found: Iterable[tuple[int, int, str, str, str]] = self._db.connection.execute(
            f"SELECT number, position, file, digest, settings FROM published {tail}",  # noqa: S608  # tails are ours
            values,
        )
        for number, position, file, digest, settings in found:
            yield LedgerRow(
                number=number, position=position, file=file, digest=digest, settings=settings
            )
