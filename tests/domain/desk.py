"""given(events).when(command).then(events): the rules of a story, as examples."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.decide import decide
from feedstream.domain.evolve import evolve, fold
from feedstream.domain.story import Story
from feedstream.domain.when import When
from feedstream.errors import FeedstreamError

STORY = "0190aaaa-0000-7000-8000-000000000001"
NOON = datetime(2021, 12, 3, 12, tzinfo=UTC)

PUBLISHED = e.StoryPublished(
    entry_id="tag:news.example.org,2021-12-03:story/1",
    slug="harbour-bridge",
    headline="Harbour bridge closes",
    body="<p>The bridge is shut.</p>",
    tags=("harbour",),
)


def record(event: e.Event, revision: int, effective: When | None = None) -> e.Recorded:
    """The event as a log of one story would take it, a minute after the one before."""
    at = NOON + timedelta(minutes=revision)
    return e.Recorded(
        position=revision,
        id=str(revision),
        stream=f"story-{STORY}",
        revision=revision,
        type=event.TYPE,
        schema=event.SCHEMA,
        effective_at=effective or at,
        recorded_at=at,
        actor="editor",
        correlation_id="",
        causation_id="",
        event=event,
        salt=b"",
        leaf=b"",
    )


def story_after(*events: e.Event) -> Story:
    """The story that these events lead to."""
    story = fold(record(event, number) for number, event in enumerate(events, 1))
    assert story is not None
    return story


@dataclass(frozen=True)
class Given:
    """A story with a past."""

    story: Story | None

    def when(self, kind: type[Any], **fields: Any) -> "Ordered":
        """A command is given an hour after noon."""
        command = kind(story=STORY, at=NOON + timedelta(hours=1), **fields)
        return Ordered(self.story, command)


@dataclass(frozen=True)
class Ordered:
    """A command that meets a story."""

    story: Story | None
    command: c.Command

    def then(self, *events: e.Event) -> None:
        """Just these events follow."""
        assert decide(self.command, self.story) == events

    def refused(self, error: type[FeedstreamError], *words: str) -> None:
        """It is refused with one sentence that has these words."""
        with pytest.raises(error) as caught:
            decide(self.command, self.story)
        assert all(word in caught.value.sentence for word in words), caught.value.sentence


def given(*events: e.Event) -> Given:
    """A story with these events; none of them: no story yet."""
    return Given(story_after(*events) if events else None)


def after(story: Story | None, events: Iterable[e.Event]) -> Story | None:
    """One more step for property tests."""
    for event in events:
        revision = (story.revision if story else 0) + 1
        story = evolve(story, replace(record(event, revision), stream=f"story-{STORY}"))
    return story
