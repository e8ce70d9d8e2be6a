"""RSS and Atom in all their dialects: hardened by lxml, then read by feedparser.

feedparser sees only well-formed XML of bounded parts: some of its expressions are quadratic.
"""

import html
import io
from collections.abc import Iterator
from typing import Any

import feedparser
from lxml import etree

from feedstream.domain.when import When
from feedstream.errors import Invalid
from feedstream.markup import from_text, to_text
from feedstream.wire.dates import read_date, read_iso
from feedstream.wire.formats.detect import Document
from feedstream.wire.formats.prune import item_elements, prune, split_withdrawn
from feedstream.wire.raw import RawFeed, RawItem
from feedstream.wire.xml import child_text

_HTML_TYPES = ("text/html", "application/xhtml+xml")


def read(document: Document, base_url: str, max_items: int) -> RawFeed:
    """The feed in an RSS or Atom document. Raises `Invalid` where feedparser can't read it."""
    root = document.root
    if root is None:
        raise Invalid("The document is no XML.")
    withdrawn = split_withdrawn(root)
    notices = [*_mended(document), *prune(root, max_items)]
    parsed = _feedparser(root, base_url)
    feed, rss = parsed.feed, document.format == "rss"
    return RawFeed(
        items=(
            *(
                _item(entry, guid, rss=rss)
                for entry, guid in zip(parsed.entries, _guids(root, parsed.entries), strict=True)
            ),
            *(_withdrawn(element) for element in withdrawn),
        ),
        title=_plain(feed, "title", rss=rss),
        language=_text(feed, "language"),
        rights=_plain(feed, "rights", rss=rss),
        authors=tuple(_people(feed)),
        notices=tuple(notices),
    )


def _mended(document: Document) -> Iterator[str]:
    if document.mended:
        yield "The XML is not well formed; it was read as far as it could be mended."


def _feedparser(root: etree._Element, base_url: str) -> Any:
    held = len(item_elements(root))
    data = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    headers = {
        "content-type": "application/xml; charset=utf-8",
        "content-location": base_url,
    }
    try:
        parsed = feedparser.parse(
            io.BytesIO(data),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # feedparser lets odd input raise anything at all
        raise Invalid(f"The feed can't be read ({type(error).__name__}); tell the partner.") from (
            error
        )
    if held and not parsed.entries:
        raise Invalid("It is no RSS or Atom that can be understood; tell the partner.")
    return parsed


def _guids(root: etree._Element, entries: list[Any]) -> list[str]:
    """The items' identifiers as written: feedparser resolves them against the address of the
    feed, and an item would be another one after a redirect."""
    items = item_elements(root)
    if len(items) != len(entries):
        return [_text(entry, "id") for entry in entries]
    return [child_text(item, "guid") or child_text(item, "id") or _about(item) for item in items]


def _about(item: etree._Element) -> str:
    return item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about", "")


def _item(entry: Any, guid: str, *, rss: bool) -> RawItem:
    full, base = _content(entry, rss=rss)
    summary = _markup(dict.get(entry, "summary_detail"), rss=rss)
    return RawItem(
        guid=guid,
        url=_text(entry, "link"),
        title=_plain(entry, "title", rss=rss),
        summary=summary,
        body=full or summary,
        base=base,
        published=_date(entry, "published"),
        updated=_date(entry, "updated"),
        authors=tuple(_people(entry)),
        categories=tuple(_categories(entry)),
        language=_language(entry),
        rights=_plain(entry, "rights", rss=rss),
    )


def _content(entry: Any, *, rss: bool) -> tuple[str, str]:
    """The fullest content as HTML, and the base of its links."""
    found = [(_markup(part, rss=rss), part) for part in dict.get(entry, "content") or ()]
    details = dict.get(entry, "summary_detail") or {}
    if not found:
        return "", str(details.get("base") or "")
    best, part = max(found, key=lambda pair: len(pair[0]))
    return best, str(part.get("base") or "")


def _markup(detail: Any, *, rss: bool) -> str:
    """A text construct (RFC 4287 §3.1) as HTML. RSS does not say whether it is text or HTML."""
    value, kind = str((detail or {}).get("value") or ""), (detail or {}).get("type") or ""
    if rss:
        return value if "<" in value else from_text(html.unescape(value))
    if kind in _HTML_TYPES:
        return value
    return from_text(value) if not kind or kind.startswith("text/") else ""


def _plain(holder: Any, name: str, *, rss: bool) -> str:
    detail = dict.get(holder, f"{name}_detail") or {}
    value = str(dict.get(holder, name) or "")
    return to_text(value) if rss or detail.get("type") in _HTML_TYPES else " ".join(value.split())


def _text(holder: Any, name: str) -> str:
    value = holder.get(name)
    return value.strip() if isinstance(value, str) else ""


def _date(entry: Any, name: str) -> When | None:
    return read_date(str(dict.get(entry, name) or ""), dict.get(entry, f"{name}_parsed"))


def _people(holder: Any) -> Iterator[str]:
    people = dict.get(holder, "authors") or []
    named = [str(person.get("name") or "").strip() for person in people if person]
    yield from (name for name in named if name) if any(named) else [_text(holder, "author")]


def _categories(entry: Any) -> Iterator[str]:
    for tag in dict.get(entry, "tags") or ():
        yield str(tag.get("label") or tag.get("term") or "")


def _language(entry: Any) -> str:
    parts = [*(dict.get(entry, "content") or ()), dict.get(entry, "title_detail") or {}]
    return next((str(part["language"]) for part in parts if part.get("language")), "")


def _withdrawn(element: etree._Element) -> RawItem:
    """An entry that its source took back (RFC 6721) or marked as a draft (RFC 5023 §13.1.1)."""
    ref = element.get("ref")
    when = read_iso(element.get("when") or child_text(element, "updated"))
    return RawItem(
        guid=ref if ref is not None else child_text(element, "id"),
        title=child_text(element, "title") or child_text(element, "comment"),
        updated=when,
        status="withheld" if ref is None else "canceled",
    )
