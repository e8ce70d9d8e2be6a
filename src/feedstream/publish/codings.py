"""Content codings made once, when a file is published: gzip, br, zstd (RFC 9110 §8.4.1)."""

import gzip
import re
import zlib
from typing import Final

import brotli
import zstandard

ARCHIVES: Final = "archive/"
"""Begins the names of the pages that a feed's older entries are kept in."""

_SEALED = re.compile(re.escape(ARCHIVES) + r".*-[0-9a-f]{8,64}\.[a-z]+")


def is_sealed(file: str) -> bool:
    """Whether a published file never changes again: its name has the digest of what it holds."""
    return _SEALED.fullmatch(file) is not None


def packed(content: bytes, *, sealed: bool = False) -> dict[str, bytes]:
    """`content` by content coding; the same bytes for the same content, each time.

    What changes often is packed fast (br 5, zstd 3); a `sealed` file, smaller (br 9, zstd 12). Not
    as small as it gets: a kill renames all later pages, and must not wait for their packing.
    """
    return {
        "gzip": gzip.compress(content, 9 if sealed else 6, mtime=0),
        "br": brotli.compress(content, quality=9 if sealed else 5),
        "zstd": zstandard.ZstdCompressor(level=12 if sealed else 3).compress(content),
    }


def unpacked(content: bytes, coding: str) -> bytes:
    """The opposite of `packed`. Raises `ValueError` for what is not of that coding."""
    try:
        if not content:
            raise EOFError("there is nothing")
        if coding == "gzip":
            return gzip.decompress(content)
        if coding == "br":
            return bytes(brotli.decompress(content))
        return zstandard.ZstdDecompressor().decompress(content, allow_extra_data=False)
    except (OSError, EOFError, zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise ValueError(f"these bytes are not {coding}: {error}") from error
