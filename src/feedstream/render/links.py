"""What both XML formats say of a feed in links and marks: itself, its hubs, its history."""

from typing import NamedTuple

from lxml import etree

from feedstream.markup import strip_control
from feedstream.render.dates import rfc3339
from feedstream.render.document import MEDIA_TYPES, FeedDocument, History
from feedstream.render.elements import XmlFormat, element


class FeedLink(NamedTuple):
    """A link of a feed; what is not known is empty."""

    href: str
    rel: str
    type: str = ""
    title: str = ""


def feed_links(document: FeedDocument, fmt: XmlFormat) -> tuple[FeedLink, ...]:
    """`self`, a `hub` each (WebSub §4), and the neighbours in its history (RFC 5005 §4)."""
    media_type = MEDIA_TYPES[fmt]
    return (
        FeedLink(document.address_in(fmt), "self", media_type),
        *(FeedLink(strip_control(hub), "hub") for hub in document.hubs),
        *(
            FeedLink(f"{address}.{fmt}", rel, media_type)
            for rel, address in _neighbours(document.history)
        ),
    )


def _neighbours(history: History | None) -> tuple[tuple[str, str], ...]:
    if history is None:
        return ()
    found = (
        ("current", history.current),
        ("prev-archive", history.prev),
        ("next-archive", history.next),
    )
    return tuple((rel, address) for rel, address in found if address)


def add_marks(document: FeedDocument, parent: etree._Element) -> None:
    """Add `fh:complete` or `fh:archive` (RFC 5005 §2, §4), and what was taken back (RFC 6721)."""
    if document.history and document.history.kind != "current":
        element(parent, f"fh:{document.history.kind}")
    for one in document.deleted:
        deleted = element(parent, "at:deleted-entry", ref=one.ref, when=rfc3339(one.when))
        if one.comment:
            element(deleted, "at:comment", one.comment)
