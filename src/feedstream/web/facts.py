"""What pages say about a story beyond its fields: pure functions."""

from datetime import datetime

from feedstream.domain.story import Story, Update
from feedstream.domain.when import When, day_of


def last_change(story: Story) -> When | None:
    """When a public story last changed, for people.

    Where that change has a date without a time, the date: the noon that stands for it in feeds
    would claim an hour that nobody knows.
    """
    if story.updated is None:
        return None
    dated: list[When] = [update.dated for update in story.updates]
    dated += [correction.dated for correction in story.corrections]
    dated += [story.retracted.dated] if story.retracted else []
    dated += [story.dated] if story.dated else []
    day = day_of(story.updated)
    timed = any(isinstance(when, datetime) and day_of(when) == day for when in dated)
    return day if day in dated and not timed else story.updated


def latest_update(story: Story) -> Update | None:
    """The newest update that stands, of a story that does."""
    standing = [update for update in story.updates if update.withdrawn is None]
    if story.retracted or not standing:
        return None
    return max(standing, key=lambda update: (update.at, update.position))
