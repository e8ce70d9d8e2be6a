"""What partners send: sources, wire items, and why an item belongs to a story."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from feedstream.domain.when import When

Policy = Literal["suggest", "attach", "publish", "hold"]
"""What happens to a source's items: an inbox with candidates, attach to the best story above the
threshold, a story of its own for each item, or nothing until an editor looks."""

Format = Literal["auto", "rss", "atom", "jsonfeed"]
WireStatus = Literal["usable", "withheld", "canceled"]
"""IPTC pubStatus: `usable`, `withheld` (not for publication now), `canceled` (killed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A partner that delivers wire items.

    `name` is its short permanent name, `url` its address, `interval` the seconds between two
    looks, `credit` the name in "With reporting by …". `section` and `tags` are given to stories
    that its items open. `allow_private` lets the address be on this machine or network.
    """

    name: str
    url: str
    credit: str
    format: Format = "auto"
    interval: int = 300
    policy: Policy = "suggest"
    section: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WireItem:
    """One partner item, normalised: whatever its format was, it looks like this.

    Identified by (`source`, `guid`). `body` and `summary` are sanitised HTML and plain text.
    """

    source: str
    guid: str
    headline: str
    url: str = ""
    summary: str = ""
    body: str = ""
    published: When | None = None
    updated: When | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    rights: str = ""
    status: WireStatus = "usable"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRef:
    """Which version of which partner item something was made from.

    `rights` and `updated` are what the partner said of that version, where it gave an instant.
    """

    item: str
    source: str
    revision: int
    url: str = ""
    rights: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a score: what was compared, what was found, and what it weighed (0 to 1)."""

    feature: str
    found: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that an item may belong to, with a score from 0 to 1 and the reasons for it."""

    story: str
    score: float
    reasons: tuple[Reason, ...] = ()


MEANINGFUL = ("headline", "summary", "body", "published", "status", "url", "language", "rights")
"""The fields whose change makes a new version of an item; `updated` alone does not."""


def changed_fields(before: WireItem, after: WireItem) -> tuple[str, ...]:
    """The meaningful fields that differ between two versions; white space does not count."""
    return tuple(
        name for name in MEANINGFUL if not _same(getattr(before, name), getattr(after, name))
    )


def _same(before: object, after: object) -> bool:
    """Texts by what they say; instants by equality, since two objects for UTC print differently."""
    if isinstance(before, str) and isinstance(after, str):
        return _plain(before) == _plain(after)
    return before == after


def fingerprint(item: WireItem) -> str:
    """A digest of what the item says (headline and body, folded), for items without a guid."""
    text = _plain(item.headline) + "\n" + _plain(item.body or item.summary)
    return hashlib.sha256(text.casefold().encode()).hexdigest()


def _plain(value: str) -> str:
    text = re.sub(r"<[^>]+>", " ", value)
    return " ".join(unicodedata.normalize("NFC", text).split())
