"""APScheduler's jobs: a look at each source when it is due, embargoes lifted on time."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial

import httpx
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from feedstream.bootstrap import App
from feedstream.domain import commands as c
from feedstream.domain.wire import Source
from feedstream.errors import Conflict, FeedstreamError, NotFound, Refused
from feedstream.poll import poll
from feedstream.wire.fetch import make_client

logger = logging.getLogger("feedstream.schedule")
TICK = 1  # seconds between two looks at embargoes and at the list of sources


class Schedule:
    """The clockwork of a running server.

    One job a source: never two at once, missed runs are one run, and each run plans the next from
    the source's health, which the operational store keeps over restarts.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._client: httpx.AsyncClient | None = None
        self._known: dict[str, Source] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Begin: due embargoes and sources at once, the others when their time comes."""
        self._client = make_client(self._app.settings.wire)
        self._scheduler.add_job(
            self._in_order,
            IntervalTrigger(seconds=TICK),
            args=[self._tick],
            id="tick",
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        await self._tick()

    async def stop(self) -> None:
        """End all jobs; a look that is under way is cut off and repeated after the next start."""
        self._stopping = True
        left = tuple(self._at_work)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._client is not None:
            await self._client.aclose()

    async def _tick(self) -> None:
        """Neither half may hold up the other, nor may one story hold up the next."""
        for half in (self._lift_embargoes, self._plan_sources):
            try:
                await half()
            except FeedstreamError as error:
                logger.error("%s", error.sentence)

    async def _lift_embargoes(self) -> None:
        now = self._app.newsroom.clock()
        for row in await asyncio.to_thread(self._app.views.embargoes):
            until = row.story.embargo_until
            if until is None or until > now:
                return
            command = c.LiftEmbargo(story=row.story.id, at=now, effective=until, due=True)
            try:
                await self._app.newsroom.execute(command, actor="scheduler")
            except (Refused, NotFound, Conflict) as error:
                logger.warning("The embargo of story %s stays: %s", row.story.id, error.sentence)

    async def _plan_sources(self) -> None:
        sources = {s.name: s for s in await asyncio.to_thread(self._app.views.sources)}
        for name in self._known.keys() - sources.keys():
            self._drop(name)
        for name, source in sources.items():
            if self._known.get(name) != source:
                self._known[name] = source
                self._plan(source, self._due(source))

    def _due(self, source: Source) -> datetime:
        health = self._app.operations.health_of(source.name)
        return health.next_at or self._app.newsroom.clock()

    def _plan(self, source: Source, at: datetime) -> None:
        self._scheduler.add_job(
            self._in_order,
            DateTrigger(run_date=max(at, self._app.newsroom.clock() + timedelta(seconds=0.05))),
            args=[partial(self._look, source.name)],
            id=f"source-{source.name}",
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def _drop(self, name: str) -> None:
        del self._known[name]
        if self._scheduler.get_job(f"source-{name}"):
            self._scheduler.remove_job(f"source-{name}")

    async def _in_order(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do a job's work; where a stop cuts it off, the job itself ends in order all the same."""
        if self._stopping:
            return
        task = asyncio.create_task(work())
        self._at_work.add(task)
        await asyncio.wait([task])
        self._at_work.discard(task)
        if not task.cancelled():
            task.result()

    async def _look(self, name: str) -> None:
        source = self._known.get(name)
        if source is None or self._client is None:
            return
        later = timedelta(seconds=source.interval)
        try:
            if not self._app.operations.health_of(name).paused:
                look = await poll(
                    source,
                    client=self._client,
                    operations=self._app.operations,
                    ingest=self._app.ingest,
                    limits=self._app.settings.wire,
                    clock=self._app.newsroom.clock,
                )
                later = (look.next_at or self._app.newsroom.clock()) - self._app.newsroom.clock()
        except Exception:
            # A fault of ours must not end a source for good: it is logged whole and tried again.
            logger.exception("A look at %s failed unexpectedly.", name)
        if name in self._known:
            self._plan(self._known[name], self._app.newsroom.clock() + later)
