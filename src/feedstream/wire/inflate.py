"""Content codings undone under a limit, so that a small answer can't become a huge one."""

import zlib
from typing import Protocol

GZIP, ZLIB, RAW = 31, 15, -15


class TooLarge(ValueError):
    """More bytes came out than were allowed."""


class Decoder(Protocol):
    """Takes an answer's bytes as they come and gives them decoded."""

    def feed(self, chunk: bytes) -> bytes:
        """The decoded bytes of one more chunk. Raises `TooLarge` or `ValueError`."""
        ...

    def finish(self) -> None:
        """Raises `ValueError` where the answer ended early."""
        ...


class Identity:
    """No coding: counts the bytes."""

    def __init__(self, limit: int) -> None:
        self._room = limit

    def feed(self, chunk: bytes) -> bytes:
        """The chunk as it is. Raises `TooLarge`."""
        self._room -= len(chunk)
        if self._room < 0:
            raise TooLarge
        return chunk

    def finish(self) -> None:
        """Always whole: HTTP's own framing tells."""


class Inflate:
    """gzip or deflate (RFC 9110 §8.4.1); never holds more than `limit` bytes of output."""

    def __init__(self, limit: int, *, gzip: bool) -> None:
        self._room = limit
        self._gzip = gzip
        self._inner = zlib.decompressobj(GZIP) if gzip else None

    def feed(self, chunk: bytes) -> bytes:
        """The inflated bytes of one more chunk. Raises `TooLarge`, or `ValueError` if broken."""
        out = bytearray()
        while chunk:
            inner = self._inner = self._inner or self._start(chunk)
            try:
                out += inner.decompress(chunk, self._room + 1)
            except zlib.error as error:
                raise ValueError(str(error)) from error
            if len(out) > self._room:
                raise TooLarge
            chunk = self._rest(inner)
        self._room -= len(out)
        return bytes(out)

    def _start(self, chunk: bytes) -> "zlib._Decompress":
        # Some servers send bare DEFLATE where the standard means zlib's wrapping (RFC 1950).
        bits = GZIP if self._gzip else ZLIB if chunk[0] & 0x0F == 8 else RAW
        return zlib.decompressobj(bits)

    def _rest(self, inner: "zlib._Decompress") -> bytes:
        """What follows the end of a gzip member: another member, or padding to pass over."""
        if not inner.eof:
            return b""
        following = inner.unused_data.lstrip(b"\x00")
        if self._gzip and following[:2] == b"\x1f\x8b":
            self._inner = zlib.decompressobj(GZIP)
            return following
        return b""

    def finish(self) -> None:
        """Raises `ValueError` where the compressed answer ended early."""
        if self._inner is not None and not self._inner.eof:
            raise ValueError("the compressed answer ended early")


def decoder_for(coding: str, limit: int) -> Decoder:
    """The decoder of a `Content-Encoding`. Raises `ValueError` for one that was not asked for."""
    match coding.strip().lower():
        case "" | "identity":
            return Identity(limit)
        case "gzip" | "x-gzip":
            return Inflate(limit, gzip=True)
        case "deflate":
            return Inflate(limit, gzip=False)
        case _:
            raise ValueError(f"the content coding “{coding[:40]}” was not asked for")
