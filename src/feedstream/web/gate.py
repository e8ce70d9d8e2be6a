"""Nothing is served from outputs that may be behind: what was killed meanwhile would be shown."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from feedstream.live import Follower
from feedstream.web.pages import Pages

OPEN = ("/healthz", "/readyz", "/static/")
RETRY_AFTER = "2"  # seconds
STARTING = "The newsroom is starting and brings its pages up to date: try again in a moment."


class Gate:
    """Answers 503 with `Retry-After` until the outputs were once up to the log since the start.

    A damaged log never gets there: then what is published goes on being served.
    """

    def __init__(self, app: ASGIApp, *, follower: Follower, pages: Pages) -> None:
        self._app = app
        self._follower = follower
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] != "http" or self._open_for(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
        answer = self._pages.problem(Request(scope), 503, STARTING, headers)
        await answer(scope, receive, send)

    def _open_for(self, path: str) -> bool:
        return is_open(self._follower) or path.startswith(OPEN)


def is_open(follower: Follower) -> bool:
    """Whether what is published may be served."""
    return follower.settled or follower.damaged
