import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedstream.clock import new_id
from feedstream.domain.events import Proposed, StoryClosed
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.sqlite import SqliteLog

STORES = ("memory", "sqlite")
START = datetime(2021, 12, 6, 9, tzinfo=UTC)

OpenLog = Callable[..., Awaitable[EventLog]]


def note(text: str = "", stream: str = "story-a", **changes: Any) -> Proposed:
    """A small event with an id of its own."""
    event = changes.pop("event", StoryClosed(note=text))
    fields = {"effective_at": date(2021, 12, 6), "actor": "desk", "id": new_id()} | changes
    return Proposed(stream=stream, event=event, **fields)


def ticking(step: timedelta = timedelta(seconds=1)) -> Callable[[], datetime]:
    """A clock that moves on by `step` whenever it is read."""
    ticks = itertools.count()
    return lambda: START + next(ticks) * step


async def new_log(store: str, folder: Path, **options: Any) -> EventLog:
    """An empty log of that store."""
    if store == "memory":
        return MemoryLog(**options)
    return await SqliteLog.open(folder / f"{new_id()}.db", create=True, **options)


@pytest.fixture(params=STORES)
async def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenLog]:
    """Opens empty logs of each store, and closes them."""
    async with AsyncExitStack() as stack:

        async def opener(**options: Any) -> EventLog:
            return await stack.enter_async_context(
                await new_log(request.param, tmp_path, **options)
            )

        yield opener


@pytest.fixture
async def log(open_log: OpenLog) -> EventLog:
    """An empty log of each store."""
    return await open_log()
