"""Follows the log while a server runs: every event, of whichever process, reaches the outputs."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from feedstream.errors import FeedstreamError, Integrity, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.projections.runner import catch_up
from feedstream.projections.views import Views
from feedstream.publish import Published, Publisher
from feedstream.renewal import Renewal
from feedstream.threads import in_thread

logger = logging.getLogger("feedstream.live")
RETRY_SECONDS = 1.0
Listener = Callable[[Published], None]


class Follower:
    """Keeps read model and feeds up to the log, and tells listeners what changed.

    `position` is how far the outputs are; `settled` whether they have once been up to the log
    since the start; `trouble` is the sentence of what stops them, if anything does, and `damaged`
    whether that is a log that does not hold what it should; `failed` names the feeds that stand
    as they were, since they could not be written. It never gives up: it says what is
    wrong and tries again. `after` is called whenever they are up to the log.
    """

    def __init__(
        self,
        log: EventLog,
        views: Views,
        publisher: Publisher,
        *,
        renewal: Renewal | None = None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._renewal = renewal
        self._after = after
        self._log = log
        self._views = views
        self._publisher = publisher
        self._listeners: list[Listener] = []
        self.position = 0
        self.settled = False
        self.trouble = ""
        self.failed: frozenset[str] = frozenset()
        self.damaged = False

    def listen(self, listener: Listener) -> None:
        """Have `listener` called after every run that changed a published file."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow()
            except FeedstreamError as error:
                self.trouble = error.sentence
                self.damaged = isinstance(error, Integrity)
                logger.error("%s Trying again.", error.sentence)
            except Exception as error:
                # A fault of ours must not take the server along: it is logged whole.
                self.trouble = f"The outputs can't be made ({error!r}): see the server's log."
                logger.exception("The outputs can't be made. Trying again.")
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        await self._settle()
        async with aclosing(self._log.subscribe(self.position)) as news:
            async for _ in news:
                if (await self._log.head()).position > self.position:
                    await self._settle()
        raise Unavailable("The log ended its subscription.")

    async def _settle(self) -> None:
        await catch_up(self._log, self._views)
        if self._renewal:
            await self._renewal.if_stale()
        published = await in_thread(self._publisher.run, stop=self._publisher.stop)
        self.position = published.position
        self.settled = True
        self.trouble = published.trouble
        self.failed = frozenset(published.failed)
        self.damaged = False
        self._after()
        if published.changed:
            for listener in self._listeners:
                listener(published)
        if published.failed:
            raise Unavailable(published.trouble)
