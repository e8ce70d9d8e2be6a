"""Stream names and the ids that are derived, not drawn.

A stream is `<kind>-<id>`: all events of one story, one wire item, one source or one feed.
"""

import re
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

MOST_SLUG = 120  # characters
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")

STORY, WIRE, SOURCE, FEED = "story", "wire", "source", "feed"


def story_stream(story: str) -> str:
    """The stream of a story."""
    return f"{STORY}-{story}"


def wire_stream(item: str) -> str:
    """The stream of a wire item."""
    return f"{WIRE}-{item}"


def source_stream(name: str) -> str:
    """The stream of a source."""
    return f"{SOURCE}-{name}"


def feed_stream(name: str) -> str:
    """The stream of a feed definition."""
    return f"{FEED}-{name}"


def kind_of(stream: str) -> str:
    """The kind of a stream: `story`, `wire`, `source`, `feed`."""
    return stream.partition("-")[0]


def id_in(stream: str) -> str:
    """The id that a stream is named after."""
    return stream.partition("-")[2]


def wire_item_id(source: str, guid: str) -> str:
    """The id of a partner's item: the same item always gets the same id (UUIDv5)."""
    return str(uuid5(_WIRE_NAMESPACE, f"{source}\n{guid}"))


def is_slug(text: str) -> bool:
    """Whether `text` can be a story's part of an address, in any script."""
    return bool(_SLUG.fullmatch(text)) and text == text.lower() and len(text) <= MOST_SLUG


def former_address(story: str, slug: str) -> str:
    """What is kept of a slug whose text was erased: enough to answer 410 or 451 there."""
    return sha256(f"{story}/{slug}".encode()).hexdigest()


_WIRE_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "tag:feedstream,2026:wire")
