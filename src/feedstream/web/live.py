"""Server-sent events (HTML Standard §9.2): which published files changed, as it happens.

A client that falls behind or comes back learns only that it should look again: the messages name
files, and the files hold the content. So nothing hidden can leak here, and nothing is lost.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from feedstream.errors import Unavailable
from feedstream.live import Follower
from feedstream.publish import Published, feed_of_file, is_list

HEARTBEAT = 15  # seconds
BACKLOG = 100  # messages a slow client may be behind before it is let go
CLIENTS = 1000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


Client = asyncio.Queue[str | None]


class LiveStream:
    """`/live`: one message a published change, `{"position": N, "feeds": […]}`.

    It begins with `hello` and the present position: a page made before that one looks again.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._clients: set[Client] = set()
        self._closed = False
        follower.listen(self._tell)

    def close(self) -> None:
        """End all streams, now and for good."""
        self._closed = True
        for client in tuple(self._clients):
            self._end(client)

    def _tell(self, published: Published) -> None:
        message = _message(published)
        for client in tuple(self._clients) if message else ():
            try:
                client.put_nowait(message)
            except asyncio.QueueFull:
                self._end(client)

    def _end(self, client: Client) -> None:
        """A client that is let go reads no more of its backlog: it comes back and looks again."""
        self._clients.discard(client)
        while not client.empty():
            client.get_nowait()
        client.put_nowait(None)

    async def serve(self, request: Request) -> StreamingResponse:
        """The stream; HEAD answers its headers only. Raises `Unavailable` when all is taken."""
        if self._closed or len(self._clients) >= CLIENTS:
            raise Unavailable("Too many readers follow live at the moment: try again later.")
        messages = _nothing() if request.method == "HEAD" else self._messages()
        return StreamingResponse(messages, media_type="text/event-stream", headers=_HEADERS)

    async def _messages(self) -> AsyncIterator[str]:
        client: Client = asyncio.Queue(BACKLOG)
        self._clients.add(client)
        try:
            position = self._follower.position
            hello = f'event: hello\ndata: {{"position":{position}}}'
            yield f"retry: 2000\nid: {position}\n{hello}\n\n"
            while not self._closed:
                message = await self._next(client)
                if message is None:
                    return
                yield message
        finally:
            self._clients.discard(client)

    async def _next(self, client: Client) -> str | None:
        try:
            return await asyncio.wait_for(client.get(), HEARTBEAT)
        except TimeoutError:
            return ": still here\n\n"


def _message(published: Published) -> str:
    """The changed feeds by name. A removed one is named too: it was public, and a page that shows
    its story must learn that the story was withdrawn. Empty where only lists changed."""
    feeds = sorted({feed_of_file(name) for name in published.changed if not is_list(name)})
    if not feeds:
        return ""
    data = json.dumps({"position": published.position, "feeds": feeds}, separators=(",", ":"))
    return f"id: {published.position}\nevent: change\ndata: {data}\n\n"


async def _nothing() -> AsyncIterator[str]:
    return
    yield
