"""The loop that does what is due: within bounds, one thing at a time for each subscriber."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from functools import partial

from feedstream.clock import Clock
from feedstream.config import Settings
from feedstream.deliver.admission import Rate
from feedstream.deliver.jobs import Jobs
from feedstream.deliver.limits import Limits
from feedstream.deliver.outcomes import Outcome
from feedstream.deliver.pools import Busy, Job, Pools
from feedstream.deliver.store import PushStore
from feedstream.deliver.topics import Topics, is_topic
from feedstream.errors import FeedstreamError

logger = logging.getLogger("feedstream.deliver")
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 60.0
LEAST_WAIT = 0.02
ASK, DELIVER, RETRY, PING = "ask", "deliver", "retry", "ping"


class Deliverer:
    """Verifies requests, delivers content and tells hubs elsewhere, until cancelled.

    Four pools that never wait for one another: requests, deliveries, deliveries to those that
    failed the last time (they may be slow, and must not delay the others), and pings.
    """

    def __init__(
        self,
        *,
        store: PushStore,
        topics: Topics,
        settings: Callable[[], Settings],
        jobs: Jobs,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._store = store
        self._topics = topics
        self._settings = settings
        self._jobs = jobs
        self._clock = clock
        self._limits = limits
        self._woken = asyncio.Event()
        self._confirmations = Rate(limits.confirmations_a_minute_of_host)
        self._swept = 0.0
        self._looked = -1
        most = limits.at_once
        sizes = {ASK: most, DELIVER: most, RETRY: max(1, most // 2), PING: 4}
        self._pools = Pools(sizes, limits.at_once_of_host, self.wake)

    def wake(self) -> None:
        """Look again now. Call it in the event loop of `run`."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; jobs that are under way are then cut off, and done again later."""
        try:
            while True:
                await self._turn()
        finally:
            await self._pools.close()

    async def _turn(self) -> None:
        self._woken.clear()
        wait = RETRY_SECONDS
        try:
            await self.step()
            wait = await asyncio.to_thread(self._wait)
        except FeedstreamError as error:
            logger.error("%s Trying again.", error.sentence)
        except Exception:
            logger.exception("Push can't work. Trying again.")
        # Not `wait_for`: before Python 3.12 it can lose a cancellation that comes with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._woken.wait()

    async def step(self) -> None:
        """Note what was done, take account of what was published, and begin what is due."""
        done = self._pools.finished()
        await asyncio.to_thread(self._note, [outcome for _, outcome in done if outcome])
        self._pools.release(done)
        for pool in self._pools.names:
            while await self._begin(pool):
                pass

    async def tell(self) -> None:
        """Tell every hub elsewhere of what it waits for, once."""
        for job in await asyncio.to_thread(self._pings, patient=False):
            outcome = await job.work()
            await asyncio.to_thread(self._store.settle, [outcome])

    async def _begin(self, pool: str) -> bool:
        """Begin what there is room for; whether there may be more to begin."""
        room = self._pools.room(pool)
        if room < 1:
            return False
        found = await asyncio.to_thread(self._due, pool, room, self._busy(pool))
        begun = [job for job in found if self._pools.start(job)]
        if pool == ASK:
            for job in begun:
                self._confirmations.count(job.host, self._now())
        return bool(begun)

    def _busy(self, pool: str) -> Busy:
        match pool:
            case "ask":
                busy = self._pools.busy(ASK)
                spent = self._confirmations.exhausted(self._now())
                return Busy(ids=busy.ids, hosts=(*busy.hosts, *spent))
            case "deliver":
                return self._pools.busy(DELIVER, RETRY)
            case "retry":
                return self._pools.busy(RETRY, DELIVER)
        return self._pools.busy(pool)

    def _now(self) -> float:
        return self._clock().timestamp()

    # ── in a thread ──────────────────────────────────────────────────────────────────────────
    def _note(self, outcomes: Iterable[Outcome]) -> None:
        self._store.settle(outcomes)
        self.mark()
        if self._now() >= self._swept + SWEEP_SECONDS:
            self._swept = self._now()
            if ended := self._store.sweep(self._now()):
                logger.info("%s subscriptions ended with their lease.", ended)

    def mark(self) -> None:
        """Take account of what was published since the last time."""
        cursor = self._store.cursor()
        if cursor is None:  # what was published before there was push is no news
            self._store.mark((), (), cursor=self._topics.last)
            return
        last, files = self._topics.changed_after(cursor)
        if last != cursor:
            changed = [file for file in files if is_topic(file)]
            self._store.mark(changed, self._settings().websub.hubs, cursor=last)
        self._forget(self._topics.withheld)

    def _forget(self, withheld: int) -> None:
        """End topics that are no more; once no row names one that was erased, no byte may either.

        Looks at the beginning too: an erasure, or a feed's end, may have come while nobody did.
        """
        if self._looked != withheld:
            self._end_topics()
            self._looked = withheld
        if self._store.withheld() != withheld and not self._forgotten(self._store.files()):
            self._store.scrub(withheld)

    def _end_topics(self) -> None:
        left = [file for file in self._store.files() if self._topics.is_left(file)]
        tells = self._settings().websub.hub
        self._store.end_topics(left, self._forgotten(left), tells=tells)

    def _forgotten(self, files: Iterable[str]) -> list[str]:
        return [file for file in files if self._topics.is_forgotten(file)]

    def _due(self, pool: str, room: int, busy: Busy) -> list[Job]:
        match pool:
            case "ask":
                return self._questions(room, busy)
            case "ping":
                return self._pings()
        return self._deliveries(pool, room, busy) if self._settings().websub.hub else []

    def _questions(self, room: int, busy: Busy) -> list[Job]:
        found = self._store.due_requests(self._now(), but=busy.ids, hosts=busy.hosts, limit=room)
        return [
            Job(
                pool=ASK,
                id=one.id,
                host=one.host,
                about=f"{one.callback} {one.file}",
                work=partial(self._jobs.verify, one),
            )
            for one in found
        ]

    def _deliveries(self, pool: str, room: int, busy: Busy) -> list[Job]:
        found = self._store.due(
            self._now(), failing=pool == RETRY, but=busy.ids, hosts=busy.hosts, limit=room
        )
        return [
            Job(
                pool=pool,
                id=one.id,
                host=one.host,
                about=str(one.id),
                work=partial(self._jobs.deliver, one),
            )
            for one in found
        ]

    def _pings(self, *, patient: bool = True) -> list[Job]:
        at, configured = self._now(), self._settings().websub.hubs
        return [
            Job(pool=PING, id=0, host=one.hub, about=one.hub, work=partial(self._jobs.ping, one))
            for one in self._store.hubs()
            if one.waiting and one.hub in configured and (one.next_at <= at or not patient)
        ]

    def _wait(self) -> float:
        """The seconds to the next look. What is due waits for a place, whose release wakes us."""
        soonest = self._store.soonest()
        if soonest is None or soonest <= self._now():
            return self._limits.poll
        return min(max(soonest - self._now(), LEAST_WAIT), self._limits.poll)
