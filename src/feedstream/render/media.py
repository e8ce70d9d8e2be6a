"""Media RSS (1.5.1), and the one enclosure of an RSS item."""

from collections.abc import Iterable

from lxml import etree

from feedstream.render.document import Media
from feedstream.render.elements import element


def add_media(parent: etree._Element, media: Iterable[Media]) -> None:
    """Add a `media:content` for each, with all that is known of it."""
    for one in media:
        content = element(
            parent,
            "media:content",
            url=one.url,
            type=one.type,
            medium=one.medium,
            fileSize=number(one.length),
            width=number(one.width),
            height=number(one.height),
        )
        if one.title:
            element(content, "media:title", one.title, type="plain")


def main_enclosure(media: Iterable[Media]) -> Media | None:
    """The first picture, sound or film, else the first document; of known length only.

    RSS demands a true length, and readers disagree on a second enclosure.
    """
    known = sorted((one for one in media if one.length > 0), key=_is_document)
    return known[0] if known else None


def number(value: int) -> str:
    """As an attribute; nothing for 0, which stands for “unknown”."""
    return str(value) if value > 0 else ""


def _is_document(one: Media) -> bool:
    return one.medium == "document"
