"""What the hub sends: to callbacks (verification, denial, content), and to hubs elsewhere.

Every request is bounded in time, goes to checked addresses only (`wire.guard`), and no more of an
answer is read than is needed. Redirects of a callback are failures (§5.3, §7).
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from feedstream import __version__
from feedstream.deliver.limits import Limits
from feedstream.deliver.request import with_parameters
from feedstream.wire.failure import AddressRefused
from feedstream.wire.guard import ALLOW_PRIVATE, GuardedTransport, Resolve, resolve
from feedstream.wire.links import follow
from feedstream.wire.replies import retry_after

SIGNATURE = "X-Hub-Signature"
_KEPT = (307, 308)  # the redirects that keep method and body (RFC 9110 §15.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request: `status`, or 0 where nobody answered, and then why in `trouble`.

    `wait` is the seconds that the other side asked for. `echoed` tells whether the body was what
    it had to be. `superseded`: nothing of the content was sent, since it was no longer that.
    """

    status: int = 0
    trouble: str = ""
    wait: float = 0.0
    echoed: bool = False
    superseded: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was a 2xx."""
        return 200 <= self.status < 300

    @property
    def sentence(self) -> str:
        """What to tell a person of a failure; nothing that was received is repeated in it."""
        if self.trouble:
            return f"{self.trouble}."
        if 300 <= self.status < 400:
            return f"It redirects (status {self.status}), which WebSub does not allow."
        return f"It answered with status {self.status}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A content distribution request (§7). `links` is rel and address of its `Link` header."""

    callback: str
    body: bytes
    media_type: str
    links: Sequence[tuple[str, str]]
    secret: str

    def headers(self) -> dict[str, str]:
        """Its headers."""
        found = {
            "Content-Type": self.media_type,
            "Content-Length": str(len(self.body)),
            "Link": ", ".join(f'<{address}>; rel="{rel}"' for rel, address in self.links),
        }
        if self.secret:
            found[SIGNATURE] = f"sha256={signature(self.secret, self.body)}"
        return found


def signature(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of a body, in hex (§7.1)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class _Superseded(Exception):
    """The content changed before its first byte was sent."""


class Callbacks:
    """The client. Use it within one event loop and close it."""

    def __init__(self, limits: Limits, *, look_up: Resolve = resolve) -> None:
        self._limits = limits
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(look_up=look_up),
            timeout=httpx.Timeout(limits.timeout, connect=limits.connect_timeout),
            headers={
                "User-Agent": f"feedstream/{__version__} (WebSub hub)",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def confirm(self, callback: str, asked: Mapping[str, str], challenge: str) -> Reply:
        """Verify a subscriber's intent (§5.3): it must echo the challenge, and nothing else."""
        parameters = {**asked, "hub.challenge": challenge}
        return await self._get(with_parameters(callback, parameters), challenge.encode())

    async def deny(self, callback: str, topic: str, reason: str) -> Reply:
        """Tell a subscriber that its subscription is no more (§5.2)."""
        parameters = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": reason}
        return await self._get(with_parameters(callback, parameters), b"")

    async def _get(self, url: str, expected: bytes) -> Reply:
        async def exchange() -> Reply:
            async with self._answer(self._request("GET", url)) as response:
                body = await _start(response, len(expected) + 1) if expected else b""
                return _reply(response, echoed=body == expected)

        return await self._bounded(exchange())

    async def distribute(self, message: Message, *, holds: Callable[[], Awaitable[bool]]) -> Reply:
        """Send content (§7), if it still `holds` when its first byte would go out.

        To look up a name and to connect takes time in which a story may be killed.
        """

        async def content() -> AsyncIterator[bytes]:
            if not await holds():
                raise _Superseded
            yield message.body

        async def exchange() -> Reply:
            request = self._request(
                "POST", message.callback, headers=message.headers(), content=content()
            )
            async with self._answer(request) as response:
                return _reply(response)

        return await self._bounded(exchange())

    async def ping(self, hub: str, topics: Sequence[str]) -> Reply:
        """Tell a hub elsewhere that topics changed: `hub.mode=publish`, a `hub.url` for each.

        The hub's own address is trusted, being in the settings; where it redirects to is not.
        """
        form = httpx.QueryParams([("hub.mode", "publish"), *(("hub.url", t) for t in topics)])
        return await self._bounded(self._post_on(hub, str(form).encode()))

    async def _post_on(self, hub: str, form: bytes) -> Reply:
        """Post a form, and again where a redirect says so and keeps the method."""
        url = httpx.URL(hub)
        for step in range(self._limits.max_redirects + 1):
            request = self._request(
                "POST",
                str(url),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                content=form,
                private=step == 0 or self._limits.allow_private,
            )
            async with self._answer(request) as response:
                location = response.headers.get("location", "")
                if response.status_code not in _KEPT or not location:
                    return _reply(response)
                url = follow(url, location)
        return Reply(trouble=f"It redirects more than {self._limits.max_redirects} times")

    def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        private: bool | None = None,
    ) -> httpx.Request:
        allowed = self._limits.allow_private if private is None else private
        return self._client.build_request(
            method, url, headers=headers, content=content, extensions={ALLOW_PRIVATE: allowed}
        )

    @asynccontextmanager
    async def _answer(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        response = await self._client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _bounded(self, exchange: Coroutine[Any, Any, Reply]) -> Reply:
        """Bound a whole exchange in time; what keeps an answer from us is in the reply.

        A server that sends a byte now and then never runs into the client's own limits.
        """
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await exchange
        except _Superseded:
            return Reply(superseded=True)
        except AddressRefused as error:
            return Reply(trouble=error.sentence)
        except (TimeoutError, httpx.TimeoutException):
            return Reply(trouble=f"It did not answer within {self._limits.timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Reply(trouble=f"It can't be reached ({_detail(error)})")


async def _start(response: httpx.Response, most: int) -> bytes:
    """The beginning of a body: more than it should be is enough to know."""
    found = b""
    async for chunk in response.aiter_raw():
        found += chunk[: most - len(found)]
        if len(found) >= most:
            break
    return found


def _reply(response: httpx.Response, *, echoed: bool = False) -> Reply:
    wait = retry_after(response.headers) if response.status_code in (429, 503) else None
    return Reply(status=response.status_code, wait=wait or 0.0, echoed=echoed)


def _detail(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "".join(c for c in text if c.isprintable()).rstrip(".")[:200]
