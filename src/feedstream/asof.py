"""The state at an earlier moment: a story or a feed as it was at a position, an instant, a day.

The read model tells which stories were in a feed; their states are folded from the log, each from
its own events alone, so that the length of the log hardly matters.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from feedstream.config import Site
from feedstream.domain.events import ContentErased
from feedstream.domain.evolve import explained, fold
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import story_stream
from feedstream.domain.story import Story
from feedstream.domain.when import parse_when
from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.base import EventLog
from feedstream.projections.archive import Shelf
from feedstream.projections.asof import AsOf, Slugged
from feedstream.projections.runner import catch_up
from feedstream.projections.views import StoryRow, Views
from feedstream.publish import Outputs
from feedstream.render import FORMATS
from feedstream.replay import Moment, last_position

T = TypeVar("T")
_DIGITS = 18
Shown = Callable[[Story], Story | None]
"""What a reader may see of a story as it was; None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A position of the log, and when its event was recorded."""

    position: int
    recorded_at: datetime


def parse_moment(text: str) -> Moment:
    """What a person means by `text`: a position, an instant, or a date. Raises `Invalid`."""
    text = text.strip()
    if text.isdecimal() and text.isascii() and len(text) <= _DIGITS:
        return int(text)
    try:
        return parse_when(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{error}, or a position such as 17.") from error


async def point_of(log: EventLog, moment: Moment, site: Site) -> Point:
    """Where the log stood at `moment`; a date means its end.

    Raises `NotFound` for a time before the first event or a position that the log does not have.
    """
    position = await last_position(log, moment, site)
    async for recorded in log.read_all(position - 1, upto=position):
        return Point(position=position, recorded_at=recorded.recorded_at)
    raise NotFound("The log had no event then: its first came later.")


class Past:
    """The newsroom at `point`."""

    def __init__(self, log: EventLog, views: Views, point: Point) -> None:
        self._log = log
        self._views = views
        self.point = point

    async def story(self, story_id: str) -> StoryRow:
        """A story as it was. Raises `NotFound` where it was not there yet."""
        slug = await self._ask(lambda then: then.slug(story_id))
        story = await self._folded(story_id)
        if story is None:
            raise NotFound(f"Story {story_id} was not there yet at position {self.point.position}.")
        return StoryRow(story=story, slug=slug or story.slug or story.id)

    async def feed(self, name: str, ending: str, outputs: Outputs, shown: Shown) -> bytes:
        """The bytes of a feed as they were; of each story what `shown` leaves of it.

        Raises `NotFound` where there was no such feed.
        """
        feed = await self._ask(lambda then: then.feed(name))
        wanted = next((one for one in FORMATS if one == ending), None)
        if feed is None or wanted is None:
            raise NotFound(f"There was no feed “{name}” at position {self.point.position}.")
        cut = outputs.cut(feed)
        shelf, before, selected = await self._ask(lambda then: self._selected(then, cut, outputs))
        rows = []
        for one in selected:
            then = await self._folded(one.story)
            if then and (story := await asyncio.to_thread(shown, then)):
                rows.append(StoryRow(story=story, slug=one.slug))
        gone, record = await self._ask(lambda then: (then.gone(cut), then.record))
        return await asyncio.to_thread(
            lambda: outputs.render_as(wanted, cut, rows, gone, record, shelf=shelf, before=before)
        )

    def _selected(
        self, then: AsOf, cut: FeedDefinition, outputs: Outputs
    ) -> tuple[Shelf | None, str, list[Slugged]]:
        """The stories that a feed showed; of one with sealed pages, what stood on none of them and
        what the last was called."""
        pages = outputs.pages_of(cut)
        if pages is None:
            return None, "", then.selected(cut)
        archive = then.archive(pages.size)
        shelf = archive.open()
        return shelf, pages.name_at(archive.sealed, self.point.position), then.on(shelf)

    async def _folded(self, story_id: str) -> Story | None:
        present = await asyncio.to_thread(self._views.story, story_id)
        if present and present.story.position <= self.point.position:
            return present.story  # nothing happened to it since
        stream, upto = story_stream(story_id), self.point.position
        story = fold([one async for one in self._log.read_stream(stream, upto=upto)])
        return await self._explained(story) if story and story.withheld else story

    async def _explained(self, story: Story) -> Story:
        """What was erased later tells so: that event lies beyond the point."""
        for by in sorted({part.by for part in story.withheld if not part.kind}):
            async for recorded in self._log.read_all(by - 1, upto=by):
                if isinstance(recorded.event, ContentErased):
                    story = explained(story, recorded.event, recorded)
        return story

    async def _ask(self, question: Callable[[AsOf], T]) -> T:
        if self._views.checkpoint < self.point.position:
            await catch_up(self._log, self._views)
        position, recorded_at = self.point.position, self.point.recorded_at
        return await asyncio.to_thread(lambda: question(self._views.as_of(position, recorded_at)))


def as_public(past: Story, present: Story | None) -> Story | None:
    """What the public may see of a story as it was: nothing that was taken back since.

    A story that was hidden then or is now is not shown; one that is retracted now shows its
    notice; an update that was withdrawn since shows its reason.
    """
    if present is None or not present.is_public or not past.is_public:
        return None
    if present.retracted:
        return present
    withdrawn = {one.id: one for one in present.updates if one.withdrawn is not None}
    return replace(past, updates=tuple(withdrawn.get(one.id, one) for one in past.updates))
