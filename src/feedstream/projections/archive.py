"""Which entries of the feed of updates stand on which sealed page (RFC 5005 §4).

Each entry gets an ordinal when it first appears, in the order of the log, and keeps it for ever. A
page is a range of ordinals, so that neither a kill nor a later date moves an entry to another page.
The newest page but one is the last that is sealed: what the feed itself shows is never sealed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import apsw
import orjson

_TOTAL = "SELECT ordinal FROM ordinals WHERE since <= ? ORDER BY since DESC, ordinal DESC LIMIT 1"
_STANDING = """
SELECT DISTINCT o.story, o.entry FROM ordinals o JOIN entries e ON e.entry = o.entry
WHERE o.ordinal BETWEEN ? AND ? AND e.since <= ? AND e.until > ?
"""
_OF_STORIES = (
    "SELECT ordinal FROM ordinals WHERE story IN (SELECT value FROM json_each(?)) AND ordinal <= ?"
)
NUMBER = "INSERT OR IGNORE INTO ordinals (entry, story, since) VALUES (?, ?, ?)"
"""Gives an entry its ordinal: (entry, story, position). One that has one keeps it."""

_MARK = "pages:"  # no feed can be called so
ALL = "all"
ALL_PAGES = f"{_MARK}{ALL}"
"""Marks all sealed pages as touched, beside the names of feeds."""


def mark_of(story: str) -> str:
    """What marks the sealed pages with entries of a story as touched, beside names of feeds."""
    return f"{_MARK}{story}"


def marked(name: str) -> str | None:
    """The story that a mark is of, or `all`; None for the name of a feed."""
    found = name.removeprefix(_MARK)
    return None if found == name else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A range of ordinals: the stories in it, and the entries of theirs that stand."""

    stories: tuple[str, ...]
    entries: frozenset[str]


class Archive:
    """The pages as of `position`, `size` entries to a page."""

    def __init__(self, db: apsw.Connection, position: int, size: int) -> None:
        self._db = db
        self._position = position
        self._size = size
        self._last = int(db.execute(_TOTAL, (position,)).get or 0)

    @property
    def sealed(self) -> int:
        """The number of the last sealed page, which is how many there are."""
        return max(0, self._last // self._size - 1)

    def page(self, number: int) -> Shelf:
        """What stands on page `number`, which counts from 1."""
        return self._shelf((number - 1) * self._size + 1, number * self._size)

    def open(self) -> Shelf:
        """What stands on no sealed page: the feed itself shows that."""
        return self._shelf(self.sealed * self._size + 1, self._last)

    def pages_of(self, stories: Collection[str]) -> set[int]:
        """The sealed pages that have entries of these stories."""
        end = self.sealed * self._size
        rows: Iterable[tuple[int]] = self._db.execute(
            _OF_STORIES, (orjson.dumps(list(stories)).decode(), end)
        )
        return {(ordinal - 1) // self._size + 1 for (ordinal,) in rows}

    def _shelf(self, first: int, last: int) -> Shelf:
        found = self._db.execute(
            _STANDING, (first, last, self._position, self._position)
        ).fetchall()
        return Shelf(
            stories=tuple(dict.fromkeys(str(story) for story, _ in found)),
            entries=frozenset(str(entry) for _, entry in found),
        )
