"""Push as one thing: what a server, a command and the composition root need of it."""

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path

from feedstream.clock import Clock
from feedstream.config import Settings
from feedstream.deliver.callbacks import Callbacks
from feedstream.deliver.deliverer import Deliverer
from feedstream.deliver.hub import Hub
from feedstream.deliver.jobs import Jobs
from feedstream.deliver.limits import Limits
from feedstream.deliver.store import PushStore
from feedstream.deliver.tables import HubState
from feedstream.deliver.topics import Topics
from feedstream.errors import FeedstreamError, Unavailable

logger = logging.getLogger("feedstream.deliver")
LOCK_SECONDS = 0.5  # between two looks whether another process has let go
RETRY_SECONDS = 10.0  # after trouble with our own files
MediaType = Callable[[str], str]


class Push:
    """WebSub of one newsroom: the embedded hub, its deliveries, and telling hubs elsewhere.

    Nothing is opened before it is needed, and nothing is sent but by `run` and `ping_now`: a
    replay, a rehearsal and a rebuild call neither.
    """

    def __init__(
        self,
        *,
        folder: Path,
        topics: Topics,
        settings: Callable[[], Settings],
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._limits = limits
        self._deliverer: Deliverer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened: PushStore | None = None
        self.topics = topics

    @property
    def path(self) -> Path:
        """The file of its store, which is there once something was asked for."""
        return self._folder / "websub.db"

    @cached_property
    def store(self) -> PushStore:
        """What it remembers. Raises `Unavailable`."""
        self._opened = PushStore(self.path)
        return self._opened

    @cached_property
    def hub(self) -> Hub:
        """What takes subscription requests."""
        return Hub(
            store=self.store,
            topics=self.topics,
            base_url=lambda: self._settings().site.base_url,
            clock=self._clock,
            limits=self._limits,
            wake=self.wake,
        )

    @property
    def limits(self) -> Limits:
        """Its bounds."""
        return self._limits

    @property
    def enabled(self) -> bool:
        """Whether the settings ask for the embedded hub."""
        return self._settings().websub.hub

    @property
    def serving(self) -> bool:
        """Whether something in this process serves what is asked for: a rehearsal does not."""
        return self._loop is not None

    def close(self) -> None:
        """Let go of the store."""
        if self._opened is not None:
            self._opened.close()

    def wake(self) -> None:
        """Something was published or asked for: look at once. Any thread may call it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._deliverer is not None:
            self._deliverer.wake()

    async def run(self, media_type: MediaType) -> None:
        """Verify, deliver and tell until cancelled; one process of a newsroom does it at a time.

        `media_type` gives the Content-Type that a published file is served with.
        """
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    await self._run(media_type)
                except FeedstreamError as error:  # the site is served without push until then
                    logger.error("%s Trying again.", error.sentence)
                except Exception:
                    logger.exception("Push can't work. Trying again.")
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._loop = None

    async def _run(self, media_type: MediaType) -> None:
        async with self._alone(), self._callbacks() as callbacks:
            self._deliverer = self._worker(callbacks, media_type)
            try:
                await self._deliverer.run()
            finally:
                self._deliverer = None

    async def ping_now(self, files: Sequence[str] = ()) -> list[HubState]:
        """Tell the hubs elsewhere of what they were not told of yet, and of `files` again.

        The embedded hub's subscribers get `files` again from whatever process delivers. Where one
        does, it also tells the hubs, so that nothing is sent here. The answer is how each stands.
        """
        hubs = self._settings().websub.hubs
        async with self._callbacks() as callbacks:
            worker = self._worker(callbacks, str)  # it delivers nothing
            await asyncio.to_thread(worker.mark)
            if files:
                await asyncio.to_thread(self.store.mark_again, files, hubs)
            if (handle := self._take()) is not None:
                try:
                    await worker.tell()
                finally:
                    os.close(handle)
        return [state for state in await asyncio.to_thread(self.store.hubs) if state.hub in hubs]

    def _worker(self, callbacks: Callbacks, media_type: MediaType) -> Deliverer:
        jobs = Jobs(
            store=self.store,
            topics=self.topics,
            settings=self._settings,
            callbacks=callbacks,
            clock=self._clock,
            limits=self._limits,
            media_type=media_type,
        )
        return Deliverer(
            store=self.store,
            topics=self.topics,
            settings=self._settings,
            jobs=jobs,
            clock=self._clock,
            limits=self._limits,
        )

    @asynccontextmanager
    async def _callbacks(self) -> AsyncIterator[Callbacks]:
        callbacks = Callbacks(self._limits)
        try:
            yield callbacks
        finally:
            await callbacks.close()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the lock of this newsroom's push: a killed process lets go of it."""
        while (handle := self._take()) is None:  # noqa: ASYNC110  # its holder is another process
            await asyncio.sleep(LOCK_SECONDS)
        try:
            yield
        finally:
            os.close(handle)

    def _take(self) -> int | None:
        path = self._folder / "websub.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"{path} can't be opened: {error.strerror}.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        return handle
