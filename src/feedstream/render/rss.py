"""RSS 2.0 (Advisory Board 2.0.11), with content:encoded, dc, dcterms, atom, media and fs elements.

No `atom:link rel="alternate"`, neither in the channel nor in an item: some readers take it for
their `link`.
"""

import html
from functools import partial

from lxml import etree

from feedstream.render._feedgen import TAIL, entry_bytes, head_bytes, new_entry, new_feed
from feedstream.render.dates import rfc822, rfc3339
from feedstream.render.document import Entry, FeedDocument
from feedstream.render.elements import element
from feedstream.render.entrybytes import EntryBytes
from feedstream.render.extension import add_extension
from feedstream.render.links import FeedLink, add_marks, feed_links
from feedstream.render.media import add_media, main_enclosure
from feedstream.render.parts import authors_of, contributors_of, origin_of, titled
from feedstream.render.splice import Parts, spliced

DOCS = "https://www.rssboard.org/rss-specification"


def render_rss(document: FeedDocument, cache: EntryBytes | None = None) -> bytes:
    """The document as RSS 2.0, in UTF-8; the same bytes with any `cache` and with none."""
    return spliced(_PARTS, document, cache)


def _head(document: FeedDocument) -> bytes:
    home = FeedLink(document.home_url, "alternate")
    feed = new_feed("rss", document, (home,), partial(_channel, document))
    feed.ttl(document.ttl)
    feed.docs(DOCS)
    return head_bytes("rss", feed, document.stylesheet)


def _channel(document: FeedDocument, channel: etree._Element) -> None:
    if document.updated:
        date = rfc822(document.updated)
        element(channel, "pubDate", date)
        element(channel, "lastBuildDate", date)
    for link in feed_links(document, "rss"):
        element(channel, "atom:link", href=link.href, rel=link.rel, type=link.type)
    add_marks(document, channel)


def _item(entry: Entry) -> bytes:
    made = new_entry(entry, partial(_extend, entry))
    # Readers take a description for HTML, so its text is escaped once more than XML asks.
    text = html.escape(entry.summary or titled(entry.title), quote=False)
    made.description(text, isSummary=True)
    origin = origin_of(entry)
    if origin and origin.url:
        made.source(url=origin.url, title=origin.name)
    enclosure = main_enclosure(entry.media)
    if enclosure:
        made.enclosure(url=enclosure.url, length=enclosure.length, type=enclosure.type)
    return entry_bytes("rss", made)


def _extend(entry: Entry, item: etree._Element) -> None:
    element(item, "pubDate", rfc822(entry.published))
    for author in authors_of(entry):
        element(item, "dc:creator", author.name)
    for contributor in contributors_of(entry):
        element(item, "dc:contributor", contributor.name)
    for name, text in (("dc:language", entry.language), ("dc:rights", entry.rights)):
        if text:
            element(item, name, text)
    updated = rfc3339(entry.updated)
    element(item, "dcterms:modified", updated)
    element(item, "atom:updated", updated)
    if entry.story != entry.id:
        element(item, "thr:in-reply-to", ref=entry.story, href=entry.story_url, type="text/html")
    add_media(item, entry.media)
    add_extension(item, entry)


_PARTS = Parts(
    slot="rss",
    head=_head,
    entry=_item,
    tail=TAIL["rss"],
    date=rfc822,
    dates=(b"<pubDate>%b</pubDate>", b"<lastBuildDate>%b</lastBuildDate>"),
)
