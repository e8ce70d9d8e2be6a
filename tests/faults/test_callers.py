"""Callers who give up and try again, and a clock that is set back."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedstream.clock import new_id
from feedstream.eventlog.base import Placed
from feedstream.eventlog.sqlite import SqliteLog
from tests.faults.conftest import Tell, rounds
from tests.faults.journal import Sent
from tests.faults.load import proposed

pytestmark = pytest.mark.timeout(300)


async def test_an_append_that_is_cancelled_and_repeated_stands_once(
    tmp_path: Path, draw: random.Random, tell: Tell
) -> None:
    """With the same ids, as often as it takes, while others append through the same object."""
    count, written = rounds(400), 0
    batches = [
        [Sent(new_id(), f"stream-{n % 7}", 300) for _ in range(draw.choice((1, 1, 5)))]
        for n in range(count)
    ]
    cancelled = 0
    async with await SqliteLog.open(tmp_path / "log.db", create=True) as log:

        async def caller(batch: list[Sent]) -> list[Placed]:
            nonlocal cancelled, written
            events = [proposed(sent, batch[0].id) for sent in batch]
            for _ in range(draw.randint(1, 3)):
                attempt = asyncio.create_task(log.append(events))
                await asyncio.sleep(draw.choice((0, 0, 0.001, 0.004, 0.01)))
                if attempt.cancel():
                    cancelled += 1
                await asyncio.wait([attempt])
            written += await log.by_id(batch[0].id) is not None
            return await log.append(events)

        placed: list[list[Placed]] = []
        for start in range(0, count, 20):
            placed += await asyncio.gather(*map(caller, batches[start : start + 20]))
        stored = [event async for page in log.stored_pages() for event in page]
        by_id = {event.id: event for event in stored}
        assert len(stored) == len(by_id) == sum(map(len, batches))
        for batch, places in zip(batches, placed, strict=True):
            found = [by_id[sent.id] for sent in batch]
            assert [Placed(event.position, event.revision) for event in found] == places
        assert (await log.verify()).events == len(stored)
    assert 0 < written <= count or count < 100
    assert cancelled or count < 100
    tell(
        appends=count,
        attempts_cancelled=cancelled,
        appends_that_stood_before_they_were_repeated=written,
        events_each_there_once=len(stored),
    )


async def test_a_clock_that_is_set_back_never_takes_recorded_times_back(
    tmp_path: Path, draw: random.Random, tell: Tell
) -> None:
    """Two writers whose clocks jump, one by days: appends go on, times never fall."""
    path, count = tmp_path / "log.db", rounds(300)
    now = [datetime(2021, 12, 6, 9, tzinfo=UTC)] * 2
    falls = 0

    def tick(which: int) -> datetime:
        nonlocal falls
        step = timedelta(seconds=draw.choice((1, 1, 1, 60, -90, -86_400 * 3, 86_400)))
        falls += step < timedelta(0)
        now[which] += step
        return now[which]

    async with (
        await SqliteLog.open(path, create=True, clock=lambda: tick(0)) as one,
        await SqliteLog.open(path, clock=lambda: tick(1)) as two,
    ):
        for _ in range(count):
            log = draw.choice((one, two))
            sent = [Sent(new_id(), "story-a", 100) for _ in range(draw.choice((1, 1, 4)))]
            await log.append([proposed(each, sent[0].id) for each in sent])
        times = [event.recorded_at async for event in two.read_all()]
        assert times == sorted(times)
        assert len(times) >= count
        assert (await one.verify()).events == len(times)
        assert (await one.position_at(times[-1])) == len(times)
    assert falls > count // 10
    tell(appends=count, times_the_clock_was_set_back=falls)
