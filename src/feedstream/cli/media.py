"""Pictures, sounds, films, documents from options: `URL;type=image/jpeg;length=12345;title=…`."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from feedstream.domain.media import Media, objection_to
from feedstream.errors import Invalid

TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".png": "image/png",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".avif": "image/avif",
        ".svg": "image/svg+xml",
        ".mp3": "audio/mpeg",
        ".m4a": "audio/mp4",
        ".ogg": "audio/ogg",
        ".oga": "audio/ogg",
        ".opus": "audio/ogg",
        ".flac": "audio/flac",
        ".wav": "audio/wav",
        ".mp4": "video/mp4",
        ".m4v": "video/mp4",
        ".webm": "video/webm",
        ".mov": "video/quicktime",
        ".pdf": "application/pdf",
        ".csv": "text/csv",
        ".zip": "application/zip",
    }
)
"""Media types by the ending of an address; the machine's own list is not asked."""

MediaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--media",
        metavar="URL[;KEY=VALUE…]",
        help="A picture, sound, film or document on the web; may be repeated. Keys: type (guessed"
        " from the ending of the address where not given), length (bytes), width and height"
        " (pixels), title (what it shows).",
    ),
]
NoMedia = Annotated[bool, typer.Option("--no-media", help="Take all media away.")]
_KEY = re.compile(r";\s*(type|length|width|height|title)\s*=")
_NUMBERS = ("length", "width", "height")


def media_of(texts: list[str] | None) -> tuple[Media, ...]:
    """What `--media` options say. Raises `Invalid` with a sentence that tells how to write one."""
    return tuple(_media(text) for text in texts or ())


def media_change(texts: list[str] | None, none: bool) -> tuple[Media, ...] | None:
    """What `--media` and `--no-media` ask for: None where media stay as they are."""
    if texts and none:
        raise Invalid("Give --media or --no-media, not both.")
    return media_of(texts) if texts or none else None


def _media(text: str) -> Media:
    url, *rest = _KEY.split(text)
    given = dict(zip(rest[::2], (value.strip() for value in rest[1::2]), strict=True))
    numbers = {key: _number(key, given[key]) for key in _NUMBERS if key in given}
    url = url.strip()
    type_ = given.get("type", "").lower() or _guess(url)
    media = Media(url=url, type=type_, title=given.get("title", ""), **numbers)
    if problem := objection_to(media):
        raise Invalid(f"--media: {problem}.")
    return media


def _number(key: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 16):
        raise Invalid(f"--media: the {key} “{value}” is no whole number: write {key}=12345.")
    return int(value)


def _guess(url: str) -> str:
    try:
        ending = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower()
    except ValueError:
        ending = ""
    if ending in TYPES:
        return TYPES[ending]
    raise Invalid(
        f"--media: what “{url}” is can't be told from its ending: add its type, as in"
        f" “{url};type=image/jpeg”."
    )


def described(media: tuple[Media, ...]) -> Iterator[str]:
    """A line for each: what it is, how large, and where."""
    for one in media:
        size = f"{one.width}×{one.height}" if one.width and one.height else ""
        length = f"{one.length:,} bytes" if one.length else ""
        facts = ", ".join(part for part in (one.type, size, length) if part)
        yield f"{one.title or 'Media'} ({facts}): {one.url}"
