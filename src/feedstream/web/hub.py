"""`/hub`: the embedded WebSub hub takes subscription requests here (WebSub §5.1).

Its answers are plain text for the client's developer, not pages.
"""

import asyncio
import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from feedstream.deliver import Answer, Push
from feedstream.errors import FeedstreamError

logger = logging.getLogger("feedstream.web")
PATH = "/hub"
FORM = "application/x-www-form-urlencoded"
NO_HUB = "This site has no hub of its own."
OFF = "This hub takes no requests at the moment: try again later."
TROUBLE = "This hub can't keep requests at the moment: try again later."


class HubRequests:
    """The route of the hub."""

    def __init__(self, push: Push) -> None:
        self._push = push

    def routes(self) -> list[Route]:
        """The routes of this endpoint."""
        return [Route(PATH, self.ask, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        """202, or why not: 400, 404, 413, 415, 429, 503."""
        return _plain(await self._answer(request))

    async def _answer(self, request: Request) -> Answer:
        if not self._push.enabled:
            return Answer(status=404, sentence=NO_HUB)
        if not self._push.serving:
            return Answer(status=503, sentence=OFF, retry_after=60)
        try:
            return await self._asked(request)
        except ClientDisconnect:
            return Answer(status=400, sentence="The request ended before its body did.")
        except FeedstreamError as error:  # it names our files, which are nobody else's business
            logger.error("A request to the hub can't be kept. %s", error.sentence)
            return Answer(status=503, sentence=TROUBLE, retry_after=60)

    async def _asked(self, request: Request) -> Answer:
        hub = await asyncio.to_thread(lambda: self._push.hub)  # opens the store the first time
        if busy := hub.busy(request.client.host if request.client else ""):
            return busy
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return Answer(status=415, sentence=f"Send a form: Content-Type: {FORM}.")
        most = self._push.limits.max_request
        body = await _body(request, most)
        if body is None:
            return Answer(status=413, sentence=f"A request has at most {most} bytes.")
        return await asyncio.to_thread(hub.ask, body)


async def _body(request: Request, most: int) -> bytes | None:
    """The body; None where it is longer than it may be, and then the rest is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return body


def _plain(answer: Answer) -> Response:
    headers = {"Cache-Control": "no-store"}
    if answer.retry_after:
        headers["Retry-After"] = str(answer.retry_after)
    return PlainTextResponse(f"{answer.sentence}\n", answer.status, headers)
