"""From the log into the read model."""

import asyncio
from collections.abc import Callable
from functools import partial

from feedstream.eventlog.base import EventLog
from feedstream.projections.views import Views
from feedstream.threads import in_thread

PAGE = 5000
"""Events applied in one transaction at most: each story's state is written once in it."""

Progress = Callable[[int], None]


async def catch_up(
    log: EventLog, views: Views, *, upto: int | None = None, progress: Progress | None = None
) -> int:
    """Apply what the log has beyond the checkpoint (as far as `upto`); how many events that was.

    `progress` is told the checkpoint after each page.
    """
    applied = 0
    checkpoint = await asyncio.to_thread(lambda: views.checkpoint)
    async for page in log.read_pages(checkpoint, upto=upto, size=PAGE):
        applied += await in_thread(partial(views.apply, page))
        if progress:
            progress(page[-1].position)
    return applied
