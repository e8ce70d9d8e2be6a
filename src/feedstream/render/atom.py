"""Atom 1.0 (RFC 4287), with in-reply-to (RFC 4685) from an update to its story."""

from functools import partial

from lxml import etree

from feedstream.render._feedgen import as_atom, element, new_entry, new_feed
from feedstream.render.document import Entry, FeedDocument


def render_atom(document: FeedDocument) -> bytes:
    """The document as Atom 1.0, in UTF-8."""
    feed = new_feed(document, lambda _: None)
    feed.author(name=document.author.name, **_uri(document.author.url))
    feed.link(href=document.address_in("atom"), rel="self", type="application/atom+xml")
    for link in document.links:
        if link.href != document.address_in("atom"):
            feed.link(href=link.href, rel=link.rel, type=link.type)
    feed.link(href=document.home_url, rel="alternate", type="text/html")
    for entry in document.entries:
        made = new_entry(feed, entry, partial(_entry, entry))
        made.id(entry.id)
        made.published(entry.published)
        for author in entry.authors:
            made.author(name=author.name, **_uri(author.url))
        for contributor in entry.contributors:
            made.contributor(name=contributor.name, **_uri(contributor.url))
        for category in entry.categories:
            made.category(
                term=category.term, **({"scheme": category.scheme} if category.scheme else {})
            )
    return as_atom(feed)


def _uri(url: str) -> dict[str, str]:
    return {"uri": url} if url else {}


def _entry(entry: Entry, made: etree._Element) -> None:
    if entry.language:
        made.set("{http://www.w3.org/XML/1998/namespace}lang", entry.language)
    if entry.story != entry.id:
        element(made, "thr:in-reply-to", ref=entry.story, href=entry.story_url, type="text/html")
    if entry.origin and entry.origin.url:
        element(made, "link", rel="via", href=entry.origin.url, title=entry.origin.name)
