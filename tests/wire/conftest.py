"""A partner's server on 127.0.0.1 that can be as good or as hostile as partners are."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from feedstream.config import Wire
from feedstream.domain.wire import Source

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
<item><guid>1</guid><title>One</title><description>Hello</description></item></channel></rss>"""

Respond = Callable[["Partner", dict[str, str], asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Partner:
    """A raw server: each path has a coroutine that writes what it likes."""

    port: int = 0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    scheme: str = "http"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def seen(self, path: str) -> list[dict[str, str]]:
        return [headers for where, headers in self.requests if where == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
            path = first.split()[1]
            self.requests.append((path, headers))
            await PATHS[path.split("?")[0]](self, headers, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # a client that was right to hang up
        finally:
            writer.close()


def answer(status: str, body: bytes = b"", **headers: str) -> Respond:
    async def respond(_: Partner, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
        lines = [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        lines += [f"Content-Length: {len(body)}", "Connection: close"]
        head = f"HTTP/1.1 {status}\r\n" + "\r\n".join(lines) + "\r\n\r\n"
        writer.write(head.encode() + body)

    return respond


async def conditional(_: Partner, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    known = headers.get("if-none-match") == '"v1"'
    reply = (
        answer("304 Not Modified")
        if known
        else answer(
            "200 OK",
            RSS,
            ETag='"v1"',
            Last_Modified="Mon, 06 Dec 2021 10:00:00 GMT",
            Content_Type="application/rss+xml",
        )
    )
    await reply(_, headers, writer)


async def endless(_: Partner, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip(_: Partner, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(_: Partner, __: dict[str, str], ___: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def reset(_: Partner, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<rss>")
    await writer.drain()
    writer.transport.abort()


async def to_localhost(p: Partner, h: dict[str, str], writer: asyncio.StreamWriter) -> None:
    await answer("302 Found", Location=p.url("/feed", "localhost"))(p, h, writer)


def bomb(layers: int = 1) -> bytes:
    data = b"\x00" * 50_000_000
    for _ in range(layers):
        data = gzip.compress(data)
    return data


PATHS: dict[str, Respond] = {
    "/feed": answer("200 OK", RSS, Content_Type="text/plain"),
    "/conditional": conditional,
    "/gzip": answer("200 OK", gzip.compress(RSS), Content_Encoding="gzip"),
    "/two-members": answer(
        "200 OK", gzip.compress(RSS[:50]) + gzip.compress(RSS[50:]), Content_Encoding="gzip"
    ),
    "/zlib": answer("200 OK", zlib.compress(RSS), Content_Encoding="deflate"),
    "/raw-deflate": answer("200 OK", zlib.compress(RSS)[2:-4], Content_Encoding="deflate"),
    "/cut-gzip": answer("200 OK", gzip.compress(RSS)[:-20], Content_Encoding="gzip"),
    "/no-gzip": answer("200 OK", RSS, Content_Encoding="gzip"),
    "/br": answer("200 OK", b"abc", Content_Encoding="br"),
    "/bomb": answer("200 OK", bomb(), Content_Encoding="gzip"),
    "/bomb-in-bomb": answer("200 OK", bomb(2), Content_Encoding="gzip, gzip"),
    "/endless": endless,
    "/drip": drip,
    "/silent": silent,
    "/reset": reset,
    "/declared-large": answer("200 OK", b"x" * 200_000),
    "/loop": answer("302 Found", Location="/loop"),
    "/moved": answer("301 Moved Permanently", Location="/conditional"),
    "/found": answer("302 Found", Location="/conditional"),
    "/to-file": answer("302 Found", Location="file:///etc/passwd"),
    "/to-nothing": answer("302 Found", Location="http://[::bad/"),
    "/to-metadata": answer("302 Found", Location="http://169.254.169.254/latest"),
    "/to-localhost": to_localhost,
    "/to-same": answer("302 Found", Location="/feed"),
    "/cookie": answer("200 OK", RSS, Set_Cookie="track=1; Path=/"),
    "/304": answer("304 Not Modified"),
    "/404": answer("404 Not Found"),
    "/410": answer("410 Gone"),
    "/429": answer("429 Too Many Requests", Retry_After="120"),
    "/503": answer(
        "503 Service Unavailable",
        Date="Mon, 06 Dec 2021 10:00:00 GMT",
        Retry_After="Mon, 06 Dec 2021 10:05:00 GMT",
    ),
    "/teapot": answer("418 Teapot"),
}


@pytest_asyncio.fixture
async def partner() -> AsyncIterator[Partner]:
    async with running(Partner()) as one:
        yield one


class running:  # noqa: N801  # reads as a word: `async with running(partner)`
    """A partner that listens as long as the block lasts."""

    def __init__(self, partner: Partner, context: ssl.SSLContext | None = None) -> None:
        self.partner, self.context = partner, context
        partner.scheme = "https" if context else "http"

    async def __aenter__(self) -> Partner:
        self.server = await asyncio.start_server(
            self.partner.serve, "127.0.0.1", 0, ssl=self.context
        )
        self.partner.port = self.server.sockets[0].getsockname()[1]
        return self.partner

    async def __aexit__(self, *_: object) -> None:
        self.server.close()


@pytest.fixture
def limits() -> Wire:
    return Wire(timeout=2.0, max_bytes=100_000, max_items=50)


def source(url: str = "https://wire.example/feed", **changes: object) -> Source:
    known: dict[str, object] = {"name": "tass", "credit": "TASS", "allow_private": True}
    return Source(url=url, **{**known, **changes})  # type: ignore[arg-type]
