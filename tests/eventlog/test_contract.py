"""What every store does: a store exists when it passes these."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from feedstream.domain.events import Recorded, StoryClosed, StoryReopened, Unknown
from feedstream.errors import Conflict, IdTaken, Integrity, Invalid, Unavailable
from feedstream.eventlog import reading
from feedstream.eventlog.base import ANY, CaughtUp, EventLog, Head, Placed, StreamHead
from tests.eventlog.conftest import START, OpenLog, note, ticking


async def collect(events: AsyncIterator[Any]) -> list[Any]:
    return [event async for event in events]


async def positions(events: AsyncIterator[Recorded]) -> list[int]:
    return [event.position async for event in events]


# ── appending ─────────────────────────────────────────────────────────────────────────────────
async def test_positions_count_the_log_and_revisions_the_stream(log: EventLog) -> None:
    placed = await log.append([note(), note(stream="b"), note()])
    assert placed == [Placed(1, 1), Placed(2, 1), Placed(3, 2)]
    assert await log.append([note(stream="b")]) == [Placed(4, 2)]
    assert await log.stream_head("b") == StreamHead(4, 2)
    assert await log.stream_head("nobody") == StreamHead(0, 0)


async def test_what_was_appended_is_read_back_whole(open_log: OpenLog) -> None:
    log = await open_log(clock=ticking())
    offered = note(
        "done", effective_at=date(2021, 12, 7), correlation_id="c", causation_id="d", actor="Zoë"
    )
    await log.append([offered])
    [event] = await collect(log.read_all())
    assert event == await log.by_id(offered.id)
    assert (event.id, event.stream, event.actor) == (offered.id, "story-a", "Zoë")
    assert (event.type, event.schema, event.event) == ("story.closed", 1, StoryClosed(note="done"))
    assert (event.correlation_id, event.causation_id) == ("c", "d")
    assert event.effective_at == date(2021, 12, 7)
    assert not isinstance(event.effective_at, datetime)
    assert event.recorded_at == START
    assert (len(event.salt), len(event.leaf)) == (16, 32)


async def test_an_empty_log_and_an_empty_batch(log: EventLog) -> None:
    assert await log.head() == Head(0, None)
    assert await log.append([]) == []
    assert await collect(log.read_all()) == []
    assert await log.by_id("nobody") is None
    assert await log.position_at(START) == 0


async def test_one_event_that_cannot_be_recorded_keeps_out_the_whole_batch(log: EventLog) -> None:
    with pytest.raises(Invalid):
        await log.append([note(), note(actor="")])
    assert (await log.head()).position == 0


async def test_recorded_times_never_go_back_when_the_clock_does(open_log: OpenLog) -> None:
    log = await open_log(clock=ticking(timedelta(seconds=-1)))
    for _ in range(3):
        await log.append([note()])
    assert {e.recorded_at for e in await collect(log.read_all())} == {START}


# ── idempotence ───────────────────────────────────────────────────────────────────────────────
async def test_appending_again_gives_the_first_answer_whatever_is_expected(log: EventLog) -> None:
    batch = [note("1"), note("2")]
    first = await log.append(batch, expect={"story-a": 0})
    await log.append([note("3")])
    assert await log.append(batch, expect={"story-a": 0}) == first
    assert (await log.head()).position == 3


async def test_the_correlation_is_no_part_of_the_content(log: EventLog) -> None:
    event = note()
    first = await log.append([event])
    assert await log.append([replace(event, correlation_id="another try")]) == first


@pytest.mark.parametrize(
    "change",
    [
        {"event": StoryClosed(note="other")},
        {"event": StoryReopened()},
        {"stream": "story-b"},
        {"actor": "somebody else"},
        {"effective_at": date(2021, 12, 7)},
        {"effective_at": datetime(2021, 12, 6, tzinfo=UTC)},
    ],
)
async def test_an_id_stands_for_one_content(log: EventLog, change: dict[str, Any]) -> None:
    event = note()
    await log.append([event])
    with pytest.raises(IdTaken, match=rf"{event.id}.*position 1"):
        await log.append([note("before"), replace(event, **change)])
    assert (await log.head()).position == 1


async def test_the_same_instant_in_another_zone_is_the_same_content(log: EventLog) -> None:
    event = note(effective_at=datetime.fromisoformat("2021-12-06T12:00:00+01:00"))
    first = await log.append([event])
    again = replace(event, effective_at=datetime(2021, 12, 6, 11, tzinfo=UTC))
    assert await log.append([again]) == first


async def test_a_batch_of_known_and_new_events_is_refused(log: EventLog) -> None:
    known = note()
    await log.append([known])
    with pytest.raises(Conflict, match="1 of these 2 events are in the log already"):
        await log.append([known, note()])
    assert (await log.head()).position == 1


async def test_an_id_twice_in_one_batch_is_refused(log: EventLog) -> None:
    event = note()
    with pytest.raises(Invalid, match="same id"):
        await log.append([event, event])


async def test_the_same_append_twice_at_once_happens_once(log: EventLog) -> None:
    event = note()
    answers = await asyncio.gather(*(log.append([event]) for _ in range(20)))
    assert answers == [[Placed(1, 1)]] * 20


async def test_a_cancelled_append_can_be_repeated(log: EventLog) -> None:
    batches = [[note(str(n)), note(str(n))] for n in range(40)]
    tasks = [asyncio.create_task(log.append(batch)) for batch in batches]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for batch in batches:
        await log.append(batch)
    events = await collect(log.read_all())
    assert sorted(e.id for e in events) == sorted(p.id for batch in batches for p in batch)
    assert [e.position for e in events] == list(range(1, 81))


# ── expectations ──────────────────────────────────────────────────────────────────────────────
async def test_an_expectation_is_the_position_of_the_streams_last_event(log: EventLog) -> None:
    await log.append([note()], expect={"story-a": 0})
    await log.append([note(stream="b")], expect={"b": 0, "story-a": 1})
    await log.append([note()], expect={"story-a": 1, "b": ANY})
    assert await log.stream_head("story-a") == StreamHead(3, 2)


async def test_a_conflict_names_the_stream_both_positions_and_both_revisions(log: EventLog) -> None:
    await log.append([note(), note(stream="b"), note()])
    with pytest.raises(Conflict) as caught:
        await log.append([note()], expect={"story-a": 1})
    error = caught.value
    assert (error.stream, error.expected, error.actual) == ("story-a", 1, 3)
    assert "position 1 (revision 1)" in error.sentence
    assert "position 3 (revision 2)" in error.sentence
    assert (await log.head()).position == 3


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        (0, "no event (position 0, revision 0), but its last event is at position 1 (revision 1)"),
        (2, "position 2, which is none of its events"),
        (2**70, "none of its events"),
    ],
)
async def test_a_conflict_says_what_was_expected(log: EventLog, expected: int, says: str) -> None:
    await log.append([note(), note(stream="b")])
    with pytest.raises(Conflict) as caught:
        await log.append([note()], expect={"story-a": expected})
    assert says in caught.value.sentence


async def test_a_stream_that_gets_no_event_may_be_expected_too(log: EventLog) -> None:
    await log.append([note(stream="b")])
    with pytest.raises(Conflict):
        await log.append([note()], expect={"b": 0})


async def test_a_negative_expectation_is_a_mistake(log: EventLog) -> None:
    with pytest.raises(Invalid):
        await log.append([note()], expect={"b": -1})


async def test_of_many_at_once_with_one_expectation_exactly_one_wins(log: EventLog) -> None:
    results = await asyncio.gather(
        *(log.append([note(str(n))], expect={"story-a": 0}) for n in range(30)),
        return_exceptions=True,
    )
    assert [r for r in results if isinstance(r, list)] == [[Placed(1, 1)]]
    assert sum(isinstance(r, Conflict) for r in results) == 29


async def test_a_conflict_does_not_hurt_those_beside_it(log: EventLog) -> None:
    await log.append([note()])
    results = await asyncio.gather(
        *(log.append([note(str(n))], expect={"story-a": 99} if n % 2 else {}) for n in range(30)),
        return_exceptions=True,
    )
    assert [isinstance(r, Conflict) for r in results] == [bool(n % 2) for n in range(30)]
    assert [e.position for e in await collect(log.read_all())] == list(range(1, 17))


# ── reading ───────────────────────────────────────────────────────────────────────────────────
async def test_after_is_exclusive_and_upto_inclusive(log: EventLog) -> None:
    await log.append([note(stream="ab"[n % 2]) for n in range(10)])
    assert await positions(log.read_all(3, upto=6)) == [4, 5, 6]
    assert await positions(log.read_all(8, upto=2**80)) == [9, 10]
    assert await positions(log.read_all(10)) == await positions(log.read_all(2**80)) == []
    assert await positions(log.read_all(2, limit=3)) == [3, 4, 5]
    assert await positions(log.read_all(limit=0)) == []
    assert await positions(log.read_stream("b", after=4)) == [6, 8, 10]
    assert await positions(log.read_stream("b", after=2, upto=8)) == [4, 6, 8]
    assert await positions(log.read_stream("nobody")) == []


async def test_reading_some_types_only(log: EventLog) -> None:
    await log.append([note(event=StoryReopened() if n % 3 else StoryClosed()) for n in range(9)])
    assert await positions(log.read_all(types=["story.closed"])) == [1, 4, 7]
    assert await positions(log.read_all(1, types={"story.closed"}, limit=1)) == [4]
    assert await positions(log.read_all(types=[])) == []


async def test_reading_by_stream_actor_and_time(open_log: OpenLog) -> None:
    log = await open_log(clock=ticking())
    for n in range(6):
        await log.append([note(stream=("story-a", "story-b", "wire-1")[n % 3], actor="xy"[n % 2])])
    assert await positions(log.read_all(streams=["story-b", "wire-1"])) == [2, 3, 5, 6]
    assert await positions(log.read_all(streams=[])) == []
    assert await positions(log.read_all(prefix="story-")) == [1, 2, 4, 5]
    assert await positions(log.read_all(prefix="s%")) == []
    assert await positions(log.read_all(2, prefix="story-", actor="y", limit=1)) == [4]
    assert await positions(log.read_all(actor="x", types=["story.closed"])) == [1, 3, 5]
    second = timedelta(seconds=1)
    assert await positions(log.read_all(since=START + second)) == [2, 3, 4, 5, 6]
    assert await positions(log.read_all(until=START + second)) == [1, 2]
    assert await positions(log.read_all(3, since=START, until=START + 3.5 * second)) == [4]
    assert await positions(log.read_all(since=START + 99 * second)) == []
    assert await positions(log.read_all(until=START - second)) == []


async def test_pages_hold_what_was_asked_for(log: EventLog) -> None:
    await log.append([note() for _ in range(7)])
    pages = await collect(log.read_pages(1, size=3))
    assert [[e.position for e in page] for page in pages] == [[2, 3, 4], [5, 6, 7]]
    stored = await collect(log.stored_pages(0, 2))
    assert [s.data for s in stored[0]] == [b'{"note":""}'] * 2


async def test_large_events_make_short_pages_and_none_is_lost(log: EventLog) -> None:
    await log.append([note("x" * 3_000_000) for _ in range(7)])
    pages = await collect(log.read_pages())
    assert [len(page) for page in pages] == [3, 3, 1]


async def test_reading_ends_where_the_log_ended_when_it_began(log: EventLog) -> None:
    await log.append([note() for _ in range(3)])
    seen = []
    async for event in log.read_all():
        seen.append(event.position)
        await log.append([note()])
    assert seen == [1, 2, 3]


async def test_the_position_at_an_instant(open_log: OpenLog) -> None:
    log = await open_log(clock=ticking())
    for _ in range(5):
        await log.append([note(), note()])
    at = [await log.position_at(START + timedelta(seconds=s)) for s in (-1, 0, 0.5, 3, 99)]
    assert at == [0, 2, 2, 8, 10]
    assert await log.head() == Head(10, START + timedelta(seconds=4))


async def test_an_event_of_a_later_version_is_kept_as_it_is(log: EventLog) -> None:
    later = note(event=Unknown(raw={"b": 1, "a": [None]}), type="story.foretold", schema=3)
    newer = note(event=Unknown(raw={"reason": 5}), type="story.closed", schema=2)
    await log.append([later, newer])
    first, second = await collect(log.read_all())
    assert (first.type, first.schema, first.event) == ("story.foretold", 3, later.event)
    assert (second.type, second.schema, second.event) == ("story.closed", 2, newer.event)


# ── subscribing ───────────────────────────────────────────────────────────────────────────────
async def test_a_subscription_gives_history_one_mark_then_what_is_live(log: EventLog) -> None:
    await log.append([note() for _ in range(3)])
    seen: list[int | CaughtUp] = []
    async with aclosing(log.subscribe(1)) as events:
        async for event in events:
            seen.append(event if isinstance(event, CaughtUp) else event.position)
            if len(seen) == 3:
                await log.append([note(), note()])
            if len(seen) == 5:
                break
    assert seen == [2, 3, CaughtUp(3), 4, 5]


async def test_subscriptions_miss_nothing_while_many_append(log: EventLog) -> None:
    async def follow(after: int) -> list[int]:
        seen = []
        async with aclosing(log.subscribe(after)) as events:
            async for event in events:
                if isinstance(event, Recorded):
                    seen.append(event.position)
                    if event.position == 200:
                        break
        return seen

    followers = [asyncio.create_task(follow(0)) for _ in range(3)]
    await asyncio.gather(*(log.append([note(), note()]) for _ in range(100)))
    assert await asyncio.gather(*followers) == [list(range(1, 201))] * 3


async def test_an_append_of_this_process_wakes_its_subscribers_at_once(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "POLL_SECONDS", 3600)
    async with aclosing(log.subscribe()) as events:
        assert await anext(events) == CaughtUp(0)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.05)
        await log.append([note()])
        event = await asyncio.wait_for(waiting, 10)
        assert isinstance(event, Recorded)


async def test_a_subscription_beyond_the_head_is_refused(log: EventLog) -> None:
    await log.append([note()])
    with pytest.raises(Integrity, match="position 2, but the log ends at 1"):
        await anext(log.subscribe(2))


async def test_a_closed_log_says_so(log: EventLog) -> None:
    async def follow() -> None:
        async for _ in log.subscribe():
            pass

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    await log.aclose()
    await log.aclose()
    with pytest.raises(Unavailable, match="closed"):
        await log.append([note()])
    with pytest.raises(Unavailable, match="closed"):
        await log.head()
    with pytest.raises(Unavailable, match="closed"):
        await follower
