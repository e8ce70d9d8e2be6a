"""A newsroom with its hub on 127.0.0.1, and a subscriber that shares no code with it."""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn

from feedstream.bootstrap import App, open_app
from feedstream.clock import Clock, utc_now
from feedstream.deliver import Limits
from feedstream.live import Follower
from feedstream.serve import address_of, listen
from feedstream.web.app import create_app
from feedstream.web.hub import PATH, HubRequests
from feedstream.web.media import media_type

QUICK = Limits(
    allow_private=True,
    first_pause=0.05,
    pause_factor=1.0,
    longest_pause=0.05,
    poll=0.1,
    timeout=30.0,
)


async def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


@dataclass
class Call:
    """A request that a subscriber got."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        (value,) = [v for k, v in self.headers if k == name]
        return value

    def asked(self, name: str) -> str:
        (value,) = [v for k, v in self.query if k == name]
        return value


@dataclass
class Subscriber:
    """A server that takes calls as the Recommendation says, or as badly as a test wants.

    `statuses` are the answers to the next deliveries (2xx when used up); `confirm` decides on
    requests to confirm, `echo` is what it answers in place of the challenge. It answers no delivery
    before `held` is set.
    """

    confirm: Callable[[Call], bool] = lambda call: True
    echo: Callable[[str], str] = lambda challenge: challenge
    confirm_status: int = 200
    statuses: deque[int] = field(default_factory=deque)
    location: str = ""
    silent: bool = False
    endless: bool = False
    calls: list[Call] = field(default_factory=list)
    address: str = ""
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    pause: float = 0.0
    held: asyncio.Event | None = None

    @property
    def questions(self) -> list[Call]:
        return [c for c in self.calls if c.method == "GET" and c.asked("hub.mode") != "denied"]

    @property
    def denials(self) -> list[Call]:
        return [c for c in self.calls if c.method == "GET" and c.asked("hub.mode") == "denied"]

    @property
    def deliveries(self) -> list[Call]:
        return [c for c in self.calls if c.method == "POST"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                call = await self._read(reader)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self._reply(call, writer)
                finally:
                    self.at_once -= 1
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side left, or the test is over
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Call:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        method, target, _ = head[0].split()
        headers = [(k.lower(), v.strip()) for k, _, v in (line.partition(":") for line in head[1:])]
        length = int(dict(headers).get("content-length", 0))
        body = await reader.readexactly(length)
        parts = urlsplit(target)
        query = parse_qsl(parts.query, keep_blank_values=True)
        call = Call(method, parts.path, query, headers, body)
        self.calls.append(call)
        return call

    async def _reply(self, call: Call, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await asyncio.sleep(60)
        await asyncio.sleep(self.pause)
        if self.held is not None and call.method == "POST":
            await self.held.wait()
        if call.method == "POST":
            status, body = (self.statuses.popleft() if self.statuses else 204), ""
        elif dict(call.query)["hub.mode"] == "denied":
            status, body = 200, ""
        elif self.confirm(call):
            status, body = self.confirm_status, self.echo(call.asked("hub.challenge"))
        else:
            status, body = 404, "not mine"
        location = f"Location: {self.location}\r\n" if self.location else ""
        head = f"HTTP/1.1 {status} X\r\n{location}"
        if self.endless:
            writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        length = "" if status == 204 else f"Content-Length: {len(body.encode())}\r\n"
        writer.write(f"{head}{length}\r\n{body}".encode())
        await writer.drain()


@asynccontextmanager
async def listening(subscriber: Subscriber | None = None) -> AsyncIterator[Subscriber]:
    """A subscriber that listens as long as the block lasts."""
    subscriber = subscriber or Subscriber()
    server = await asyncio.start_server(subscriber.serve, "127.0.0.1", 0)
    subscriber.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield subscriber
    finally:
        server.close()


def configure(home: Path, base_url: str, more: str = "") -> None:
    home.mkdir(parents=True, exist_ok=True)
    site = f'[site]\ntitle = "The Harbour Post"\nbase_url = "{base_url}"\n'
    (home / "feedstream.toml").write_text(site + more, "utf-8")


@dataclass
class Site:
    """A served newsroom."""

    app: App
    url: str
    http: httpx.AsyncClient

    def topic(self, file: str = "stories.atom") -> str:
        return f"{self.url}/feeds/{file}"

    async def publish(self, headline: str = "Lock gate jams", **more: object) -> str:
        command = self.app.newsroom.begin(
            headline=headline, **{"body": "<p>It jams.</p>", "effective": date(2024, 3, 4), **more}
        )
        return (await self.app.newsroom.execute(command, actor="desk")).story.id

    async def update(self, story: str, headline: str) -> None:
        command = self.app.newsroom.update(story, headline=headline, body=f"<p>{headline}.</p>")
        await self.app.newsroom.execute(command, actor="desk")

    async def settled(self) -> None:
        """Everything that was appended is published."""
        head = (await self.app.log.head()).position
        await eventually(lambda: self.app.views.checkpoint >= head and not self.app.views.dirty())

    async def ask(self, callback: str, mode: str = "subscribe", **more: str) -> httpx.Response:
        form = {"hub.callback": callback, "hub.mode": mode, "hub.topic": self.topic()}
        form |= {f"hub.{name}": value for name, value in more.items()}
        return await self.http.post("/hub", data=form)

    async def subscribe(self, to: Subscriber, callback: str = "", **more: str) -> None:
        """Subscribe, and see that it is active."""
        asked = len(to.questions)
        answer = await self.ask(callback or f"{to.address}/cb", **more)
        assert answer.status_code == 202, answer.text
        await eventually(lambda: len(to.questions) > asked and not self.app.push.store.waiting())


@asynccontextmanager
async def running(
    home: Path, *, limits: Limits = QUICK, clock: Clock = utc_now, more: str = ""
) -> AsyncIterator[Site]:
    """Serve the newsroom at `home`, with its follower and its push, in this event loop."""
    listener = listen("127.0.0.1", 0, find_port=False)
    url = address_of(listener)
    configure(home, url, more)
    async with open_app(home, push=limits, clock=clock) as app:
        follower = Follower(app.log, app.views, app.publisher, renewal=app.renewal)
        asgi = create_app(app, follower)
        if not any(getattr(route, "path", "") == PATH for route in asgi.router.routes):
            asgi.router.routes[:0] = HubRequests(app.push).routes()
        follower.listen(lambda _: app.push.wake())
        server = uvicorn.Server(uvicorn.Config(asgi, log_config=None, lifespan="off"))
        server.capture_signals = suppress  # type: ignore[method-assign]  # pytest has its own
        tasks = [
            asyncio.create_task(follower.run()),
            asyncio.create_task(app.push.run(media_type)),
            asyncio.create_task(server.serve(sockets=[listener])),
        ]
        try:
            await eventually(lambda: follower.settled and server.started)
            async with httpx.AsyncClient(base_url=url, timeout=10) as http:
                yield Site(app, url, http)
        finally:
            asgi.state.live.close()
            server.should_exit = True
            for task in tasks[:2]:
                task.cancel()
            await asyncio.wait(tasks)
            listener.close()
    for task in tasks:
        if not task.cancelled():
            task.result()


def signed(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
