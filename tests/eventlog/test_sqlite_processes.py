"""The file between processes: writers side by side, killed, out of space, or in the way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path

import pytest

from feedstream.domain.events import Recorded
from feedstream.errors import NotFound, Unavailable
from feedstream.eventlog.base import CaughtUp
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.transfer import export, import_
from tests.eventlog.conftest import note

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


@contextmanager
def worker(what: str, path: Path, number: int = 0) -> Iterator["subprocess.Popen[str]"]:
    """A process of `worker.py`, gone at the end whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.eventlog.worker", what, str(path), str(number)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def test_four_writers_and_a_subscriber_see_one_order(tmp_path: Path) -> None:
    """Nothing lost, nothing twice, nothing out of order; the file is created by all at once."""
    path = tmp_path / "log.db"

    def run() -> list[int]:
        with ExitStack() as stack:
            processes = [stack.enter_context(worker("contend", path, n)) for n in range(4)]
            outputs = [process.communicate(timeout=90) for process in processes]
        assert [error for _, error in outputs] == [""] * 4
        return [int(word) for output, _ in outputs for word in output.split()]

    async with await SqliteLog.open(path, create=True) as log:
        writers = asyncio.create_task(asyncio.to_thread(run))
        seen: list[Recorded] = []
        async with aclosing(log.subscribe()) as events:
            async for event in events:
                if isinstance(event, Recorded):
                    seen.append(event)
                if len(seen) == 480:
                    break
        acknowledged = await writers
        assert [event.position for event in seen] == list(range(1, 481))
        assert [e.revision for e in seen if e.stream == "shared"] == list(range(1, 241))
        assert sorted(acknowledged) == [e.position for e in seen if e.stream == "shared"]
        assert [e async for e in log.read_all()] == seen
        assert (await log.head()).position == 480
        times = [event.recorded_at for event in seen]
        assert times == sorted(times)
        assert (await log.verify()).events == 480


async def test_an_append_of_another_process_is_seen_well_within_a_second(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with (
        await SqliteLog.open(path, create=True) as ours,
        await SqliteLog.open(path) as theirs,  # its own writer and bell, as in another process
        aclosing(ours.subscribe()) as events,
    ):
        assert await anext(events) == CaughtUp(0)
        await theirs.append([note()])
        event = await asyncio.wait_for(anext(events), 1)
        assert isinstance(event, Recorded)


def locks(path: Path) -> int:
    """How many locks this machine knows on the file itself."""
    number = f":{path.stat().st_ino} "
    return sum(number in line for line in Path("/proc/locks").read_text().splitlines())


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs Linux's /proc/locks")
async def test_to_open_the_log_again_keeps_the_locks_of_this_process(tmp_path: Path) -> None:
    """They go when any handle of the process on the file is closed, unless SQLite closes it."""
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as ours:
        await ours.append([note()])
        assert locks(path) == 1
        await ours.head()  # which opens a connection for reading
        await ours.verify()  # which reads the file's pages
        async with await SqliteLog.open(path, create=True):
            pass
        assert locks(path) == 1


async def test_heads_that_a_writer_remembers_are_read_again_when_others_wrote(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    async with (
        await SqliteLog.open(path, create=True) as one,
        await SqliteLog.open(path) as two,
    ):
        for n in range(20):
            log = (one, two)[n % 2]
            [place] = await log.append([note()], expect={"story-a": n})
            assert (place.position, place.revision) == (n + 1, n + 1)


async def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True):
        pass
    acknowledged: dict[int, str] = {}
    for number in range(6):
        with worker("pour", path, number) as process:
            assert process.stdout
            first = process.stdout.readline()
            await asyncio.sleep(0.03 * number)
            process.send_signal(signal.SIGKILL)
            output, _ = process.communicate(timeout=30)
        whole = (first + output).rpartition("\n")[0].splitlines()
        assert len(whole) >= 1
        acknowledged |= {int(p): id for p, id in (line.split() for line in whole)}
    async with await SqliteLog.open(path) as log:
        stored = [event async for page in log.stored_pages() for event in page]
        ids = {event.position: event.id for event in stored}
        assert acknowledged.items() <= ids.items()
        assert list(ids) == list(range(1, len(ids) + 1))
        revisions: dict[str, list[int]] = {}
        for event in stored:
            revisions.setdefault(event.stream, []).append(event.revision)
        assert set(map(tuple, revisions.values())) == {(1, 2, 3)}
        lines = [line async for line in export(log)]
        async with await SqliteLog.open(tmp_path / "copy.db", create=True) as copy:
            await import_(copy, lines)  # which computes every leaf again
            assert [line async for line in export(copy)] == lines
        assert (await log.append([note()]))[0].position == len(ids) + 1
        assert (await log.verify()).page_checksums is True


async def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True):
        pass
    with worker("overflow", path) as process:
        output, error = process.communicate(timeout=60)
    assert error == ""
    *refused, before, after, more = output.splitlines()
    assert len(refused) >= 5
    assert all(f"event log {path}" in sentence for sentence in refused)
    count = int(before.split()[1])
    assert count > 5
    assert int(after.split()[1]) == count + 1
    assert int(more.split()[1]) == count + 2
    async with await SqliteLog.open(path) as log:
        events = [event async for event in log.read_all()]
        assert [event.position for event in events] == list(range(1, count + 3))
        assert events[count].id == after.split()[2]
        assert (await log.verify()).events == count + 2


async def test_a_process_that_holds_the_file_too_long_is_named_as_the_cause(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True, busy_seconds=0.3) as log:
        await log.append([note()])
        with worker("hold", path) as process:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            with pytest.raises(Unavailable, match="Another process has held the event log"):
                await log.append([note()])
            assert (await log.head()).position == 1
            async with await SqliteLog.open(path) as patient:
                waiting = asyncio.create_task(patient.append([note()]))
                await asyncio.sleep(0.2)
                await asyncio.to_thread(process.communicate, "")
                assert (await waiting)[0].position == 2
        assert (await log.append([note()]))[0].position == 3


async def test_a_log_that_was_replaced_while_open_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note()])
        await asyncio.to_thread(os.rename, path, tmp_path / "elsewhere.db")
        for _ in range(2):
            with pytest.raises(
                (Unavailable, NotFound), match=r"moved or replaced|There is no event log"
            ):
                await log.append([note()])
