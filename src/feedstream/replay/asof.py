"""The read model as it was, in a place of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime

from feedstream.domain.events import Recorded
from feedstream.domain.when import instant_of
from feedstream.eventlog.base import EventLog
from feedstream.projections.runner import Progress
from feedstream.projections.views import Views
from feedstream.replay.moments import known_position
from feedstream.scratch import scratch_folder


@asynccontextmanager
async def views_at(
    log: EventLog,
    *,
    position: int | None = None,
    effective_until: datetime | date | None = None,
    progress: Progress | None = None,
) -> AsyncIterator[Views]:
    """The read model as it was at `position` (by default the head), in a place of its own.

    With `effective_until`, events whose effective time is later are left out instead: the state
    by the newsroom's account. Raises `NotFound` for a position the log does not have.
    """
    if position is None:
        position = (await log.head()).position
    await known_position(log, position)
    with scratch_folder() as folder:
        views = Views(folder / "views.db", scratch=True)
        try:
            async for page in log.read_pages(0, upto=position):
                kept = [one for one in page if _within(one, effective_until)]
                await asyncio.to_thread(views.apply, kept)
                if progress:
                    progress(page[-1].position)
            yield views
        finally:
            views.close()


def _within(recorded: Recorded, until: datetime | date | None) -> bool:
    if until is None:
        return True
    if isinstance(until, datetime):
        return instant_of(recorded.effective_at, recorded_at=recorded.recorded_at) <= until
    return instant_of(recorded.effective_at, recorded_at=recorded.recorded_at).date() <= until
