"""Jobs under way: so many at once in each pool, so many of one host, never two about one thing."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from feedstream.deliver.outcomes import Outcome
from feedstream.errors import FeedstreamError

logger = logging.getLogger("feedstream.deliver")
FAULT_SECONDS = 1.0  # until what went wrong on our side is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`work` for `host`, in a pool; `id` is of the row that it is for, `about` its subject."""

    pool: str
    id: int
    host: str
    about: str
    work: Callable[[], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What not to begin now: rows that are at work, and hosts without room."""

    ids: tuple[int, ...]
    hosts: tuple[str, ...]


class Pools:
    """`most` jobs at once, by pool, and `of_host` of them for one host. Use in one event loop.

    A job holds its place until it is released: what came of it must be noted first, or it would be
    found due again. `ended` is called whenever one comes to its end.
    """

    def __init__(self, most: Mapping[str, int], of_host: int, ended: Callable[[], None]) -> None:
        self._most = most
        self._of_host = of_host
        self._ended = ended
        self._tasks: dict[tuple[str, str], tuple[Job, asyncio.Task[Outcome | None]]] = {}
        self._hosts: Counter[tuple[str, str]] = Counter()
        self._finished: list[tuple[Job, Outcome | None]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The pools."""
        return tuple(self._most)

    def room(self, pool: str) -> int:
        """How many more may begin."""
        return self._most[pool] - sum(1 for job, _ in self._tasks.values() if job.pool == pool)

    def busy(self, *pools: str) -> Busy:
        """What is at work in these pools; a host counts as without room in the first."""
        return Busy(
            ids=tuple(job.id for job, _ in self._tasks.values() if job.pool in pools),
            hosts=tuple(
                host
                for (pool, host), count in self._hosts.items()
                if pool == pools[0] and count >= self._of_host
            ),
        )

    def start(self, job: Job) -> bool:
        """Begin a job; False where there is no room for it now."""
        place, key = (job.pool, job.host), (job.pool, job.about)
        if self._hosts[place] >= self._of_host or key in self._tasks or self.room(job.pool) < 1:
            return False
        task = asyncio.create_task(_safely(job))
        self._tasks[key] = job, task
        self._hosts[place] += 1
        task.add_done_callback(lambda ended: self._take(job, ended))
        return True

    def _take(self, job: Job, task: asyncio.Task[Outcome | None]) -> None:
        if not task.cancelled():
            self._finished.append((job, task.result()))
            self._ended()

    def finished(self) -> list[tuple[Job, Outcome | None]]:
        """The jobs that came to their end and are not released yet, and what came of each."""
        return list(self._finished)

    def release(self, jobs: list[tuple[Job, Outcome | None]]) -> None:
        """Give their places free."""
        for job, _ in jobs:
            self._tasks.pop((job.pool, job.about), None)
            self._hosts[job.pool, job.host] -= 1
        self._hosts += Counter()  # drops what is down to nothing
        del self._finished[: len(jobs)]

    async def close(self) -> None:
        """Cut all jobs off."""
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _safely(job: Job) -> Outcome | None:
    """Do a job's work; None where that failed on our side: then its row stays as it was."""
    try:
        return await job.work()
    except FeedstreamError as error:
        logger.error("%s Trying again.", error.sentence)
    except Exception:
        logger.exception("Push to %s failed unexpectedly. Trying again.", job.host)
    await asyncio.sleep(FAULT_SECONDS)
    return None
