"""What a document is, by what it holds; its name and content type are not trusted."""

import re
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from feedstream.errors import Invalid
from feedstream.wire.charset import decode
from feedstream.wire.xml import local, parse_xml, past_prolog

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_NOT_FEEDS = {
    "html": "an HTML page",
    "opml": "an OPML list of feeds; add the feeds in it",
    "urlset": "a sitemap",
    "sitemapindex": "a list of sitemaps",
    "newsMessage": "NewsML-G2, which is not read yet",
    "newsItem": "NewsML-G2, which is not read yet",
    "NewsML": "NewsML, which is not read yet",
    "nitf": "NITF, which is not read yet",
    "entry": "a single Atom entry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of a known format: its text (JSON) or its root (XML).

    `mended` tells that its XML was not well formed.
    """

    format: Literal["rss", "atom", "jsonfeed"]
    text: str = ""
    root: etree._Element | None = None
    mended: bool = False


def detect(body: bytes, content_type: str) -> Document:
    """Find out what `body` is. Raises `Invalid` with a sentence where it is no feed."""
    text = decode(body, content_type)
    start = text.lstrip("\ufeff \t\r\n\x00")[:1]
    if not start:
        raise Invalid("The answer is empty, where a feed was expected; tell the partner.")
    if start == "{":
        return Document(format="jsonfeed", text=text.lstrip("\ufeff\x00"))
    if start != "<":
        raise Invalid("It is no feed: it begins like neither XML nor JSON; check its address.")
    text = text.lstrip("\ufeff \t\r\n\x00")
    if _HTML.match(text, past_prolog(text)):
        raise Invalid(
            "It is an HTML page, where a feed was expected; look in the page for the address of "
            "its feed."
        )
    return _xml(text)


def _xml(text: str) -> Document:
    root, mended = parse_xml(text)
    match local(root).lower():
        case "rss" | "rdf":
            return Document(format="rss", root=root, mended=mended)
        case "feed":
            return Document(format="atom", root=root, mended=mended)
        case _:
            name = local(root)[:40]
            what = _NOT_FEEDS.get(name, f"XML whose first element is <{name}>")
            raise Invalid(f"It is no feed but {what}.")
