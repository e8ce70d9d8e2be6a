"""The neutral feed document: what every format says, before any format says it.

All values are frozen, and all text in them is free of the characters that XML 1.0 §2.2 forbids:
the constructors see to it, so that no renderer has to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from feedstream.domain.feed import FeedKind
from feedstream.domain.story import Story
from feedstream.markup import strip_control

FormatName = Literal["rss", "atom", "json"]
MEDIA_TYPES: Mapping[FormatName, str] = MappingProxyType(
    {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
)
"""The bare media type of each format; its name is also the ending of its files."""

EntryKind = Literal[
    "story",
    "publication",
    "update",
    "correction",
    "clarification",
    "retraction",
    "reinstatement",
]
"""What an entry stands for. `story` is the whole story as it stands; the others are one event."""


@dataclass(frozen=True)
class Article:
    """A story and the public slug that the read model gave it, which its addresses are made of."""

    story: Story
    slug: str


class _Clean:
    """Takes forbidden characters out of every text field, once, when the value is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            if isinstance(value, str):
                object.__setattr__(self, field.name, strip_control(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(_Clean):
    """An author or a contributor; `url` may be empty."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(_Clean):
    """A typed link (RFC 8288); `type` is a media type and may be empty."""

    href: str
    rel: str
    type: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(_Clean):
    """A subject, or with a `scheme` a term of that vocabulary."""

    term: str
    scheme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(_Clean):
    """A picture, a sound, a film or a document that belongs to an entry.

    `type` is a media type, `length` in bytes (0 where nobody knows), `width` and `height` in
    pixels (0 likewise), `title` what it shows, in plain text.
    """

    url: str
    type: str
    length: int = 0
    title: str = ""
    width: int = 0
    height: int = 0

    @property
    def medium(self) -> str:
        """Media RSS's word for it: `image`, `audio`, `video` or `document`."""
        major = self.type.partition("/")[0]
        return major if major in ("image", "audio", "video") else "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(_Clean):
    """The partner that something came from: its credit name, and the address of the item.

    `id` is a URI for the partner's feed that is never an address of it: that one may hold a
    password.
    """

    name: str
    url: str
    id: str = ""
    updated: datetime | None = None
    rights: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(_Clean):
    """An entry that was taken back (RFC 6721 §3): its id, when, and a minimal word about it."""

    ref: str
    when: datetime
    comment: str = ""
    legal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History(_Clean):
    """Where a document stands in the history of its feed (RFC 5005).

    `complete` (§2) holds all there is; `current` is the subscription document, which `prev` leads
    on from (§4); `archive` is one of the sealed documents before it. The addresses have no ending,
    as `FeedDocument.address` has none; empty where there is no such document.
    """

    kind: Literal["complete", "current", "archive"]
    current: str = ""
    prev: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment(_Clean):
    """A correction (`was`, `now`, `why`), a clarification or a retraction (`text`).

    `date` is the ISO 8601 text of its effective time, a day alone where it has no hour.
    """

    kind: EntryKind
    id: str
    url: str
    date: str
    was: str = ""
    now: str = ""
    why: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(_Clean):
    """One entry. `content` is HTML, `title` and `summary` are plain text, `title` never empty.

    `story` and `story_url` are the id and the address of the story's own entry; they equal `id`
    and `url` where the entry is that. `published` never moves, `updated` is never before it.
    `revision` is the story's: the bytes of an entry are a function of what is in here alone.
    """

    id: str
    kind: EntryKind
    url: str
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    story: str
    story_url: str
    language: str = ""
    authors: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    origin: Origin | None = None
    amendments: tuple[Amendment, ...] = ()
    media: tuple[Media, ...] = ()
    rights: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument(_Clean):
    """A feed, whole. `address` is its URL without an ending; `links` lead to all its formats.

    `updated` is that of the last thing that happened in it, and None where nothing is known of
    any; `ttl` is in minutes. `deleted` stand before the entries, newest first. `hubs` are WebSub
    hubs, `stylesheet` the address of a CSS file for people who open the feed in a browser.
    """

    id: str
    kind: FeedKind
    title: str
    description: str
    address: str
    home_url: str
    about_url: str
    language: str
    author: Person
    ttl: int
    rights: str = ""
    updated: datetime | None = None
    links: tuple[Link, ...] = ()
    entries: tuple[Entry, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    hubs: tuple[str, ...] = ()
    history: History | None = None
    stylesheet: str = ""

    def address_in(self, fmt: FormatName) -> str:
        """The URL of this feed in one format."""
        return f"{self.address}.{fmt}"
