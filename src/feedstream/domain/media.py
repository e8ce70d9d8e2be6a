"""Pictures, sounds, films and documents that belong to a story or to an update."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_MEDIA, MOST_URL, MOST_TITLE = 50, 2_000, 500  # items; characters; characters
_MOST = 2**53 - 1  # what JSON numbers hold exactly
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_URL = re.compile(r"[^\s\x00-\x20\x7f<>\"{}|\\^`]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One file on the web that goes with a text.

    `type` is its media type (RFC 6838, lower case, without parameters), `length` its bytes,
    `width` and `height` are in pixels: 0 where nobody knows. `title` says what it shows, in plain
    text.
    """

    url: str
    type: str
    length: int = 0
    title: str = ""
    width: int = 0
    height: int = 0


def objection_to(media: Media) -> str | None:
    """Why `media` may not enter an event: a sentence, or None where it may."""
    if not _is_web_address(media.url):
        return f"“{media.url[:200]}” is no http(s) address of a picture, sound, film or document"
    if not _TYPE.fullmatch(media.type):
        return f"“{media.type[:100]}” is no media type: give one such as image/jpeg"
    if not all(0 <= number <= _MOST for number in (media.length, media.width, media.height)):
        return f"the length, width and height of {media.url[:200]} must be 0 or more"
    if len(media.title) > MOST_TITLE:
        return f"the title of {media.url[:200]} is longer than {MOST_TITLE} characters"
    return None


def _is_web_address(url: str) -> bool:
    if len(url) > MOST_URL or not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
