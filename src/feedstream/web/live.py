"""Server-sent events (HTML Standard §9.2): which published files changed, as it happens.

A client that falls behind or comes back learns only that it should look again: the messages name
files, and the files hold the content. So nothing hidden can leak here, and nothing is lost.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from feedstream.live import Follower
from feedstream.publish import Published

HEARTBEAT = 15  # seconds
BACKLOG = (
    100  # messages a slow client may be behind before it is told to look again by reconnecting
)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class LiveStream:
    """`/live`: one message a published change, `{"position": N, "files": […]}`."""

    def __init__(self, follower: Follower, stopping: asyncio.Event) -> None:
        self._follower = follower
        self._stopping = stopping
        self._clients: set[asyncio.Queue[Published]] = set()
        follower.listen(self._tell)

    def _tell(self, published: Published) -> None:
        for client in tuple(self._clients):
            try:
                client.put_nowait(published)
            except asyncio.QueueFull:
                self._clients.discard(client)

    async def serve(self, request: Request) -> StreamingResponse:
        """The stream; HEAD answers its headers only."""
        if request.method == "HEAD":
            return StreamingResponse(_nothing(), media_type="text/event-stream", headers=_HEADERS)
        return StreamingResponse(self._messages(), media_type="text/event-stream", headers=_HEADERS)

    async def _messages(self) -> AsyncIterator[str]:
        client: asyncio.Queue[Published] = asyncio.Queue(BACKLOG)
        self._clients.add(client)
        try:
            yield f"retry: 2000\nid: {self._follower.position}\nevent: hello\ndata: {{}}\n\n"
            while client in self._clients and not self._stopping.is_set():
                yield await self._next(client)
        finally:
            self._clients.discard(client)

    async def _next(self, client: asyncio.Queue[Published]) -> str:
        got = asyncio.ensure_future(client.get())
        stop = asyncio.ensure_future(self._stopping.wait())
        done, pending = await asyncio.wait(
            {got, stop}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        return _message(got.result()) if got in done else ": still here\n\n"


def _message(published: Published) -> str:
    data = {"position": published.position, "files": [*published.written, *published.removed]}
    return f"id: {published.position}\nevent: change\ndata: {json.dumps(data)}\n\n"


async def _nothing() -> AsyncIterator[str]:
    return
    yield
