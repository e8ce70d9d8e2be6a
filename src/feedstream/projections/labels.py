"""What a story is filed under, and the feeds that follow from it."""

import hashlib
from datetime import UTC, datetime

from slugify import slugify

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.story import Story

BUILTIN = (
    FeedDefinition(name="stories", title="Stories", kind="stories"),
    FeedDefinition(name="updates", title="Updates", kind="updates"),
    FeedDefinition(name="corrections", title="Corrections", kind="corrections"),
)


def label_slug(text: str) -> str:
    """The part of an address that stands for a section, tag, author or source."""
    return slugify(text, max_length=80) or hashlib.sha256(text.encode()).hexdigest()[:12]


def labels_of(story: Story) -> list[tuple[str, str, str]]:
    """(kind, slug, title) of everything that the story is filed under, each slug once."""
    named = [("section", story.section)] if story.section else []
    named += [("tag", tag) for tag in story.tags]
    named += [("author", author) for author in story.authors]
    named += [("source", credit.source) for credit in story.credits if credit.source]
    found: dict[tuple[str, str], str] = {}
    for kind, title in named:
        found.setdefault((kind, label_slug(title)), title)
    return [(kind, slug, title) for (kind, slug), title in found.items()]


def feed_of_story(story: Story) -> FeedDefinition:
    """The feed with the whole history of one story."""
    return FeedDefinition(
        name=f"story/{story.id}", title=story.headline, kind="updates", story=story.id, window=0
    )


def feeds_of(story: Story) -> list[FeedDefinition]:
    """The feeds that exist because this story does: its own, its section's, its tags'."""
    made = [feed_of_story(story)]
    for kind, slug, title in labels_of(story):
        if kind == "section":
            made.append(FeedDefinition(name=f"section/{slug}", title=title, section=slug))
        elif kind == "tag":
            made.append(FeedDefinition(name=f"tag/{slug}", title=title, tag=slug))
    return made


def entries_of(story: Story) -> list[tuple[str, str, str, int]]:
    """(entry id, kind, ISO instant, position) of the story's significant events."""
    rows = [(u.entry_id, "update", stamp(u.at), u.position) for u in story.updates]
    rows += [(c.entry_id, "correction", stamp(c.at), c.position) for c in story.corrections]
    if story.published:
        rows.append((story.entry_id, "publication", stamp(story.published), 0))
    if story.retracted:
        notice = story.retracted
        rows.append((notice.entry_id, "retraction", stamp(notice.at), notice.position))
    return rows


def stamp(instant: datetime) -> str:
    """An instant as text of fixed width, so that text order is time order."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"
