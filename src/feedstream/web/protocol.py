"""uvicorn's HTTP protocol with a fast path: a plain request of a known feed is answered at once.

It takes only what comes as one whole request on a connection where nothing is under way. Every
other byte goes to uvicorn, which never learns of the requests that were answered here.
"""

from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from feedstream.web.fast import FastFeeds

_BEGINNINGS = (b"GET /feeds/", b"HEAD /feeds/")


class FeedProtocol(HttpToolsProtocol):
    """One connection. `feeds` has the answers: see `protocol_for`."""

    feeds: ClassVar[FastFeeds]
    _idle = True  # no message is half read
    _odd = False  # uvicorn's parser met something that a later request might suffer from
    _last = 0.0  # when the last request was answered here, by the loop's clock

    def data_received(self, data: bytes) -> None:
        """Answer, or have uvicorn do so."""
        if data.startswith(_BEGINNINGS) and self._is_free() and self._answer(data):
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A message began to come in."""
        self._idle = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._odd = self._odd or self.parser.should_upgrade()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is there whole."""
        self._idle = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for a while, unless it was answered here since the clock was set."""
        left = self._last + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._set_timeout(left)
        else:
            super().timeout_keep_alive_handler()

    def _is_free(self) -> bool:
        """Nothing is half read, under way, queued or stuck; and nobody keeps a log of requests or
        a limit of them, which uvicorn sees to."""
        return (
            self._idle
            and not self._odd
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.config.access_log
            and self.limit_concurrency is None
        )

    def _answer(self, data: bytes) -> bool:
        answer = self.feeds.find(data)
        if answer is None:
            return False
        transport, state = self.transport, self.server_state
        transport.write(answer.head(state.default_headers))
        if answer.body:
            transport.write(answer.body)
        state.total_requests += 1
        self.feeds.answered[answer.status] += 1
        self._last = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._set_timeout(self.timeout_keep_alive)
        return True

    def _set_timeout(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )


def protocol_for(feeds: FastFeeds) -> type[FeedProtocol]:
    """The protocol of a server that has these answers ready."""
    return type("FeedProtocol", (FeedProtocol,), {"feeds": feeds})
