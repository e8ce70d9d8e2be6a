"""The only door to feedgen: it builds every element, and here is what it lacks and does wrong.

What it gets wrong, and what is done about it; tests/render/test_feedgen.py shows each:

- Without a date it takes the clock's, and for RSS it flips the process's locale: every date is
  given, those of RSS as elements that we write, and `lastBuildDate` is unset.
- It drops `rel`, `type` and `length` of an entry's links: it gets the permalink alone, to which we
  add them; all other links are elements of ours.
- It takes a feed's last link for RSS and knows no hub there: it gets the home page alone.
- It writes `type="CDATA"` in Atom: it always gets `type="html"`.
- It drops RSS authors without an address and all enclosures but the last: see `rss`.
- It fails on an empty title, and turns the order of entries round: titles are never empty, and
  entries are never added, but built each for itself.
- It declares a namespace wherever it is used: each entry is written below a root that has them all.
"""

import html
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import UTC

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feedstream.render.dates import EPOCH
from feedstream.render.document import Entry, FeedDocument
from feedstream.render.elements import NAMESPACES, XmlFormat
from feedstream.render.links import FeedLink
from feedstream.render.parts import categories_of, content_of, titled

GENERATOR = "feedstream"

Add = Callable[[etree._Element], None]

_DEPTH = {"atom": 1, "rss": 2}  # how many elements an entry stands in
TAIL = {"atom": b"</feed>\n", "rss": b"  </channel>\n</rss>\n"}

_ROOTS = {  # copied for each entry, which is quicker than declaring all namespaces anew
    "atom": etree.Element("feed", nsmap=dict(NAMESPACES["atom"])),
    "rss": etree.Element("rss", nsmap=dict(NAMESPACES["rss"])),
}
etree.SubElement(_ROOTS["rss"], "channel")


class _FeedExtra(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Elements of ours in the feed, and its namespaces."""

    def __init__(self) -> None:
        self.add: Add = lambda _: None
        self.namespaces: dict[str, str] = {}

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

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
        for permalink in entry.findall("link"):
            permalink.attrib.update({"rel": "alternate", "type": "text/html"})
        self.add(entry)
        return entry

    def extend_rss(self, entry: etree._Element) -> etree._Element:
        self.add(entry)
        return entry


def new_feed(
    fmt: XmlFormat, document: FeedDocument, links: Iterable[FeedLink], add: Add
) -> FeedGenerator:
    """A feed without entries and with what both formats say of it; `add` adds elements to it."""
    feed = FeedGenerator()
    feed.register_extension("extra", _FeedExtra)
    feed.extra.add = add
    feed.extra.namespaces = dict(NAMESPACES[fmt])
    feed.id(document.id)
    feed.title(titled(document.title))
    feed.description(titled(document.description or document.title))
    feed.updated((document.updated or EPOCH).astimezone(UTC))
    feed.generator(GENERATOR)
    for link in links:
        feed.link(link._asdict())
    if document.language:
        feed.language(document.language)
    if document.rights:
        feed.rights(document.rights)
    return feed


def new_entry(entry: Entry, add: Add) -> FeedEntry:
    """An entry with what both formats say of it; `add` adds elements to it."""
    made = FeedEntry()
    made.register_extension("extra", _EntryExtra)
    made.extra.add = add
    made.guid(entry.id, permalink=False)
    made.title(titled(entry.title))
    made.link(href=entry.url)
    made.content(content_of(entry), type="html")
    made.updated(entry.updated.astimezone(UTC))
    for category in categories_of(entry):
        made.category(
            term=category.term, **({"scheme": category.scheme} if category.scheme else {})
        )
    return made


def head_bytes(fmt: XmlFormat, feed: FeedGenerator, stylesheet: str) -> bytes:
    """A feed's bytes before its first entry; `stylesheet` is the address of a CSS file, or empty.

    After its last entry stands `TAIL`.
    """
    feed._FeedGenerator__rss_lastBuildDate = None  # the clock's; ours is an element
    written = feed.atom_str(pretty=True) if fmt == "atom" else feed.rss_str(pretty=True)
    head = bytes(written).removesuffix(TAIL[fmt])
    if stylesheet:
        declaration, _, rest = head.partition(b"\n")
        head = b"\n".join((declaration, _stylesheet(stylesheet), rest))
    return head


def entry_bytes(fmt: XmlFormat, made: FeedEntry) -> bytes:
    """The bytes of one entry, as they stand in any feed of this format."""
    root = deepcopy(_ROOTS[fmt])
    if fmt == "atom":
        root.append(made.atom_entry())
    else:
        root[0].append(made.rss_entry())
    written = etree.tostring(root, pretty_print=True, encoding="UTF-8")
    return bytes(written).split(b"\n", _DEPTH[fmt])[-1].removesuffix(TAIL[fmt])


def _stylesheet(address: str) -> bytes:
    return f'<?xml-stylesheet type="text/css" href="{html.escape(address)}"?>'.encode()
