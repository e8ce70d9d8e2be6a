"""What a story is filed under, and the feeds that follow from it."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from slugify import slugify

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.story import Correction, Notice, Story, Update

BUILTIN = (
    FeedDefinition(name="stories", title="Stories", kind="stories"),
    FeedDefinition(name="updates", title="Updates", kind="updates"),
    FeedDefinition(name="corrections", title="Corrections", kind="corrections"),
)


@lru_cache(maxsize=10_000)
def label_slug(text: str) -> str:
    """The part of an address that stands for a section, tag, author or source."""
    return slugify(text, max_length=80) or hashlib.sha256(text.encode()).hexdigest()[:12]


def labels_of(story: Story) -> list[tuple[str, str, str]]:
    """(kind, slug, title) of everything that the story is filed under, each slug once."""
    named = [("section", story.section)] if story.section else []
    named += [("tag", tag) for tag in story.tags]
    named += [("author", author) for author in story.authors]
    found: dict[tuple[str, str], str] = {}
    for kind, title in named:
        found.setdefault((kind, label_slug(title)), title)
    for credit in story.credits:
        if credit.source:
            found.setdefault(("source", label_slug(credit.source)), credit.name)
    return [(kind, slug, title) for (kind, slug), title in found.items()]


def feed_of_story(story: Story) -> FeedDefinition:
    """The feed with the whole history of one story."""
    return FeedDefinition(
        name=f"story/{story.id}", title=story.headline, kind="updates", story=story.id, window=0
    )


def feeds_of(story: Story) -> list[FeedDefinition]:
    """The feeds that exist because this story does: its own, and one for each of its labels."""
    return [feed_of_story(story), *(_feed_of_label(*label) for label in labels_of(story))]


def _feed_of_label(kind: str, slug: str, title: str) -> FeedDefinition:
    filtered: dict[str, Any] = {kind: slug}  # the filters of a feed are named as the labels are
    return FeedDefinition(name=f"{kind}/{slug}", title=title, **filtered)


REINSTATED = "reinstatement"
AMENDING = ("correction", "retraction", REINSTATED)
"""The kinds of rows that a feed of corrections shows."""

EntryRow = tuple[str, str, str, int]
"""Entry id, kind, ISO instant, position: one significant event of a story."""


def update_row(update: Update) -> EntryRow:
    """The row of an update."""
    return (update.entry_id, "update", stamp(update.at), update.position)


def correction_row(correction: Correction) -> EntryRow:
    """The row of a correction or clarification."""
    return (correction.entry_id, "correction", stamp(correction.at), correction.position)


def publication_rows(story: Story) -> list[EntryRow]:
    """The rows of the publication, of retractions and of their undoing."""
    rows = [(story.entry_id, "publication", stamp(story.published), 0)] if story.published else []
    for past in story.reinstatements:
        rows += [_notice_row(past.retraction, "retraction"), _notice_row(past.notice, REINSTATED)]
    if story.retracted:
        rows.append(_notice_row(story.retracted, "retraction"))
    return rows


def _notice_row(notice: Notice, kind: str) -> EntryRow:
    return (notice.entry_id, kind, stamp(notice.at), notice.position)


def feed_names(story: Story | None) -> list[str]:
    """The names of the feeds that exist because this story does; none for none."""
    if story is None:
        return []
    names = [f"story/{story.id}"]
    if story.section:
        names.append(f"section/{label_slug(story.section)}")
    names += [f"tag/{label_slug(tag)}" for tag in story.tags]
    names += [f"author/{label_slug(author)}" for author in story.authors]
    return names + [f"source/{label_slug(one.source)}" for one in story.credits if one.source]


@lru_cache(maxsize=1000)  # an event's two or three times are often one
def stamp(instant: datetime) -> str:
    """An instant as text of fixed width, so that text order is time order."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"
