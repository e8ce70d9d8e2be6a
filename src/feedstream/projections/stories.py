"""A story's state in the tables: its head in one row, each update and correction in one of its own.

A change of a long story writes what it changed, not all of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import apsw
import orjson

from feedstream.domain.copies import copier
from feedstream.domain.ids import id_in, story_stream
from feedstream.domain.story import Correction, Story, Update
from feedstream.projections import states
from feedstream.projections.memory import Standing
from feedstream.projections.texts import stamped

P = TypeVar("P", Update, Correction)
_Row = tuple[str, str, int, bytes]

_SAVE_HEAD = """
INSERT INTO stories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
slug = excluded.slug, state = excluded.state, headline = excluded.headline,
status = excluded.status, public = excluded.public, updated = excluded.updated,
embargo_until = excluded.embargo_until, position = excluded.position
"""
_SAVE_PART = "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)"
_CUT = "DELETE FROM parts WHERE story = ? AND kind = ? AND ordinal >= ?"
_PARTS = (
    "SELECT story, kind, state FROM parts WHERE story IN (SELECT value FROM json_each(?))"
    " ORDER BY story, kind, ordinal"
)
_HEADS = (
    "SELECT state, slug, updated, first FROM stories WHERE id IN (SELECT value FROM json_each(?))"
)
_story = copier(Story)


def load_stories(db: apsw.Connection, streams: Sequence[str]) -> list[tuple[str, Standing]]:
    """The stories of `streams` that the tables have, public or not, each with its stream."""
    if not streams:
        return []
    wanted = orjson.dumps([id_in(stream) for stream in streams]).decode()
    rows: list[Any] = db.execute(_HEADS, (wanted,)).fetchall()
    stories = whole(db, [row[0] for row in rows])
    return [
        (story_stream(story.id), Standing(story, slug, updated, first, story.is_public))
        for story, (_, slug, updated, first) in zip(stories, rows, strict=True)
    ]


def save_heads(db: apsw.Connection, standing: Iterable[Standing]) -> None:
    """Write stories without their updates and corrections."""
    db.executemany(_SAVE_HEAD, map(_head, standing))


def _head(standing: Standing) -> tuple[str | int | bool | bytes | None, ...]:
    story = standing.story
    return (
        story.id,
        standing.slug,
        states.encode(_story(story, {"updates": (), "corrections": ()})),
        story.headline,
        story.status,
        standing.public,
        standing.updated,
        stamped(story.embargo_until) if story.embargo_until else None,
        story.position,
        standing.first,
    )


def save_parts(db: apsw.Connection, changed: Iterable[tuple[Story | None, Story]]) -> None:
    """Write the parts in which each story, as it is now, differs from what the tables have."""
    pairs = list(changed)
    db.executemany(_SAVE_PART, (row for before, after in pairs for row in _new(before, after)))
    db.executemany(_CUT, [cut for before, after in pairs for cut in _cuts(before, after)])


def _new(before: Story | None, after: Story) -> Iterator[_Row]:
    old = before or Story(id=after.id)
    for number, update in _changed(old.updates, after.updates):
        yield after.id, "u", number, states.encode(update)
    for number, correction in _changed(old.corrections, after.corrections):
        yield after.id, "c", number, states.encode(correction)


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
        _story(
            story,
            {
                "updates": tuple(updates.get(story.id, ())),
                "corrections": tuple(corrections.get(story.id, ())),
            },
        )
        for story in stories
    ]
