"""Which story rolling copy is of: the one that is named, or has its headline, or its text."""

from collections.abc import Iterable

from feedstream.bootstrap import App
from feedstream.cli.context import find_story
from feedstream.cli.output import note
from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.ids import story_stream
from feedstream.domain.story import Story
from feedstream.domain.when import format_when
from feedstream.errors import Refused
from feedstream.projections.views import StoryRow
from feedstream.rolling import RollingCopy
from feedstream.rolling.matching import kinship, likeness

LIKE_ENOUGH = 0.5
"""The share of the copy's paragraphs that a story must have to be taken for its story."""
SOME_KINSHIP = 0.3
"""The share of the copy's words that a story of the same headline must have to be its story."""


async def story_of(newsroom: App, copy: RollingCopy, *, named: str, slug: str) -> StoryRow | None:
    """The story that `copy` is of; None for a new one.

    Raises `NotFound` for a `named` story that is not there, `Refused` where the copy has the
    headline of a story and nothing of its text, or is that of a story that was taken back.
    """
    if named:
        return find_story(newsroom, named)
    if row := newsroom.views.by_slug(slug):
        _check_kin(copy, row)
        return row
    running = [newsroom.views.story(mark.id) for mark in newsroom.views.running()]
    share, best = _likest(copy, ((row, row.story) for row in running if row))
    if best and share >= LIKE_ENOUGH:
        note(f"The copy is taken for that of {best.slug}, with {share:.0%} of it; or say --new.")
        return best
    await _refuse_what_ended(newsroom, copy)
    return None


def _likest(
    copy: RollingCopy, rows: Iterable[tuple[StoryRow, Story]]
) -> tuple[float, StoryRow | None]:
    rated = [(likeness(copy, story), row) for row, story in rows]
    return max(rated, key=lambda each: each[0], default=(0.0, None))


def _check_kin(copy: RollingCopy, row: StoryRow) -> None:
    if row.story.killed or max(likeness(copy, row.story), kinship(copy, row.story)) >= SOME_KINSHIP:
        return
    raise Refused(
        f"The story “{row.slug}” has this headline and another text: give --story {row.slug} to"
        " replace its text by the copy's, or --new for a story of its own."
    )


async def _refuse_what_ended(newsroom: App, copy: RollingCopy) -> None:
    """What was killed, retracted or closed does not begin anew under another address."""
    ended = [(row, await _as_it_was(newsroom, row.story)) for row in newsroom.views.ended()]
    share, best = _likest(copy, ended)
    if best is None or share < LIKE_ENOUGH:
        return
    notice = best.story.killed or best.story.retracted
    on = f" on {format_when(notice.dated)}" if notice else ""
    raise Refused(
        f"The copy is that of story {best.slug}, which is {best.story.status}{on}: give --new if"
        " it is another story all the same."
    )


async def _as_it_was(newsroom: App, story: Story) -> Story:
    """A killed story with the text it had, which only the log still knows."""
    if not story.killed:
        return story
    then: Story | None = None
    async for recorded in newsroom.log.read_stream(story_stream(story.id)):
        if recorded.type == e.StoryKilled.TYPE:
            break
        then = evolve(then, recorded)
    return then or story
