"""What the files below `/feeds/` are called, and the media types that they are sent with.

JSON has no charset parameter (RFC 8259 §11); XML is told its own (RFC 7303 §8).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from feedstream.publish import FEED_NAME

FEEDS: Mapping[str, str] = MappingProxyType(
    {
        ".rss": "application/rss+xml; charset=utf-8",
        ".atom": "application/atom+xml; charset=utf-8",
        ".json": "application/feed+json",
    }
)
"""By ending: the formats of a feed."""

RECORDS: Mapping[str, str] = MappingProxyType(
    {
        ".ninjs.json": "application/json",
        ".newsml.xml": "application/vnd.iptc.g2.newsitem+xml",
    }
)
"""By ending: a story by itself, for machines. It stays, canceled, where the story was killed."""

_LISTS: Mapping[str, str] = MappingProxyType(
    {".opml": "text/x-opml; charset=utf-8", ".xml": "application/xml; charset=utf-8"}
)
_TYPES = {**RECORDS, **FEEDS, **_LISTS}  # the longer endings first

_FILE = re.compile(
    rf"(?:{FEED_NAME.pattern}\.(?:rss|atom|json|ninjs\.json|newsml\.xml))"
    r"|index\.opml|(?:news-)?sitemap\.xml|sitemap-[1-9][0-9]{0,8}\.xml"
)
_SEALED = re.compile(r"archive/.*-[0-9a-f]{8,64}\.[a-z]+")


def is_name(file: str) -> bool:
    """Whether a published file can be called so; nothing else is looked for."""
    return _FILE.fullmatch(file) is not None


def is_sealed(file: str) -> bool:
    """Whether it is an archive that is named after its content, and so never changes."""
    return _SEALED.fullmatch(file) is not None


def is_record(file: str) -> bool:
    """Whether it is a story by itself, for machines."""
    return file.endswith(tuple(RECORDS))


def media_type(file: str) -> str:
    """What a published file is sent as."""
    return next(kind for ending, kind in _TYPES.items() if file.endswith(ending))
