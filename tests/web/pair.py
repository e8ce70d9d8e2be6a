"""Two servers of one newsroom in a thread, one with the fast path and one without it, and raw
connections to both."""

import asyncio
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from feedstream.bootstrap import open_app
from feedstream.live import Follower
from feedstream.serve import listen
from feedstream.web.app import create_app
from feedstream.web.fast import FastFeeds
from feedstream.web.protocol import protocol_for

LAST = b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
_LENGTH = re.compile(rb"(?m)^content-length: ([0-9]+)\r")
_DATE = re.compile(rb"(?mi)^date: [^\r]*")


@dataclass(frozen=True)
class Pair:
    """The ports of both, and what they share."""

    fast: int
    slow: int
    follower: Follower
    feeds: FastFeeds


@contextmanager
def pair(home: Path, run: Callable[[Coroutine[Any, Any, None]], None]) -> Iterator[Pair]:
    """Both servers, on the event loop that `run` makes, up to the log."""
    found: list[Pair] = []
    up = threading.Event()
    stop: list[Callable[[], None]] = []

    async def go() -> None:
        async with open_app(home, serving=True) as app:
            follower = Follower(app.log, app.views, app.publisher)
            site = create_app(app, follower)
            following = asyncio.create_task(follower.run())
            fast, serving = _serve(site, protocol_for(site.state.fast))
            slow, also_serving = _serve(site, "httptools")
            while not follower.settled:
                await asyncio.sleep(0.01)
            found.append(Pair(fast, slow, follower, site.state.fast))
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(ended.set))
            up.set()
            await ended.wait()
            tasks = (following, serving, also_serving)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def target() -> None:
        try:
            run(go())
        finally:
            up.set()

    thread = threading.Thread(target=target)
    thread.start()
    assert up.wait(30)
    try:
        yield found[0]
    finally:
        for end in stop:
            end()
        thread.join(10)


def _serve(site: Any, http: Any) -> tuple[int, asyncio.Task[None]]:
    listener = listen("127.0.0.1", 0, find_port=False)
    config = uvicorn.Config(
        site, http=http, log_config=None, access_log=False, lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    return listener.getsockname()[1], asyncio.create_task(server._serve(sockets=[listener]))


async def talk(port: int, parts: Sequence[bytes]) -> bytes:
    """All that a server says to these bytes and to a last request; without the dates.

    Each part is sent after what the one before it asked for was answered: a server that reads on
    before it answers may say something else to the same bytes.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    said = b""
    try:
        for number, part in enumerate(parts, 1):
            writer.write(part)
            whole = b"\r\n\r\n" in part or number == len(parts)
            for _ in range(max(1, part.count(b" HTTP/1.1\r\n")) if whole else 0):
                said += await _within(1, _answer(reader, part.startswith(b"HEAD ")))
            await asyncio.sleep(0.002)
        if not reader.at_eof():
            writer.write(LAST)
        said += await _within(3, _rest(reader))
    except ConnectionError:
        pass
    finally:
        writer.close()
    return _DATE.sub(b"date: -", said)


async def _within(seconds: float, hearing: Coroutine[Any, Any, bytes]) -> bytes:
    """What is heard; nothing where it takes too long: what was read by then comes later."""
    try:
        return await asyncio.wait_for(hearing, seconds)
    except TimeoutError:
        return b""


async def _answer(reader: asyncio.StreamReader, head_only: bool) -> bytes:
    """One answer whole."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        size = _LENGTH.search(head)
        return head + await reader.readexactly(int(size[1]) if size and not head_only else 0)
    except asyncio.IncompleteReadError as error:
        return error.partial


async def _rest(reader: asyncio.StreamReader) -> bytes:
    said = b""
    while data := await reader.read(2**20):
        said += data
    return said


async def both(servers: Pair, cases: Sequence[Sequence[bytes]]) -> list[tuple[bytes, bytes]]:
    """What the fast and the slow server say to each case; some cases at a time."""
    some = asyncio.Semaphore(20)

    async def ask(port: int, parts: Sequence[bytes]) -> bytes:
        async with some:
            return await talk(port, parts)

    work: list[Awaitable[bytes]] = []
    for parts in cases:
        work += [ask(servers.fast, parts), ask(servers.slow, parts)]
    said = await asyncio.gather(*work)
    return list(zip(said[::2], said[1::2], strict=True))
