"""RSS 2.0 (Advisory Board 2.0.11), with content:encoded, dc, dcterms and atom elements."""

import html
from functools import partial

from lxml import etree

from feedstream.render._feedgen import as_rss, element, new_entry, new_feed
from feedstream.render.dates import rfc822, rfc3339
from feedstream.render.document import Entry, FeedDocument

DOCS = "https://www.rssboard.org/rss-specification"


def render_rss(document: FeedDocument) -> bytes:
    """The document as RSS 2.0, in UTF-8."""
    feed = new_feed(document, partial(_channel, document))
    feed.link(href=document.address_in("rss"), rel="self", type="application/rss+xml")
    feed.link(href=document.home_url, rel="alternate")  # last: RSS takes the last one
    feed.ttl(document.ttl)
    feed.docs(DOCS)
    for entry in document.entries:
        item = new_entry(feed, entry, partial(_item, entry))
        # Readers take a description for HTML, so its text is escaped once more than XML asks.
        item.description(html.escape(entry.summary or entry.title, quote=False), isSummary=True)
        item.guid(entry.id, permalink=False)
        for category in entry.categories:
            item.category(
                term=category.term, **({"scheme": category.scheme} if category.scheme else {})
            )
        if entry.origin and entry.origin.url:
            item.source(url=entry.origin.url, title=entry.origin.name)
    return as_rss(feed)


def _channel(document: FeedDocument, channel: etree._Element) -> None:
    if document.updated:
        element(channel, "lastBuildDate", rfc822(document.updated))


def _item(entry: Entry, item: etree._Element) -> None:
    element(item, "pubDate", rfc822(entry.published))
    for author in entry.authors:
        element(item, "dc:creator", author.name)
    for contributor in entry.contributors:
        element(item, "dc:contributor", contributor.name)
    element(item, "dcterms:modified", rfc3339(entry.updated))
    element(item, "atom:updated", rfc3339(entry.updated))
