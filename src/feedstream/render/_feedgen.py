"""The only door to feedgen: its generator with what it lacks, and without what it does by itself.

feedgen dates what has no date by the clock, flips the process's locale to write RFC 2822 dates,
drops `rel` from entry links and takes the last link for RSS. Here every date is given, dates of RSS
are written by us, and further links are added as elements.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedEntry, FeedGenerator
from lxml import etree

from feedstream.render.document import Entry, FeedDocument

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "thr": "http://purl.org/syndication/thread/1.0",
}
ATOM = "http://www.w3.org/2005/Atom"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # dates an Atom feed in which nothing ever happened
GENERATOR = "feedstream"

Add = Callable[[etree._Element], None]


class _FeedExtra(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Elements of ours in the feed; the namespaces are declared there, once."""

    def __init__(self) -> None:
        self.add: Add = lambda _: None

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        self.add(feed)
        return feed

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        self.add(feed[0])
        return feed


class _EntryExtra(BaseEntryExtension):  # type: ignore[misc]
    """Elements of ours in an entry."""

    def __init__(self) -> None:
        self.add: Add = lambda _: None

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        self.add(entry)
        return entry

    def extend_rss(self, entry: etree._Element) -> etree._Element:
        self.add(entry)
        return entry


def new_feed(document: FeedDocument, add: Add) -> FeedGenerator:
    """A generator with what both formats say of the feed; `add` adds elements to it."""
    feed = FeedGenerator()
    feed.register_extension("extra", _FeedExtra, _EntryExtra)
    feed.extra.add = add
    feed.id(document.id)
    feed.title(document.title)
    feed.description(document.description)
    feed.language(document.language)
    feed.updated(document.updated or EPOCH)
    feed.generator(GENERATOR)
    if document.rights:
        feed.rights(document.rights)
    return feed


def new_entry(feed: FeedGenerator, entry: Entry, add: Add) -> FeedEntry:
    """An entry at the end of the feed with what both formats say; `add` adds elements to it."""
    made = feed.add_entry(order="append")
    made.title(entry.title)
    made.link(href=entry.url)
    made.summary(entry.summary or entry.title)
    made.content(entry.content or entry.title, type="html")
    made.updated(entry.updated)
    made.extra.add = add
    return made


def as_rss(feed: FeedGenerator) -> bytes:
    """The bytes of an RSS 2.0 document, with no date that feedgen made up."""
    feed._FeedGenerator__rss_lastBuildDate = None  # it is the clock's; ours is an element
    return bytes(feed.rss_str(pretty=True))


def as_atom(feed: FeedGenerator) -> bytes:
    """The bytes of an Atom 1.0 document."""
    return bytes(feed.atom_str(pretty=True))


def element(parent: etree._Element, name: str, text: str = "", **attributes: str) -> None:
    """Add an element; `dc:creator` means the namespace that `NAMESPACES` names `dc`."""
    prefix, _, local = name.rpartition(":")
    space = ATOM if prefix == "atom" else NAMESPACES.get(prefix, "")
    tag = f"{{{space}}}{local}" if space else local
    child = etree.SubElement(
        parent, tag, {key.rstrip("_"): value for key, value in attributes.items()}
    )
    child.text = text or None
