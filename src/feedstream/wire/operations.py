"""The operational store: validators, health and schedule of sources, on SQLite.

It survives restarts and may be used by several processes at once (a CLI beside a server). Every
change is one short transaction. It holds nothing that is published.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw

from feedstream.domain.when import format_when, parse_when
from feedstream.errors import Unavailable
from feedstream.wire.fetch import FetchState
from feedstream.wire.health import SourceHealth

_SCHEMA = """
CREATE TABLE IF NOT EXISTS source_state (
  name TEXT PRIMARY KEY,
  etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '',
  final_url TEXT NOT NULL DEFAULT '', moved_to TEXT NOT NULL DEFAULT '',
  last_attempt TEXT, last_success TEXT, last_failure TEXT,
  failures INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', next_at TEXT,
  attempts INTEGER NOT NULL DEFAULT 0, successes INTEGER NOT NULL DEFAULT 0,
  items INTEGER NOT NULL DEFAULT 0, new INTEGER NOT NULL DEFAULT 0,
  interval REAL NOT NULL DEFAULT 0, paused INTEGER NOT NULL DEFAULT 0
) STRICT
"""
_HEALTH = (
    "name, last_attempt, last_success, last_failure, failures, error, next_at, attempts,"
    " successes, items, new, interval, paused"
)
_SUCCESS = """
INSERT INTO source_state (name, etag, last_modified, final_url, moved_to, last_attempt,
  last_success, next_at, interval, items, new, attempts, successes)
VALUES (:name, :etag, :last_modified, :final_url, :moved_to, :at, :at, :next, :interval, :items,
  :new, 1, 1)
ON CONFLICT (name) DO UPDATE SET etag = :etag, last_modified = :last_modified,
  final_url = :final_url, moved_to = :moved_to, last_attempt = :at, last_success = :at,
  next_at = :next, interval = :interval, failures = 0, error = '',
  attempts = attempts + 1, successes = successes + 1, items = items + :items, new = new + :new
"""
_FAILURE = """
INSERT INTO source_state (name, last_attempt, last_failure, next_at, interval, error, failures,
  attempts)
VALUES (:name, :at, :at, :next, :interval, :error, 1, 1)
ON CONFLICT (name) DO UPDATE SET last_attempt = :at, last_failure = :at, next_at = :next,
  interval = :interval, error = :error, failures = failures + 1, attempts = attempts + 1
"""
_PAUSED = """
INSERT INTO source_state (name, paused) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET paused = excluded.paused
"""


class OperationsStore:
    """What is remembered of sources between two looks. Use from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the store. Raises `Unavailable` where that is not possible."""
        self._path = path
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(10_000)
            self._db.pragma("journal_mode", "WAL")
            self._db.pragma("synchronous", "NORMAL")
            self._run(_SCHEMA)

    def close(self) -> None:
        """Close the store."""
        self._db.close()

    def state(self, name: str) -> FetchState:
        """The validators of a source; empty ones where it was never fetched."""
        rows = self._run(
            "SELECT etag, last_modified, final_url, moved_to FROM source_state WHERE name = ?",
            (name,),
        )
        if not rows:
            return FetchState()
        etag, modified, final, moved = rows[0]
        return FetchState(etag=etag, last_modified=modified, final_url=final, moved_to=moved)

    def record_success(  # noqa: PLR0917  # the plain order of what is recorded
        self, name: str, at: datetime, state: FetchState, next_at: datetime, items: int, new: int
    ) -> None:
        """A look at a source that worked: `items` it held, `new` of them new or changed."""
        values = {
            **_moments(name, at, next_at),
            "etag": state.etag,
            "last_modified": state.last_modified,
            "final_url": state.final_url,
            "moved_to": state.moved_to,
            "items": items,
            "new": new,
        }
        self._run(_SUCCESS, values)

    def record_failure(self, name: str, at: datetime, error: str, next_at: datetime) -> None:
        """A look that failed, with the sentence that says why."""
        self._run(_FAILURE, {**_moments(name, at, next_at), "error": error[:1000]})

    def health(self) -> list[SourceHealth]:
        """Every source that is known here, by name."""
        # The columns are ours, listed above.
        rows = self._run(f"SELECT {_HEALTH} FROM source_state ORDER BY name")  # noqa: S608
        return [_health(row) for row in rows]

    def health_of(self, name: str) -> SourceHealth:
        """One source's record; an empty one where it was never looked at."""
        rows = self._run(f"SELECT {_HEALTH} FROM source_state WHERE name = ?", (name,))  # noqa: S608
        return _health(rows[0]) if rows else SourceHealth(name=name)

    def due(self, at: datetime) -> list[str]:
        """The names of known sources whose time has come and that are not paused.

        A source that was never recorded here is not known: it is due at once, and for the caller
        to add.
        """
        rows = self._run(
            "SELECT name FROM source_state WHERE paused = 0 AND (next_at IS NULL OR next_at <= ?)"
            " ORDER BY next_at, name",
            (_stamp(at),),
        )
        return [str(row[0]) for row in rows]

    def pause(self, name: str) -> None:
        """Look at a source no more until it is resumed."""
        self._run(_PAUSED, (name, 1))

    def resume(self, name: str) -> None:
        """Look at a paused source again, at its next time."""
        self._run(_PAUSED, (name, 0))

    def forget(self, name: str) -> None:
        """Remove all that is remembered of a source."""
        self._run("DELETE FROM source_state WHERE name = ?", (name,))

    def _run(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        with self._guarded():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (apsw.Error, OSError) as error:
            raise Unavailable(
                f"The operational store {self._path} can't be used ({error}); see that its folder "
                "can be written and its disk is not full."
            ) from error


def _moments(name: str, at: datetime, next_at: datetime) -> dict[str, Any]:
    pause = (next_at - at).total_seconds()
    return {"name": name, "at": _stamp(at), "next": _stamp(next_at), "interval": pause}


def _stamp(at: datetime) -> str:
    """Always with microseconds, so that the texts sort as the instants do."""
    text = format_when(at).removesuffix("Z")
    return (text if "." in text else f"{text}.000000") + "Z"


def _moment(text: str | None) -> datetime | None:
    found = parse_when(text) if text else None
    return found if isinstance(found, datetime) else None


def _health(row: tuple[Any, ...]) -> SourceHealth:
    name, attempt, success, failure, failures, error, next_at, *counts, interval, paused = row
    attempts, successes, items, new = counts
    return SourceHealth(
        name=name,
        last_attempt=_moment(attempt),
        last_success=_moment(success),
        last_failure=_moment(failure),
        failures=failures,
        error=error,
        next_at=_moment(next_at),
        attempts=attempts,
        successes=successes,
        items=items,
        new=new,
        interval=interval,
        paused=bool(paused),
    )
