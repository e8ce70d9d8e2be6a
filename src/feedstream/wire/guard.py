"""The guard against server-side request forgery: a partner can't point us at our own network.

The name is resolved once, every address it has is checked, and the connection goes to a checked
address: no second look-up can answer otherwise (DNS rebinding). The name itself stays in the
request, so `Host`, SNI and the certificate check are as usual.
"""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore
import httpx

from feedstream.wire.failure import AddressRefused

ALLOW_PRIVATE = "feedstream.allow_private"
"""The request extension that says whether its source may be on this machine or network."""
MAX_ADDRESSES = 4

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_V4_IN_V6 = (
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4, RFC 3056
    (ipaddress.ip_network("::/96"), 0),  # IPv4-compatible, RFC 4291 §2.5.5.1
)
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b:1::/48", "2001::/32", "fec0::/10", "192.88.99.0/24")
)
"""Local NAT64, Teredo, old site-local and the 6to4 relay: `is_global` takes them for public."""


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet; an IPv4 address inside IPv6 counts too."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        # Python releases differ in what they call these; the address inside is the one meant.
        address = address.ipv4_mapped
    if address.is_multicast or not address.is_global:
        return False
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    inner = _embedded(address)
    return inner is None or is_public(str(inner))


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    if address.version == 4:
        return None
    for network, shift in _V4_IN_V6:
        if address in network:
            return ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
    return None


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the system's order. Raises `OSError` where it has none.

    Each look-up has a daemon thread of its own: a name server that does not answer delays neither
    the look-ups of other sources nor the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found = _look_up(host, port)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await answer


def _look_up(host: str, port: int) -> list[str] | OSError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        return OSError(f"“{host}” is no host name")
    except OSError as error:
        return error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """A network that connects only to checked addresses."""

    def __init__(self, *, allow_private: bool, look_up: Resolve = resolve) -> None:
        self._allow_private = allow_private
        self._resolve = look_up
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's checked addresses that answers.

        Raises `AddressRefused`, or httpcore's connection errors.
        """
        addresses = await self._checked(host, port, timeout)
        share = None if timeout is None else timeout / len(addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _checked(self, host: str, port: int, limit: float | None) -> list[str]:
        try:
            async with asyncio.timeout(limit):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no answer to the look-up of {host}") from error
        except OSError as error:
            raise httpcore.ConnectError(f"the name {host} can't be resolved") from error
        refused = [a for a in addresses if not (self._allow_private or is_public(a))]
        if refused:
            raise AddressRefused(f"{host} is at {refused[0]}, on this machine or a private network")
        if not addresses:
            raise httpcore.ConnectError(f"the name {host} has no address")
        return addresses[:MAX_ADDRESSES]


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a guarded pool; httpx itself has no parameter for the network."""

    def __init__(self, backend: GuardedBackend, context: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=backend,
        )


class GuardedTransport(httpx.AsyncBaseTransport):
    """Two pools, one for the open internet and one for allowed private addresses.

    They are apart because a pool reuses connections by host and port: a connection that one source
    was allowed must not serve another that is not.
    """

    def __init__(
        self, *, context: ssl.SSLContext | None = None, look_up: Resolve = resolve
    ) -> None:
        context = context or httpx.create_ssl_context()
        self._public, self._any = (
            _Transport(GuardedBackend(allow_private=allowed, look_up=look_up), context)
            for allowed in (False, True)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the pool that its source may use."""
        pool = self._any if request.extensions.get(ALLOW_PRIVATE) is True else self._public
        return await pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close both pools."""
        await self._public.aclose()
        await self._any.aclose()
