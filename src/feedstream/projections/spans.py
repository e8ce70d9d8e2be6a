"""What a story shows, and from which position to which: rows change only where the story did."""

from typing import TypeVar

import apsw

from feedstream.domain.story import Story
from feedstream.projections.labels import (
    EntryRow,
    correction_row,
    labels_of,
    publication_rows,
    update_row,
)
from feedstream.projections.tables import NOW

T = TypeVar("T")

_OPEN_LABEL = "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?)"
_OPEN_ENTRY = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
_CLOSE_LABEL = (
    "UPDATE labels SET until = ? WHERE kind = ? AND value = ? AND story = ? AND until = ?"
)
_CLOSE_ENTRY = "UPDATE entries SET until = ? WHERE story = ? AND entry = ? AND until = ?"


def write_spans(
    db: apsw.Connection, before: Story | None, after: Story | None, position: int
) -> None:
    """End the rows of what `before` showed and `after` does not, begin those of what is new."""
    story = (after or before or Story(id="")).id
    _write_labels(db, story, before, after, position)
    ended, begun = _entries(before, after)
    for row in ended:
        db.execute(_CLOSE_ENTRY, (position, story, row[0], NOW))
    for row in begun:
        db.execute(_OPEN_ENTRY, (story, *row, position, NOW))


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
    return (story.published, story.retracted)


def _moved(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[list[T], list[T]]:
    if new[: len(old)] == old:  # the ordinary case, and cheap: equal parts are the same objects
        return [], list(new[len(old) :])
    kept = {id(one) for one in old} & {id(one) for one in new}
    return [o for o in old if id(o) not in kept], [n for n in new if id(n) not in kept]
