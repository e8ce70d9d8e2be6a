"""Appends that are made durable together: each is answered as if it had been alone."""

import asyncio
from pathlib import Path

import pytest

from feedstream.errors import Conflict, IdTaken, Invalid
from feedstream.eventlog.base import EventLog, Placed
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.stored import Claim, Entry
from tests.eventlog.conftest import note

MANY = 700  # more than are held back before they are written


async def test_what_the_same_group_has_recorded_is_known(log: EventLog) -> None:
    first = note("a")
    other = note("b", id=first.id)
    answers = await asyncio.gather(
        log.append([first]), log.append([first]), log.append([other]), return_exceptions=True
    )
    assert answers[:2] == [[Placed(1, 1)], [Placed(1, 1)]]
    assert isinstance(answers[2], IdTaken)
    assert (await log.head()).position == 1


async def test_a_conflict_in_a_group_knows_the_events_before_it(log: EventLog) -> None:
    first, second, late = note("a"), note("b"), note("c")
    answers = await asyncio.gather(
        log.append([first]),
        log.append([second], expect={"story-a": 1}),
        log.append([late], expect={"story-a": 1}),
        return_exceptions=True,
    )
    assert answers[:2] == [[Placed(1, 1)], [Placed(2, 2)]]
    with pytest.raises(Conflict, match=r"position 1 \(revision 1\).*position 2 \(revision 2\)"):
        raise answers[2]  # type: ignore[misc]


async def test_many_at_once_are_all_there_in_their_order(log: EventLog) -> None:
    events = [note(str(n), f"story-{n % 9}") for n in range(MANY)]
    placed = await asyncio.gather(*(log.append([event]) for event in events))
    there = [recorded async for recorded in log.read_all()]
    assert [recorded.id for recorded in there] == [event.id for event in events]
    assert [one.position for [one] in placed] == list(range(1, MANY + 1))
    assert [(r.position, r.revision) for r in there] == [
        (one.position, one.revision) for [one] in placed
    ]
    await log.verify()


async def test_large_ones_in_one_batch_are_all_there(log: EventLog) -> None:
    events = [note("x" * 3_000_000), note("y"), note("z" * 6_000_000), note("w")]
    await log.append(events)
    assert [recorded.id async for recorded in log.read_all()] == [event.id for event in events]
    await log.verify()


async def test_a_restoration_that_fails_late_leaves_nothing(tmp_path: Path) -> None:
    async with await SqliteLog.open(tmp_path / "source.db", create=True) as source:
        await source.append([note(str(n)) for n in range(MANY)])
        stored = [one async for page in source.stored_pages() for one in page]
    lines = [
        (
            Entry(
                id=one.id, stream=one.stream, type=one.type, schema=one.schema,
                effective_at=one.effective_at, actor=one.actor,
                correlation_id=one.correlation_id, causation_id=one.causation_id, data=one.data,
                recorded_at=one.recorded_at, salt=one.salt,
            ),
            Claim(one.position, one.revision, one.leaf),
        )
        for one in stored
    ]  # fmt: skip
    wrong = (lines[-1][0], Claim(MANY, MANY, bytes(32)))
    async with await SqliteLog.open(tmp_path / "target.db", create=True) as target:
        with pytest.raises(Invalid, match="leaf of position 700"):
            await target.restore([*lines[:-1], wrong])
        assert (await target.head()).position == 0
        restored = await target.restore(lines)
        assert (restored.new, restored.head.position) == (MANY, MANY)
        await target.verify()
