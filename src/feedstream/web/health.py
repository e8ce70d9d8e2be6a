"""Health for operators and load balancers."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from feedstream.errors import FeedstreamError
from feedstream.eventlog.base import EventLog
from feedstream.live import Follower
from feedstream.proof.publisher import CheckpointPublisher

LAG = 100  # events that the outputs may be behind while they are being written
_FRESH = {"Cache-Control": "no-store"}


class Health:
    """`/healthz`: the process answers. `/readyz`: the log is whole, the outputs follow it, and its
    head is signed."""

    def __init__(self, log: EventLog, follower: Follower, checkpoints: CheckpointPublisher) -> None:
        self._log = log
        self._checkpoints = checkpoints
        self._follower = follower

    async def alive(self, request: Request) -> JSONResponse:
        """200 while the process answers."""
        del request
        return JSONResponse({"status": "ok"}, headers=_FRESH)

    async def ready(self, request: Request) -> JSONResponse:
        """200 with head and published position, or 503 with the sentence of what is wrong."""
        del request
        try:
            head = (await self._log.head()).position
        except FeedstreamError as error:
            return self._answer("failing", trouble=error.sentence)
        published = self._follower.position
        trouble = self._log.broken or self._follower.trouble or self._checkpoints.trouble
        if trouble:
            return self._answer("failing", head, published, trouble)
        if not self._follower.settled or head - published > LAG:
            return self._answer(
                "failing",
                head,
                published,
                f"The outputs are {head - published} events behind the log and catching up.",
            )
        return self._answer("ok", head, published)

    def _answer(
        self, status: str, head: int = 0, published: int = 0, trouble: str = ""
    ) -> JSONResponse:
        body = {"status": status, "head": head, "published": published, "trouble": trouble}
        return JSONResponse(body, 200 if status == "ok" else 503, headers=_FRESH)
