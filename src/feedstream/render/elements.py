"""XML elements by prefixed names, and the namespaces that a feed declares, all of them on its root.

An entry's bytes can be taken out of one feed and put into another only because of that.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from lxml import etree

XmlFormat = Literal["rss", "atom"]

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
EXTENSION = "tag:feedstream,2026:ns"
"""The namespace of our own elements: docs/feedstream-extension.md."""

_BOTH = {
    "thr": "http://purl.org/syndication/thread/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "fs": EXTENSION,
}
_RSS = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    **_BOTH,
    "atom": ATOM,
    "content": CONTENT,
}
NAMESPACES: Mapping[XmlFormat, Mapping[str, str]] = MappingProxyType({"rss": _RSS, "atom": _BOTH})
"""By format and prefix. Atom's own is the default one of an Atom feed and is not in here."""


def element(
    parent: etree._Element, name: str, text: str = "", /, **attributes: str
) -> etree._Element:
    """Add an element to `parent` and return it; attributes without a value are left out.

    `dc:creator` is in the namespace that has this prefix in RSS; a name without a prefix is in the
    feed's default namespace.
    """
    given = {key: value for key, value in attributes.items() if value} if attributes else None
    child = etree.SubElement(parent, _tag(name), given)
    if text:
        child.text = text
    return child


@cache
def _tag(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{_RSS[prefix]}}}{local}" if prefix else local
