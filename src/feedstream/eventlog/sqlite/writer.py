"""Group commit: one thread owns the writing connection and makes many appends durable at once.

While one group is being synced to the disk, the next gathers in the queue: the fsync is the
batching window, and no timer is needed.
"""

import asyncio
import contextlib
import copy
import os
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, NamedTuple, TypeVar

import apsw

from feedstream.clock import Clock
from feedstream.errors import FeedstreamError, Unavailable
from feedstream.eventlog.base import Salt
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.placing import Ledger, Stamp
from feedstream.eventlog.sqlite import broken
from feedstream.eventlog.sqlite.connection import Place, connect
from feedstream.eventlog.sqlite.faults import translated
from feedstream.eventlog.sqlite.ledger import SqliteLedger
from feedstream.eventlog.sqlite.scrub import PATIENCE, scrub
from feedstream.eventlog.stored import microseconds

IN_FLIGHT: Final = 1024
"""How many appends may wait; further callers wait for a place."""

_GROUP: Final = 256

T = TypeVar("T")
Work = Callable[[Ledger, Stamp], T]
Outcome = Any  # a result or an exception


class _Job(NamedTuple):
    """`work` to be done in a transaction: with others, or `alone`; undone unless `keep`."""

    work: Work[Any]
    alone: bool
    keep: bool
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class Writer:
    """The only thread of this process that writes to the log at `place`."""

    def __init__(
        self,
        place: Place,
        db: apsw.Connection,
        *,
        clock: Clock,
        salt: Salt,
        wake: Callable[[], None],
    ) -> None:
        self._place, self._clock, self._salt, self._wake = place, clock, salt, wake
        self._db: apsw.Connection | None = db
        self._ledger: SqliteLedger | None = SqliteLedger(db)
        self._path, self._marker = str(place.path), str(broken.marker(place.path))
        self._identity = _identity(self._path)
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._closed = False
        self.residue = False
        self._thread = Thread(target=self._run, name=f"writer of {place.path.name}", daemon=True)
        self._thread.start()

    async def do(self, work: Work[T], *, alone: bool = False, keep: bool = True) -> T:
        """Do `work` in a transaction; returns what it returned once that is durable.

        `work` may write only as the last thing it does, unless it is `alone`: where it raises,
        the others of its group go on. Bytes that it erased are gone from the disk by then, unless
        `residue` says that readers were in the way.
        """
        async with self._slots:
            if self._closed:
                raise Unavailable("The event log is closed: open it again.")
            loop = asyncio.get_running_loop()
            future: asyncio.Future[T] = loop.create_future()
            self._queue.put(_Job(work, alone, keep, future, loop))
            return await future

    async def aclose(self) -> None:
        """Do what was accepted, then stop."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # ── the thread ────────────────────────────────────────────────────────────────────────────
    def _run(self) -> None:
        held: _Job | None = None
        open_ = True
        while open_ or held is not None:
            job = held if held is not None else self._queue.get()
            held = None
            if job is None:
                open_ = False
                continue
            group = [job]
            if not job.alone:
                held, open_ = self._gather(group, open_=open_)
            self._do(group)
        self._drop()

    def _gather(self, group: list[_Job], *, open_: bool) -> tuple[_Job | None, bool]:
        """Add to `group` what waits; returns a job that must go alone, and whether to go on."""
        with contextlib.suppress(Empty):
            while len(group) < _GROUP:
                job = self._queue.get_nowait()
                if job is None:
                    return None, False
                if job.alone:
                    return job, open_
                group.append(job)
        return None, open_

    def _do(self, group: Sequence[_Job]) -> None:
        # A caller that has gone is not served; one that goes later is, as its docstring says.
        group = [job for job in group if not job.future.cancelled()]
        if not group:
            return
        try:
            outcomes = self._transact(group)
        except Exception as exc:  # whatever it was, the callers must hear of it
            self._drop()
            outcomes = [self._failure(exc) for _ in group]
        if damage := next((o for o in outcomes if isinstance(o, Damaged)), None):
            broken.mark(self._place.path, damage, self._clock())
        self._answer(group, outcomes)

    def _transact(self, group: Sequence[_Job]) -> list[Outcome]:
        if os.access(self._marker, os.F_OK):
            broken.check(self._place.path)
        ledger = self._opened()
        ledger.begin()
        stamp = Stamp(microseconds(self._clock()), self._salt)
        outcomes = [_attempt(job, ledger, stamp) for job in group]
        if group[0].keep and not (group[0].alone and isinstance(outcomes[0], Exception)):
            ledger.commit()
            self._scrub(now=ledger.erased)
        else:
            ledger.rollback()
        return outcomes

    def _scrub(self, *, now: bool) -> None:
        """Get erased bytes off the disk; what does not work now is tried after each append."""
        if self._db is not None and (now or self.residue):
            self.residue = not scrub(self._db, PATIENCE if now else 0.0)

    def _opened(self) -> SqliteLedger:
        if self._ledger is None:
            self._db = connect(self._place)
            self._ledger = SqliteLedger(self._db)
        if _identity(self._path) != self._identity:
            raise Unavailable(
                f"The event log {self._place.path} was moved or replaced while it was open: put it "
                "back, or restart."
            )
        return self._ledger

    def _drop(self) -> None:
        """Let go of the connection: after a failure, nothing that it holds is to be trusted."""
        db, self._db, self._ledger = self._db, None, None
        if db is not None:
            with contextlib.suppress(apsw.Error):
                db.close(True)

    def _failure(self, exc: Exception) -> Exception:
        failure: Exception
        if isinstance(exc, apsw.Error):
            failure = translated(exc, self._place.path)
        elif isinstance(exc, FeedstreamError):
            failure = copy.copy(exc)
        else:
            failure = Unavailable(f"The event log could not be written: {exc!r}.")
        failure.__cause__ = exc
        return failure

    def _answer(self, group: Sequence[_Job], outcomes: Sequence[Outcome]) -> None:
        """Resolve the callers: one wake-up for each loop that they wait in."""
        waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
        for job, outcome in zip(group, outcomes, strict=True):
            waiting.setdefault(job.loop, []).append((job.future, outcome))
        for loop, answers in waiting.items():
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits
                loop.call_soon_threadsafe(self._deliver, answers)

    def _deliver(self, answers: Sequence[tuple["asyncio.Future[Any]", Outcome]]) -> None:
        for future, outcome in answers:
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._wake()


def _attempt(job: _Job, ledger: Ledger, stamp: Stamp) -> Outcome:
    try:
        return job.work(ledger, stamp)
    except FeedstreamError as exc:
        return exc
    except Exception as exc:  # a fault in what a caller handed in
        if job.alone and not isinstance(exc, apsw.Error):
            return exc
        raise


def _identity(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino
