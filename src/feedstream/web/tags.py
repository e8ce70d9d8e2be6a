"""Entity tags of feeds: `"<position>-<settings>-<body>"`, and a suffix for a packed one.

The position is that of the log which the publish ledger has the bytes at, in decimal; the others
are the first digits of SHA-256s in hex: of what the bytes were rendered with, and of the bytes.
"""

import re
from dataclasses import dataclass
from typing import Self

from feedstream.web.codings import IDENTITY, SUFFIXES

_SETTINGS, _BODY = 8, 16  # hex digits
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_OURS = re.compile(
    rf"([0-9]{{1,18}})-([0-9a-f]{{{_SETTINGS}}})-([0-9a-f]{{{_BODY}}})(?:-(?:gz|br|zst))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A version of a file: where it began, what rendered it, which bytes it is."""

    position: int
    settings: str
    body: str

    @classmethod
    def of(cls, position: int, settings: str, body: str) -> Self:
        """From whole digests in hex."""
        return cls(position=position, settings=settings[:_SETTINGS], body=body[:_BODY])

    @classmethod
    def unrecorded(cls, body: str) -> Self:
        """Of bytes that the ledger does not know: another hand put them there."""
        return cls.of(0, "0" * _SETTINGS, body)

    def text(self, coding: str = IDENTITY) -> str:
        """As it is sent."""
        return f'"{self.position}-{self.settings}-{self.body}{SUFFIXES[coding]}"'


def listed(header: str) -> list[str]:
    """What stands between the quotation marks of each tag in a header, weak or strong."""
    return _TAG.findall(header)


def parse_tag(opaque: str) -> Tag | None:
    """What stands between the quotation marks of a tag of ours, of whichever coding."""
    found = _OURS.fullmatch(opaque)
    if not found:
        return None
    return Tag(position=int(found[1]), settings=found[2], body=found[3])


def bare(opaque: str) -> str:
    """Without the suffix of a coding."""
    for suffix in SUFFIXES.values():
        if suffix and opaque.endswith(suffix):
            return opaque[: -len(suffix)]
    return opaque
