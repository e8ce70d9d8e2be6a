"""What pages say about a story and about feeds beyond their fields: pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedstream.domain.feed import FeedDefinition
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


MAIN = ("stories", "updates", "corrections")
PURPOSES: Mapping[str, str] = {
    "stories": "One entry a story, which changes as the story does: the text as it stands.",
    "updates": "One entry for each thing that happens, so that nothing is missed.",
    "corrections": "What was wrong, what is right and why; retractions and clarifications too.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedGroup:
    """Feeds under one heading; `more` says that there are others, which are not listed."""

    title: str
    purpose: str
    feeds: tuple[FeedDefinition, ...]
    more: bool = False


def main_feeds(feeds: Sequence[FeedDefinition]) -> FeedGroup:
    """Those that every site has, as far as it has not removed them; stories first."""
    named = {feed.name: feed for feed in feeds}
    found = tuple(named[name] for name in MAIN if name in named)
    return FeedGroup(title="All stories", purpose="", feeds=found)


def made_feeds(feeds: Sequence[FeedDefinition]) -> FeedGroup:
    """Those that the newsroom has defined by itself."""
    found = tuple(feed for feed in feeds if feed.name not in MAIN)
    return FeedGroup(title="Selections", purpose="Put together by this newsroom.", feeds=found)


def group_of_labels(kind: str, feeds: Sequence[FeedDefinition], most: int) -> FeedGroup:
    """Those of all sections, tags, authors or sources, by title; no more than `most`."""
    title, purpose = _LABELS[kind]
    shown = sorted(feeds[:most], key=lambda feed: (feed.title.casefold(), feed.name))
    return FeedGroup(title=title, purpose=purpose, feeds=tuple(shown), more=len(feeds) > most)


_LABELS: Mapping[str, tuple[str, str]] = {
    "section": ("Sections", "The stories of one part of the site."),
    "tag": ("Tags", "The stories about one thing."),
    "author": ("Authors", "The stories that one person wrote."),
    "source": ("Sources", "The stories that owe something to one partner."),
}
