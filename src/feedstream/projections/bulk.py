"""A log applied to empty tables that nobody reads meanwhile: as fast as it goes.

What a story came to is written once, or when there is no more room to remember it; indexes that
only readers need are made at the end, from what is there by then. The tables end up the same as if
the log had been followed event by event.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from feedstream.domain.events import Recorded
from feedstream.projections.apply import apply
from feedstream.projections.archive import ALL_PAGES
from feedstream.projections.memory import Memory
from feedstream.projections.record import learn
from feedstream.projections.saving import save_states
from feedstream.projections.tables import CACHE, INDEXES, NOW, drop_indexes, is_of_the_place
from feedstream.projections.texts import stamped

PAGE = 5000
"""Events applied in one transaction at most."""

Failed = Callable[[Recorded, Exception], Recorded]
"""Given an event that cannot be applied, and why: what is to be applied in its place. It may raise
instead."""


class Bulk:
    """Writes the tables at `path`, where those of an empty read model are. For a thread at a time.

    Between the first `take` and `finish` the file is of no use to anybody.
    """

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(30_000)
        self._db.execute(
            f"PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-{CACHE}"
        )
        self._memory = Memory(behind=True)
        self._last: Recorded | None = None
        drop_indexes(self._db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def checkpoint(self) -> int:
        """The position up to which the log has been taken."""
        return self._last.position if self._last else 0

    def take(self, events: Sequence[Recorded], failed: Failed) -> None:
        """Apply `events`, which follow those before; what cannot be is left to `failed`.

        Raises what that raises, and `apsw.Error` where the file cannot be written.
        """
        before = self._memory.copy()
        try:
            with self._db:
                apply(self._db, events, self._memory)
                self._learn(events)
        except Exception as error:
            self._memory.restore(before)
            if is_of_the_place(error):
                raise
            self._take_parts(events, failed, error)
        self._last = events[-1]

    def _learn(self, events: Sequence[Recorded]) -> None:
        if learn(self._db, events):
            self._db.execute(
                "INSERT OR IGNORE INTO dirty SELECT name FROM feeds WHERE until = ?", (NOW,)
            )
            self._db.execute("INSERT OR IGNORE INTO dirty VALUES (?)", (ALL_PAGES,))

    def _take_parts(self, events: Sequence[Recorded], failed: Failed, error: Exception) -> None:
        """By halves, until the event is found that cannot be applied."""
        if len(events) == 1:
            self.take([failed(events[0], error)], _give_up)
            return
        middle = len(events) // 2
        self.take(events[:middle], failed)
        self.take(events[middle:], failed)

    def finish(self) -> None:
        """Write what was held back, so that the tables are whole."""
        with self._db:
            save_states(self._db, self._memory)
            if self._last:
                self._know("checkpoint", str(self._last.position))
                self._know("recorded_at", stamped(self._last.recorded_at))
            self._db.execute(INDEXES)

    def _know(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _give_up(_: Recorded, error: Exception) -> Recorded:
    raise error
