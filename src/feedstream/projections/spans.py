"""What a story shows, and from which position to which: rows change only where the story did."""

from operator import attrgetter
from typing import Any, TypeVar

import apsw

from feedstream.domain.story import Story
from feedstream.projections.archive import NUMBER
from feedstream.projections.labels import (
    EntryRow,
    correction_row,
    labels_of,
    publication_rows,
    update_row,
)
from feedstream.projections.tables import NOW

T = TypeVar("T")
_Begun = tuple[Any, ...]
"""Story, the fields of an `EntryRow`, and since when it stands."""

_OPEN_LABEL = "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?)"
_OPEN_ENTRY = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
_CLOSE_LABEL = (
    "UPDATE labels SET until = ? WHERE kind = ? AND value = ? AND story = ? AND until = ?"
)
_CLOSE_ENTRY = "UPDATE entries SET until = ? WHERE story = ? AND entry = ? AND until = ?"

named = attrgetter("headline", "section", "tags", "authors", "credits")
"""What the derived feeds of a story follow from."""

shown = attrgetter(
    "headline",
    "section",
    "tags",
    "authors",
    "credits",
    "updates",
    "corrections",
    "published",
    "retracted",
    "reinstatements",
)
"""All that rows of labels and entries follow from, and the derived feeds: where it is the same of
a public story before and after an event, those are too."""


class Spans:
    """The rows of labels and entries inside a transaction; `finish` writes what was held back.

    Rows change only where the story did. Entries are held back, since most of a page's are new.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._begun: dict[tuple[str, str], _Begun] = {}
        self._over: list[_Begun] = []
        self._ended: list[tuple[int, str, str, int]] = []
        self._numbered: list[tuple[str, str, int]] = []

    def change(self, before: Story | None, after: Story | None, position: int) -> None:
        """End the rows of what `before` showed and `after` does not, begin those of what is new."""
        story = (after or before or Story(id="")).id
        _write_labels(self._db, story, before, after, position)
        ended, begun = _entries(before, after)
        for row in ended:
            self._end(story, row[0], position)
        for row in begun:
            self._begun[story, row[0]] = (story, *row, position)
            self._numbered.append((row[0], story, position))

    def _end(self, story: str, entry: str, position: int) -> None:
        held = self._begun.pop((story, entry), None)
        if held is None:
            self._ended.append((position, story, entry, NOW))
        elif held[-1] < position:
            self._over.append((*held, position))

    def finish(self) -> None:
        """Write them: first what ends, so that only standing rows are looked for."""
        self._db.executemany(_CLOSE_ENTRY, self._ended)
        self._db.executemany(_OPEN_ENTRY, self._over)
        self._db.executemany(_OPEN_ENTRY, ((*row, NOW) for row in self._begun.values()))
        self._db.executemany(NUMBER, self._numbered)


def _write_labels(
    db: apsw.Connection, story: str, before: Story | None, after: Story | None, position: int
) -> None:
    if before and after and _filed(before) == _filed(after):
        return
    old = dict.fromkeys(labels_of(before)) if before else {}
    new = dict.fromkeys(labels_of(after)) if after else {}
    for kind, value, _ in old.keys() - new.keys():
        db.execute(_CLOSE_LABEL, (position, kind, value, story, NOW))
    for row in new:
        if row not in old:
            db.execute(_OPEN_LABEL, (story, *row, position, NOW))


def _filed(story: Story) -> tuple[object, ...]:
    return (story.section, story.tags, story.authors, story.credits)


def _entries(before: Story | None, after: Story | None) -> tuple[list[EntryRow], list[EntryRow]]:
    """The rows that end, and those that begin. Parts that `evolve` left alone are the same
    objects, so that a long story costs little."""
    old_updates, new_updates = _moved(
        before.updates if before else (), after.updates if after else ()
    )
    old_notes, new_notes = _moved(
        before.corrections if before else (), after.corrections if after else ()
    )
    same = before and after and _notices(before) == _notices(after)
    old = [] if same or before is None else publication_rows(before)
    new = [] if same or after is None else publication_rows(after)
    old += [*map(update_row, old_updates), *map(correction_row, old_notes)]
    new += [*map(update_row, new_updates), *map(correction_row, new_notes)]
    return [row for row in old if row not in new], [row for row in new if row not in old]


def _notices(story: Story) -> tuple[object, ...]:
    return (story.published, story.retracted, story.reinstatements)


def _moved(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[list[T], list[T]]:
    if new[: len(old)] == old:  # the ordinary case, and cheap: equal parts are the same objects
        return [], list(new[len(old) :])
    kept = {id(one) for one in old} & {id(one) for one in new}
    return [o for o in old if id(o) not in kept], [n for n in new if id(n) not in kept]
