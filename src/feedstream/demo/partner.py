"""The demo's partner: three wires over HTTP, one in each format, as a small real server."""

import asyncio
import contextlib
import hashlib
import html
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime

import orjson
import uvicorn
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from feedstream.demo.script import ENDINGS, TITLES, Step, listed
from feedstream.domain.when import format_when

ATOM = "http://www.w3.org/2005/Atom"
STOP_SECONDS = 1.0
Released = Callable[[], Sequence[Step]]
"""What has been sent so far."""


def rss(wire: str, steps: Sequence[Step]) -> bytes:
    """The wire as RSS 2.0."""
    root = etree.Element("rss", version="2.0")
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", TITLES[wire])
    _add(channel, "link", f"https://{wire}.example.net/")
    _add(channel, "description", f"{TITLES[wire]}: a partner in the demo of feedstream")
    for step in steps:
        item = etree.SubElement(channel, "item")
        _add(item, "title", step.headline)
        _add(item, "link", step.url)
        etree.SubElement(item, "guid", isPermaLink="false").text = step.guid
        _add(item, "description", step.body)
        _add(item, "pubDate", format_datetime(step.published))
        for category in step.categories:
            _add(item, "category", category)
    return _xml(root)


def atom(wire: str, steps: Sequence[Step]) -> bytes:
    """The wire as Atom (RFC 4287)."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # the stubs forget the default namespace
    _add(root, f"{{{ATOM}}}id", f"tag:{wire}.example.net,2021:wire")
    _add(root, f"{{{ATOM}}}title", TITLES[wire])
    newest = max((step.published for step in steps), default=datetime.fromisoformat(_START))
    _add(root, f"{{{ATOM}}}updated", format_when(newest))
    for step in steps:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        _add(entry, f"{{{ATOM}}}id", f"tag:{wire}.example.net,2021:{step.guid}")
        _add(entry, f"{{{ATOM}}}title", step.headline)
        etree.SubElement(entry, f"{{{ATOM}}}link", href=step.url)
        _add(entry, f"{{{ATOM}}}published", format_when(step.published))
        _add(entry, f"{{{ATOM}}}updated", format_when(step.published))
        etree.SubElement(entry, f"{{{ATOM}}}content", type="html").text = step.body
        for category in step.categories:
            etree.SubElement(entry, f"{{{ATOM}}}category", term=category)
    return _xml(root)


_START = "2021-12-01T00:00:00+00:00"


def json_feed(wire: str, steps: Sequence[Step]) -> bytes:
    """The wire as JSON Feed 1.1."""
    items = [
        {
            "id": step.guid,
            "url": step.url,
            "title": step.headline,
            "content_html": step.body,
            "date_published": format_when(step.published),
            "tags": list(step.categories),
        }
        for step in steps
    ]
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": TITLES[wire],
            "home_page_url": f"https://{wire}.example.net/",
            "items": items,
        }
    )


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


FORMATS = {
    "rss": (rss, "application/rss+xml"),
    "atom": (atom, "application/atom+xml"),
    "jsonfeed": (json_feed, "application/feed+json"),
}


def guid_of(step: Step) -> str:
    """The guid by which a newsroom knows the item."""
    atom_id = f"tag:{step.wire}.example.net,2021:{step.guid}"
    return atom_id if ENDINGS[step.wire] == "atom" else step.guid


def application(released: Released) -> Starlette:
    """The partner's server; it answers conditional requests."""
    return Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse(_index(released()))),
            Route("/{wire}.{ending}", _wire(released)),
        ]
    )


def _wire(released: Released) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        wire, ending = request.path_params["wire"], request.path_params["ending"]
        if ENDINGS.get(wire) != ending:
            return Response("No such wire.", status_code=404)
        render, media_type = FORMATS[ending]
        content = render(wire, listed(released(), wire))
        etag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return endpoint


def _index(steps: Sequence[Step]) -> str:
    wires = "".join(
        f'<h2><a href="/{wire}.{ending}">{html.escape(TITLES[wire])}</a></h2><ul>'
        + "".join(f"<li>{html.escape(step.headline)}</li>" for step in listed(steps, wire))
        + "</ul>"
        for wire, ending in ENDINGS.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>The partner’s wires</title>'
        f"<h1>The partner’s wires</h1><p>What has been sent so far.</p>{wires}</html>"
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to the one that it runs beside."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listening(port: int) -> socket.socket:
    """A socket on this machine alone: on `port`, or on any free one where that is taken."""
    for wanted in (port, 0):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", wanted))
            one.listen(64)
        except OSError:
            one.close()
            if wanted == 0:
                raise
            continue
        return one
    raise AssertionError("port 0 either binds or raises")


@contextlib.asynccontextmanager
async def running(released: Released, place: socket.socket) -> AsyncIterator[None]:
    """The partner's server on `place`, as long as the block lasts."""
    config = uvicorn.Config(
        application(released), log_config=None, access_log=False, lifespan="off"
    )
    config.timeout_graceful_shutdown = 1
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[place]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        task.cancel()
        place.close()
