"""Logs moved as files: what goes out comes in, and nothing comes in by half."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedstream.domain.events import Proposed, StoryClosed, StoryReopened
from feedstream.errors import Conflict, FeedstreamError, IdTaken, Invalid
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.codec import MAX_LINE
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.transfer import export, import_, read_lines
from tests.eventlog.conftest import START, STORES, OpenLog, new_log, note, ticking
from tests.strategies import histories


async def exported(log: EventLog, after: int = 0, upto: int | None = None) -> list[bytes]:
    return [line async for line in export(log, after, upto)]


async def recorded(log: EventLog) -> list[Any]:
    return [event async for event in log.read_all()]


async def an_export(count: int = 5) -> list[bytes]:
    log = MemoryLog(clock=ticking())
    for n in range(count):
        await log.append([note(str(n), stream="ab"[n % 2])])
    return await exported(log)


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(0, 30))
def test_an_imported_export_is_the_same_log(
    store: str, history: list[list[Proposed]], cut: int
) -> None:
    async def law(folder: Path) -> None:
        async with (
            await new_log(store, folder) as origin,
            await new_log(store, folder) as copy,
            await new_log(store, folder) as grown,
        ):
            for batch in history:
                await origin.append(batch)
            lines = await exported(origin)
            report = await import_(copy, lines)
            assert (report.read, report.new, report.known) == (len(lines), len(lines), 0)
            assert report.head == await origin.head() == await copy.head()
            assert await recorded(copy) == await recorded(origin)
            assert await exported(copy) == lines

            again = await import_(copy, lines)
            assert (again.new, again.known, again.head) == (0, len(lines), report.head)
            assert await exported(copy) == lines

            part = min(cut, len(lines))
            await import_(grown, lines[:part])
            rest = await import_(grown, lines)
            assert (rest.new, rest.known) == (len(lines) - part, part)
            assert await exported(grown) == lines
            assert [await copy.append(b) for b in history] == [
                await origin.append(b) for b in history
            ]

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(law(Path(name)))


async def test_a_line_ends_in_a_line_feed_and_holds_no_other(log: EventLog) -> None:
    await log.append([note("a\nb\u2028c")])
    [line] = await exported(log)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


async def test_part_of_a_log_goes_on_where_the_other_part_ended(log: EventLog) -> None:
    lines = await an_export(6)
    await import_(log, lines[:2])
    report = await import_(log, lines[2:])
    assert (report.new, report.head.position) == (4, 6)
    assert await exported(log, 1, 4) == lines[1:4]


async def test_a_restored_log_goes_on_in_its_own_time(open_log: OpenLog) -> None:
    log = await open_log(clock=lambda: START - timedelta(days=1))
    await import_(log, await an_export())
    await log.append([note()])
    last = (await recorded(log))[-1]
    assert (last.position, last.recorded_at) == (6, START + timedelta(seconds=4))


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(log: EventLog) -> None:
    lines = await an_export()
    await import_(log, lines[:2])
    report = await import_(log, lines, dry_run=True)
    assert (report.read, report.new, report.known, report.head.position) == (5, 3, 2, 5)
    assert (await log.head()).position == 2
    assert (await import_(log, lines)).new == 3
    with pytest.raises(Invalid, match=r"^line 3: "):
        await import_(MemoryLog(), [*lines[:2], b"{"], dry_run=True)


async def test_lines_may_come_from_anywhere(log: EventLog) -> None:
    lines = await an_export()

    async def arriving() -> AsyncIterator[bytes]:
        for line in lines[:3]:
            await asyncio.sleep(0)
            yield line

    assert (await import_(log, arriving())).new == 3
    file = io.BytesIO(b"\n" + b"".join(lines).replace(b"\n", b"\r\n") + b"\n  \n")
    report = await import_(log, read_lines(file))
    assert (report.read, report.new, report.known) == (5, 2, 3)


async def test_events_from_elsewhere_are_recorded_anew(log: EventLog) -> None:
    line = {
        "specversion": "1.0", "id": "1", "source": "/cms", "type": "story.closed",
        "subject": "story-z", "time": "2021-12-06T09:00:00Z", "data": {},
    }  # fmt: skip
    await log.append([note()])
    assert (await import_(log, [orjson.dumps(line)])).new == 1
    assert (await import_(log, [orjson.dumps(line)])).known == 1
    event = await log.by_id("1")
    assert event is not None
    assert (event.position, event.actor, event.event) == (2, "/cms", StoryClosed())
    with pytest.raises(IdTaken, match=r"^line 1: .*already stands for other content"):
        await import_(log, [orjson.dumps(line | {"data": {"note": "x"}})])


# ── broken lines ──────────────────────────────────────────────────────────────────────────────
def changed(**changes: Any) -> Callable[[list[bytes]], list[bytes]]:
    """The third line with other attributes."""

    def change(lines: list[bytes]) -> list[bytes]:
        return [*lines[:2], orjson.dumps(orjson.loads(lines[2]) | changes), *lines[3:]]

    return change


BROKEN: list[tuple[Callable[[list[bytes]], list[bytes]], str]] = [
    (lambda ls: [*ls[:2], b"{\n", *ls[3:]], "line 3: this is not JSON"),
    (lambda ls: [*ls[:2], b"x" * (MAX_LINE + 9), *ls[3:]], "line 3: the line is longer than 8 MiB"),
    (changed(data={"note": 5}), "line 3: the data is no story.closed"),
    (changed(data={"note": "forged"}), "line 3: the leaf of position 3 does not match"),
    (changed(actor="forger"), "line 3: the leaf of position 3 does not match"),
    (changed(correlationid="forged"), "line 3: the leaf of position 3 does not match"),
    (changed(time="2021-12-06T09:00:02.5Z"), "line 3: the leaf of position 3 does not match"),
    (changed(time="2021-12-06T08:00:00Z"), "line 3: event .* never go back"),
    (changed(position=4), "line 3: position 4 is out of order: the log's next is 3"),
    (changed(revision=9), "line 3: revision 9 is out of order: the next of a is 2"),
    (changed(actor="\n"), "line 3: .* control characters"),
    (lambda ls: [*ls[:2], *ls[3:]], "line 3: position 4 is out of order"),
    (lambda ls: [ls[0], ls[2], ls[1], *ls[3:]], "line 2: position 3 is out of order"),
    (lambda ls: ls[1:], "line 1: position 2 is out of order: the log's next is 1"),
    (lambda ls: [*ls, ls[4].replace(b'"note":"4"', b'"note":"5"')], "line 6: .* other content"),
    (lambda ls: [*ls, ls[4].replace(b'"position":5', b'"position":6')], "line 6: .* another log"),
]


@pytest.mark.parametrize(("spoil", "says"), BROKEN)
async def test_a_broken_line_is_named_and_nothing_is_written(
    log: EventLog, spoil: Callable[[list[bytes]], list[bytes]], says: str
) -> None:
    lines = await an_export()
    with pytest.raises((Invalid, Conflict), match=says):
        await import_(log, spoil(lines))
    assert await recorded(log) == []
    assert (await log.append([note()]))[0].position == 1


async def test_an_export_of_another_log_is_refused(log: EventLog) -> None:
    first, second = note("1"), note("2")
    await log.append([first, second])
    other = MemoryLog()
    await other.append([second, first])
    before = await exported(log)
    with pytest.raises(Conflict, match=r"^line 1: .*another log"):
        await import_(log, await exported(other))
    assert await exported(log) == before


async def test_a_log_that_moved_on_by_itself_takes_no_rest_of_an_export(log: EventLog) -> None:
    lines = await an_export()
    await import_(log, lines[:3])
    await log.append([note()])
    with pytest.raises(Invalid, match=r"^line 4: .*"):
        await import_(log, lines)
    assert (await log.head()).position == 4


async def test_the_callers_objection_names_the_line(log: EventLog) -> None:
    def no_reopening(_: object, event: object) -> str | None:
        return "stories stay closed" if isinstance(event, StoryReopened) else None

    other = MemoryLog()
    await other.append([note(), note(event=StoryReopened())])
    with pytest.raises(Invalid, match=r"^line 2: stories stay closed$"):
        await import_(log, await exported(other), admit=no_reopening)
    assert await recorded(log) == []


async def test_progress_is_told_for_both_passes(log: EventLog) -> None:
    told: list[tuple[str, int]] = []
    await import_(log, await an_export(1200), progress=lambda *what: told.append(what))
    assert told == [
        ("check", 500), ("check", 1000), ("check", 1200),
        ("write", 500), ("write", 1000), ("write", 1200),
    ]  # fmt: skip


async def test_a_line_without_an_end_is_never_read_whole() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"x" * len(buffer)
            self.given += len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(FeedstreamError, match="line 1: the line is longer"):
        await import_(MemoryLog(), read_lines(io.BufferedReader(endless)))
    assert endless.given < 3 * MAX_LINE
