"""A story's state in the tables: its head in one row, each update and correction in one of its own.

A change of a long story writes what it changed, not all of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import apsw
import orjson

from feedstream.domain.story import Correction, Story, Update
from feedstream.projections import states

P = TypeVar("P", Update, Correction)
_Row = tuple[str, str, int, bytes]

_SAVE_HEAD = "INSERT OR REPLACE INTO stories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SAVE_PART = "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)"
_CUT = "DELETE FROM parts WHERE story = ? AND kind = ? AND ordinal >= ?"
_PARTS = (
    "SELECT story, kind, state FROM parts WHERE story IN (SELECT value FROM json_each(?))"
    " ORDER BY story, kind, ordinal"
)


def head_of(story: Story) -> bytes:
    """The state without its updates and corrections, as it is stored."""
    return states.STORY.dump_json(replace(story, updates=(), corrections=()))


def save_heads(db: apsw.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows of `stories`, with `head_of` as their states."""
    db.executemany(_SAVE_HEAD, rows)


def save_parts(db: apsw.Connection, changed: Iterable[tuple[Story | None, Story]]) -> None:
    """Write the parts in which each story, as it is now, differs from what the tables have."""
    pairs = list(changed)
    db.executemany(_SAVE_PART, (row for before, after in pairs for row in _new(before, after)))
    db.executemany(_CUT, [cut for before, after in pairs for cut in _cuts(before, after)])


def _new(before: Story | None, after: Story) -> Iterator[_Row]:
    old = before or Story(id=after.id)
    for number, update in _changed(old.updates, after.updates):
        yield after.id, "u", number, states.UPDATE.dump_json(update)
    for number, correction in _changed(old.corrections, after.corrections):
        yield after.id, "c", number, states.CORRECTION.dump_json(correction)


def _changed(old: Sequence[P], new: Sequence[P]) -> Iterator[tuple[int, P]]:
    """What is not the very object that was there: `evolve` leaves the others alone."""
    for number, part in enumerate(new):
        if number >= len(old) or old[number] is not part:
            yield number, part


def _cuts(before: Story | None, after: Story) -> Iterator[tuple[str, str, int]]:
    if before is None:
        return
    if len(after.updates) < len(before.updates):
        yield after.id, "u", len(after.updates)
    if len(after.corrections) < len(before.corrections):
        yield after.id, "c", len(after.corrections)


def whole(db: apsw.Connection, heads: Sequence[bytes]) -> list[Story]:
    """The stories that stored heads are of, with their parts, in the same order."""
    stories = [states.STORY.validate_json(head) for head in heads]
    updates: dict[str, list[Update]] = {}
    corrections: dict[str, list[Correction]] = {}
    wanted = orjson.dumps([story.id for story in stories]).decode()
    for story, kind, state in db.execute(_PARTS, (wanted,)):
        if kind == "u":
            updates.setdefault(str(story), []).append(states.UPDATE.validate_json(state))
        else:
            corrections.setdefault(str(story), []).append(states.CORRECTION.validate_json(state))
    return [
        replace(
            story,
            updates=tuple(updates.get(story.id, ())),
            corrections=tuple(corrections.get(story.id, ())),
        )
        for story in stories
    ]
