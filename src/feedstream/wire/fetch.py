"""One look at a source over HTTP: conditional, bounded in time and size, and guarded.

What it costs is bounded by `config.Wire` whatever the server does: drip, never end, inflate,
redirect for ever. Every failure is a `FetchFailed` with one sentence that names the source.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Literal

import httpx

from feedstream import __version__
from feedstream.config import Wire
from feedstream.domain.wire import Source
from feedstream.wire.failure import AddressRefused, FetchFailed
from feedstream.wire.guard import ALLOW_PRIVATE, GuardedTransport, Resolve, resolve
from feedstream.wire.inflate import TooLarge, decoder_for
from feedstream.wire.links import bare, follow, http_url, shown
from feedstream.wire.replies import complaint, retry_after

MAX_REDIRECTS = 5
CONNECT_TIMEOUT = 10.0
USER_AGENT = f"feedstream/{__version__}"
ACCEPT = (
    "application/feed+json, application/atom+xml, application/rss+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What to remember between two looks at a source.

    `etag` and `last_modified` are the server's validators and belong to `final_url`, where the
    answer came from; `moved_to` is set when every redirect on the way there was permanent.
    """

    etag: str = ""
    last_modified: str = ""
    final_url: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer. `body` is decoded from its content coding; `url` is where it came from, and the
    base of its relative links; `retry_after` is in seconds, where the server gave one."""

    outcome: Literal["new", "not-modified"]
    status: int
    body: bytes
    content_type: str
    state: FetchState
    url: str
    retry_after: float | None = None


def make_client(
    limits: Wire, *, context: ssl.SSLContext | None = None, look_up: Resolve = resolve
) -> httpx.AsyncClient:
    """The client that all sources share: guarded, without cookies, proxies or redirects of its own.

    `context` and `look_up` stand in for the system's certificates and name service.
    """
    return httpx.AsyncClient(
        transport=GuardedTransport(context=context, look_up=look_up),
        timeout=httpx.Timeout(limits.timeout, connect=min(CONNECT_TIMEOUT, limits.timeout)),
        headers={"User-Agent": USER_AGENT, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )


async def fetch(
    client: httpx.AsyncClient, source: Source, state: FetchState, limits: Wire
) -> Fetched:
    """Look at a source once.

    Raises `FetchFailed` (an `Unreachable`) for everything that keeps an answer from us, and
    `Invalid` where the source's own address is not one of HTTP.
    """
    start = http_url(source.url, f"Source “{source.name}”")
    try:
        async with asyncio.timeout(limits.timeout):
            return await _walk(client, source, start, state, limits)
    except AddressRefused as error:
        raise AddressRefused(
            f"Source “{source.name}”: {error.sentence}; set allow_private (--allow-private) if you "
            "trust it."
        ) from error
    except TimeoutError as error:
        raise _failed(
            source, f"gave no whole answer within {limits.timeout:g} seconds; it is tried again"
        ) from error
    except httpx.HTTPError as error:
        raise _failed(source, _network(error)) from error


async def _walk(
    client: httpx.AsyncClient, source: Source, url: httpx.URL, state: FetchState, limits: Wire
) -> Fetched:
    permanent = True
    for step in range(MAX_REDIRECTS + 1):
        async with _get(client, source, url, state) as response:
            if not response.has_redirect_location:
                moved = bare(url) if step and permanent else ""
                return await _answer(response, source, url, replace(state, moved_to=moved), limits)
            permanent = permanent and response.status_code in (301, 308)
            url = _next(source, url, response.headers["location"])
    raise _failed(source, f"redirects more than {MAX_REDIRECTS} times; correct its address")


@asynccontextmanager
async def _get(
    client: httpx.AsyncClient, source: Source, url: httpx.URL, state: FetchState
) -> AsyncIterator[httpx.Response]:
    request = client.build_request(
        "GET",
        url,
        headers=_conditions(url, state),
        extensions={ALLOW_PRIVATE: source.allow_private},
    )
    response = await client.send(request, stream=True)
    try:
        yield response
    finally:
        await response.aclose()


def _conditions(url: httpx.URL, state: FetchState) -> dict[str, str]:
    """The validators, where they belong to this very address (RFC 9110 §13.1)."""
    if bare(url) != state.final_url:
        return {}
    known = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    return {name: value for name, value in known.items() if value}


def _next(source: Source, url: httpx.URL, location: str) -> httpx.URL:
    try:
        return follow(url, location)
    except ValueError as error:
        raise _failed(source, f"redirects to what is no web address: {error}") from error


async def _answer(
    response: httpx.Response, source: Source, url: httpx.URL, state: FetchState, limits: Wire
) -> Fetched:
    status, wait = response.status_code, retry_after(response.headers)
    conditional = bool({"if-none-match", "if-modified-since"} & response.request.headers.keys())
    if status == 304 and conditional:
        body, outcome = b"", "not-modified"
    elif status in (200, 203):
        body, outcome = await _body(response, source, limits.max_bytes), "new"
    else:
        raise FetchFailed(
            f"Source “{source.name}” ({shown(url)}) {complaint(status)}.",
            status=status,
            retry_after=wait,
        )
    return Fetched(
        outcome="new" if outcome == "new" else "not-modified",
        status=status,
        body=body,
        content_type=response.headers.get("content-type", "")[:200],
        state=_remembered(response, url, state),
        url=bare(url),
        retry_after=wait,
    )


def _remembered(response: httpx.Response, url: httpx.URL, before: FetchState) -> FetchState:
    """The validators of this answer; a 304 without them confirms those we had."""
    kept = response.status_code == 304
    return replace(
        before,
        etag=_header(response, "etag") or (before.etag if kept else ""),
        last_modified=_header(response, "last-modified") or (before.last_modified if kept else ""),
        final_url=bare(url),
    )


def _header(response: httpx.Response, name: str) -> str:
    """A validator to be sent back as it is; what can't be a header again is not kept."""
    value = response.headers.get(name, "")
    return value if len(value) <= 1000 and value.isascii() and value.isprintable() else ""


async def _body(response: httpx.Response, source: Source, limit: int) -> bytes:
    declared = response.headers.get("content-length", "")
    try:
        if (declared.isdecimal() and len(declared) > 18) or int(declared or 0) > limit:
            raise TooLarge
        received, decoder = 0, decoder_for(response.headers.get("content-encoding", ""), limit)
        body = bytearray()
        async for chunk in response.aiter_raw():
            received += len(chunk)
            body += decoder.feed(chunk)
            if len(body) > limit or received > limit:
                raise TooLarge
        decoder.finish()
    except TooLarge:
        raise _failed(
            source, f"sent more than {limit:,} bytes; raise wire.max_bytes if that is right"
        ) from None
    except ValueError as error:
        raise _failed(source, f"sent an answer that can't be decoded: {error}") from error
    return bytes(body)


def _failed(source: Source, what: str) -> FetchFailed:
    return FetchFailed(f"Source “{source.name}” {what}.")


def _network(error: httpx.HTTPError) -> str:
    """What went wrong below HTTP, and what to do, for the sentence of a failure."""
    detail = (str(error) or type(error).__name__).rstrip(".")[:200]
    match error:
        case httpx.ConnectTimeout():
            return "could not be connected to in time; it is tried again"
        case httpx.TimeoutException():
            return "stopped answering; it is tried again"
        case httpx.ConnectError() if "certificate" in detail.lower() or "ssl" in detail.lower():
            return f"has no valid certificate or TLS ({detail}); tell the partner"
        case httpx.ConnectError():
            return f"can't be connected to ({detail}); check its address"
        case httpx.RemoteProtocolError() if "location header" in detail:
            return f"redirects to what is no web address ({detail}); tell the partner"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return f"broke off in the middle of its answer ({detail}); it is tried again"
        case _:
            return f"failed ({detail}); it is tried again"
