"""The short way of writing events gives the bytes of the long way, and dares nothing else."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from pydantic import TypeAdapter

from feedstream.domain.events import (
    EVENT_CLASSES,
    ContentErased,
    StoryClosed,
    StoryEmbargoed,
    StoryPublished,
    StoryTagged,
    UpdateEdited,
)
from feedstream.eventlog.codec import CODEC
from feedstream.eventlog.drafts import recorded
from feedstream.eventlog.plain import PlainWriter
from feedstream.eventlog.stored import fields_of, placed
from tests.eventlog.conftest import note
from tests.strategies import events

WRITERS: Any = {cls: PlainWriter(cls) for cls in EVENT_CLASSES}
ADAPTERS: Any = {cls: TypeAdapter(cls) for cls in EVENT_CLASSES}
NOW = datetime(2021, 12, 6, tzinfo=UTC)
PUBLISHED = StoryPublished(entry_id="e", slug="s", headline="h", body="é\n", tags=("a", "b"))


@given(events)
def test_what_is_written_the_short_way_is_what_the_long_way_writes(event: Any) -> None:
    written = WRITERS[type(event)].write(event)
    long = orjson.dumps(ADAPTERS[type(event)].dump_python(event, mode="json"))
    assert written in {None, long}


@pytest.mark.parametrize(
    "event",
    [PUBLISHED, StoryClosed(note="n"), StoryTagged(added=("a",)), UpdateEdited(update="u")],
)
def test_texts_numbers_and_lists_of_texts_go_the_short_way(event: Any) -> None:
    assert WRITERS[type(event)].write(event) is not None


class Text(str):
    """A text that may behave otherwise."""

    __slots__ = ()


@pytest.mark.parametrize(
    "event",
    [
        StoryEmbargoed(until=NOW),
        replace(PUBLISHED, embargo_until=NOW),
        replace(PUBLISHED, tags=("a", 5)),  # type: ignore[arg-type]
        replace(PUBLISHED, tags=["a"]),  # type: ignore[arg-type]
        replace(PUBLISHED, headline=None),  # type: ignore[arg-type]
        replace(PUBLISHED, headline=Text("h")),
        replace(PUBLISHED, headline="\ud800"),
        UpdateEdited(update="u", minor=1),  # type: ignore[arg-type]
        ContentErased(positions=(1,), kind="mood", reason="r"),  # type: ignore[arg-type]
        ContentErased(positions=("1",), kind="legal", reason="r"),  # type: ignore[arg-type]
    ],
)
def test_what_may_be_wrong_is_left_to_the_long_way(event: Any) -> None:
    assert WRITERS[type(event)].write(event) is None


def test_what_is_read_is_a_recorded_event_like_any_other() -> None:
    stored = placed(CODEC.encode(note()), position=3, revision=2, recorded_at=0, salt=bytes(16))
    read = CODEC.read(fields_of(stored))
    again = recorded(*[getattr(read, name) for name in type(read).__slots__])
    assert again == read == replace(read)
    assert type(again) is type(replace(read))
    with pytest.raises(FrozenInstanceError):
        again.position = 4  # type: ignore[misc]
