"""Replay: the state and the very bytes of the feeds as they were at an earlier moment."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from feedstream.config import Settings, Site
from feedstream.domain.events import Recorded
from feedstream.domain.when import When, instant_of
from feedstream.errors import NotFound
from feedstream.eventlog.base import EventLog
from feedstream.projections.runner import Progress
from feedstream.projections.views import Views
from feedstream.publish import Published, Publisher


def end_of(when: When, site: Site) -> datetime:
    """The last instant that `when` covers: itself, or the end of that day in the site's zone."""
    if isinstance(when, datetime):
        return when
    midnight = datetime.combine(when, time(0), tzinfo=ZoneInfo(site.timezone))
    return (midnight + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)


async def position_until(log: EventLog, when: When, site: Site) -> int:
    """The last position that was recorded until (and with) `when`."""
    return await log.position_at(end_of(when, site))


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
    head = (await log.head()).position
    if position is not None and not 0 <= position <= head:
        raise NotFound(f"The log has no position {position}: it goes from 1 to {head}.")
    with tempfile.TemporaryDirectory(prefix="feedstream-replay-") as folder:
        views = Views(Path(folder) / "views.db")
        try:
            async for page in log.read_pages(0, upto=head if position is None else position):
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


def render_to(views: Views, settings: Settings, folder: Path) -> Published:
    """Write every feed of `views` into `folder`, which need not exist.

    Files of the same names are replaced where they differ; others stay. No gzipped siblings are
    written: this is for people and comparisons, not for a server.
    """
    with tempfile.TemporaryDirectory(prefix="feedstream-lock-") as place:
        publisher = Publisher(views, settings, folder, Path(place) / "lock", compress=False)
        return publisher.run()
