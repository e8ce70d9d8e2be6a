"""Atom 1.0 (RFC 4287), with threads (RFC 4685), history (RFC 5005) and tombstones (RFC 6721)."""

from datetime import UTC, datetime
from functools import partial

from lxml import etree

from feedstream.render._feedgen import TAIL, entry_bytes, head_bytes, new_entry, new_feed
from feedstream.render.dates import rfc3339
from feedstream.render.document import Entry, FeedDocument, Origin
from feedstream.render.elements import element
from feedstream.render.entrybytes import EntryBytes
from feedstream.render.extension import add_extension
from feedstream.render.links import FeedLink, add_marks, feed_links
from feedstream.render.media import add_media, number
from feedstream.render.parts import author_of, authors_of, contributors_of, origin_of
from feedstream.render.splice import Parts, spliced

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def render_atom(document: FeedDocument, cache: EntryBytes | None = None) -> bytes:
    """The document as Atom 1.0, in UTF-8; the same bytes with any `cache` and with none."""
    return spliced(_PARTS, document, cache)


def _head(document: FeedDocument) -> bytes:
    feed = new_feed("atom", document, _links(document), partial(add_marks, document))
    author = author_of(document)
    feed.author(name=author.name, uri=author.url)
    return head_bytes("atom", feed, document.stylesheet)


def _links(document: FeedDocument) -> tuple[FeedLink, ...]:
    itself = document.address_in("atom")
    return (
        # Some readers take the first alternate for the site, whatever its type.
        FeedLink(document.home_url, "alternate", "text/html"),
        *feed_links(document, "atom"),
        *(
            FeedLink(link.href, link.rel, link.type, link.title)
            for link in document.links
            if link.href != itself
        ),
    )


def _entry(entry: Entry) -> bytes:
    made = new_entry(entry, partial(_extend, entry))
    made.published(entry.published.astimezone(UTC))
    if entry.summary:
        made.summary(entry.summary)
    if entry.rights:
        made.rights(entry.rights)
    for author in authors_of(entry):
        made.author(name=author.name, uri=author.url)
    for contributor in contributors_of(entry):
        made.contributor(name=contributor.name, uri=contributor.url)
    return entry_bytes("atom", made)


def _extend(entry: Entry, made: etree._Element) -> None:
    if entry.language:
        made.set(_LANG, entry.language)
    for one in entry.media:
        known = {"type": one.type, "length": number(one.length), "title": one.title}
        element(made, "link", rel="enclosure", href=one.url, **known)
    origin = origin_of(entry)
    if origin:
        _add_source(made, origin)
    if entry.story != entry.id:
        element(made, "thr:in-reply-to", ref=entry.story, href=entry.story_url, type="text/html")
    add_media(made, entry.media)
    add_extension(made, entry)


def _add_source(made: etree._Element, origin: Origin) -> None:
    """`source` (§4.2.11) with what is known of the partner's feed, and where the item stands."""
    if origin.url:
        element(made, "link", rel="via", href=origin.url, title=origin.name)
    source = element(made, "source")
    updated = rfc3339(origin.updated) if origin.updated else ""
    told = (("id", origin.id), ("title", origin.name), ("updated", updated))
    for name, text in (*told, ("rights", origin.rights)):
        if text:
            element(source, name, text)


def _date(instant: datetime) -> str:
    """As feedgen writes it."""
    return instant.astimezone(UTC).isoformat()


_PARTS = Parts(
    slot="atom",
    head=_head,
    entry=_entry,
    tail=TAIL["atom"],
    date=_date,
    dates=(b"<updated>%b</updated>",),
)
