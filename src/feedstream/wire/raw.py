"""What every format is read into, before it is normalised: still the partner's words."""

from dataclasses import dataclass

from feedstream.domain.when import When
from feedstream.domain.wire import WireItem, WireStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RawItem:
    """One item as its format has it.

    `title` is plain text; `body` and `summary` are HTML that nobody has cleaned yet, relative to
    `base`. Nothing here is bounded or trusted.
    """

    guid: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""
    base: str = ""
    published: When | None = None
    updated: When | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    rights: str = ""
    status: WireStatus = "usable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A document as its format has it; `items` in document order."""

    items: tuple[RawItem, ...]
    title: str = ""
    language: str = ""
    rights: str = ""
    authors: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWire:
    """A document's items, the oldest first, and what was odd about it, in sentences."""

    items: tuple[WireItem, ...]
    format: str
    title: str
    notices: tuple[str, ...] = ()
