"""The read model built anew in a shadow beside it, and put in its place in one step.

The shadow is copied over the old one inside a single transaction of SQLite (its backup), not
renamed: open connections of every process see the old state until it commits and the new one
after, and no journal of the old file can ever be taken for the new one's.
"""

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import apsw

from feedstream.domain.events import Recorded, Unknown
from feedstream.errors import Conflict, FeedstreamError, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.projections import bulk
from feedstream.projections.bulk import Bulk, Failed
from feedstream.projections.runner import PAGE, Progress
from feedstream.projections.tables import is_of_the_place, page_size_of
from feedstream.projections.views import Views
from feedstream.threads import in_thread

BUSY = 30_000  # milliseconds to wait for whoever writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An event that cannot be applied, and why."""

    position: int
    type: str
    sentence: str


Told = Callable[[Trouble], None]


class Shadow:
    """A read model in the making, at `path`; made by `shadow_beside`."""

    def __init__(self, path: Path, page_size: int) -> None:
        self.path = path
        self.views = Views(path, scratch=True, page_size=page_size)
        self._bulk: Bulk | None = None  # until what was there when it began is in

    def close(self) -> None:
        """Let go of the file."""
        if self._bulk:
            self._bulk.close()
        self.views.close()

    async def build(
        self,
        log: EventLog,
        *,
        keep_going: bool = False,
        told: Told = lambda _: None,
        progress: Progress | None = None,
    ) -> int:
        """Apply what the log has beyond the shadow's checkpoint; how many events that was.

        `told` hears of each event that cannot be applied. Then it is passed over and counted as
        unknown where the work is to `keep_going`; otherwise `Unavailable` is raised.
        """
        failed = partial(_failed, keep_going, told)
        if self.views.checkpoint == 0:
            return await self._build_at_once(log, failed, progress)
        applied = 0
        async for page in log.read_pages(self.views.checkpoint, size=PAGE):
            applied += await in_thread(partial(self._take, page, failed))
            if progress:
                progress(page[-1].position)
        return applied

    async def _build_at_once(self, log: EventLog, failed: Failed, progress: Progress | None) -> int:
        made = self._bulk = self._bulk or Bulk(self.path)
        applied = 0
        async for page in log.read_pages(made.checkpoint, size=bulk.PAGE):
            await in_thread(partial(self._write, partial(made.take, page, failed)))
            applied += len(page)
            if progress:
                progress(page[-1].position)
        await in_thread(partial(self._write, made.finish))
        made.close()
        self._bulk = None
        return applied

    def _write(self, work: Callable[[], None]) -> None:
        try:
            work()
        except apsw.Error as error:
            raise Unavailable(f"{self.path} can't be written: {error}.") from error

    def _take(self, page: Sequence[Recorded], failed: Failed) -> int:
        try:
            return self.views.apply(page)
        except Exception as error:
            if is_of_the_place(error):
                raise
            return sum(self._take_one(one, failed) for one in page)

    def _take_one(self, one: Recorded, failed: Failed) -> int:
        try:
            return self.views.apply([one])
        except Exception as error:
            if is_of_the_place(error):
                raise
            return self.views.apply([failed(one, error)])


def _failed(keep_going: bool, told: Told, one: Recorded, error: Exception) -> Recorded:
    trouble = Trouble(position=one.position, type=one.type, sentence=_sentence(error))
    told(trouble)
    if not keep_going:
        raise Unavailable(
            f"The rebuild stopped at position {one.position}, which can't be applied"
            f" ({trouble.sentence}): nothing was changed; --keep-going passes over such"
            " events."
        ) from error
    return replace(one, event=Unknown(raw={}))


@contextmanager
def shadow_beside(views: Path) -> Iterator[Shadow]:
    """An empty shadow of the read model at `views`, gone in the end.

    Removes what rebuilds left that were killed. Raises `Conflict` where one is at work.
    """
    with _alone(views.with_name("rebuild.lock")):
        for left in views.parent.glob(f"{views.name}.shadow-*"):
            left.unlink(missing_ok=True)
        # SQLite copies only between files of one page size, and older ones have another.
        path = views.with_name(f"{views.name}.shadow-{os.getpid()}")
        shadow = Shadow(path, page_size_of(views))
        try:
            yield shadow
        finally:
            shadow.close()
            for part in ("", "-wal", "-shm"):
                shadow.path.with_name(shadow.path.name + part).unlink(missing_ok=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    try:
        file = lock.open("a")
    except OSError as error:
        raise Unavailable(f"{lock} can't be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Another rebuild of this read model is at work: wait until it has ended."
            ) from None
        yield


async def swap(
    log: EventLog,
    shadow: Shadow,
    views: Path,
    *,
    keep_going: bool = False,
    told: Told = lambda _: None,
) -> None:
    """Put the shadow in place of the read model at `views`; call it under the publisher's lock.

    First nobody can write to the old one, then the shadow takes up what was appended meanwhile, so
    that the checkpoint never goes back for those who wait to apply the next event. Readers go on.
    Raises `Unavailable`; then, and after a kill at any instant, the old one is as it was.
    """
    try:
        with closing(apsw.Connection(str(views))) as old:
            old.set_busy_timeout(BUSY)
            await _copy(shadow, old, lambda: shadow.build(log, keep_going=keep_going, told=told))
            await asyncio.to_thread(_tidy, old)
    except (apsw.NotADBError, apsw.CorruptError):
        await asyncio.to_thread(_replace_broken, shadow, views)
    except apsw.Error as error:
        raise Unavailable(
            f"The read model {views} can't be replaced: {error}; it is as it was."
        ) from error


async def _copy(shadow: Shadow, old: apsw.Connection, rest: Callable[[], Awaitable[int]]) -> None:
    with (
        closing(apsw.Connection(str(shadow.path))) as new,
        old.backup("main", new, "main") as backup,
    ):
        # A step of no pages takes the write lock of the old file and copies nothing yet.
        await asyncio.to_thread(backup.step, 0)
        await rest()
        await in_thread(lambda: backup.step(-1))


def _tidy(old: apsw.Connection) -> None:
    """The copy lies in the file's journal: have it where it belongs, if no reader is in the way."""
    old.set_busy_timeout(0)
    with suppress(apsw.BusyError):
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _replace_broken(shadow: Shadow, views: Path) -> None:
    """A file that SQLite itself can't read serves nobody: the shadow takes its name."""
    shadow.close()
    with closing(apsw.Connection(str(shadow.path))) as new:
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for part in ("-wal", "-shm"):
        views.with_name(views.name + part).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.replace(shadow.path, views)


def _sentence(error: Exception) -> str:
    if isinstance(error, FeedstreamError):
        return error.sentence
    return f"{type(error).__name__}: {error}"
