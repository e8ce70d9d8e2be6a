"""Headers that every answer carries."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders = list[tuple[bytes, bytes]]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self' https: http:; media-src https: http:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": POLICY.encode("latin-1"),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"strict-origin-when-cross-origin",
    # A page is right only until the next event; its validator makes asking again cheap.
    b"cache-control": b"no-cache",
}


def secured(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """The headers of an answer with those that it lacks of the ones that each must have."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return given + [pair for pair in _HEADERS.items() if pair[0] not in names]


class SecurityHeaders:
    """ASGI middleware: no inline script, no foreign frame, no guessing of types."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": secured(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, with_headers)
