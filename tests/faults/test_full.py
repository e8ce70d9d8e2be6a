"""A disk that is full, or takes nothing: refusals are told, nothing acknowledged is lost, and the
same processes go on once it is mended."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from feedstream.clock import new_id
from feedstream.errors import Unavailable
from feedstream.eventlog.sqlite import SqliteLog
from tests.faults.checks import Found, check
from tests.faults.conftest import Tell, rounds
from tests.faults.disks import (
    fill,
    free,
    limit,
    may_write,
    obey_rights,
    remount,
    small_disk,
)
from tests.faults.journal import Journal, Sent, Told
from tests.faults.load import FOREVER, proposed, work
from tests.faults.processes import begin, complaints, ended, kill, until

pytestmark = pytest.mark.timeout(300)
WRITERS = ("singles", "batches", "contend")
REFUSALS = 5  # of each writer, before there is space again


@dataclass(slots=True, kw_only=True)
class Desk:
    """Writers and a reader on the log at `path`; the journals lie on another disk."""

    path: Path
    journals: Path
    draw: random.Random
    told: Told = field(default_factory=Told)
    running: dict[str, ForkServerProcess] = field(default_factory=dict)
    writer_of: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        # What the reader told between the last look and its death counts: it goes on from there.
        self.writer_of |= dict.fromkeys(self.told.read(self._journal("read")), "read")
        for role in (*WRITERS, "read"):
            number = len(self.told.seen) if role == "read" else FOREVER
            self.running[role] = begin(
                work, role, self.path, self._journal(role), f"{self.draw.random()}", number,
                said=self.journals / f"{role}.txt",
            )  # fmt: skip

    def hear(self) -> None:
        for role in (*WRITERS, "read"):
            self.writer_of |= dict.fromkeys(self.told.read(self._journal(role)), role)
        assert all(process.is_alive() for process in self.running.values()), complaints(
            self.journals
        )

    async def more(self, which: Callable[[], Iterable[str]], least: int, what: str) -> None:
        """Wait until each writer was told `least` more answers of a kind."""

        def counts() -> dict[str, int]:
            self.hear()
            keys = [self.writer_of[key] for key in which()]
            return {writer: keys.count(writer) for writer in WRITERS}

        before = counts()
        await until(lambda: all(count >= before[w] + least for w, count in counts().items()), what)

    def _journal(self, role: str) -> Path:
        return self.journals / f"{role}.jsonl"


@contextmanager
def full_disk(folder: Path, desk: Desk) -> Iterator[None]:
    fill(folder)
    try:
        yield
    finally:
        free(folder)


@contextmanager
def file_size_limit(folder: Path, desk: Desk) -> Iterator[None]:
    """Only of the writers, and above what their journals need."""
    for role in WRITERS:
        limit(desk.running[role].pid or 0, 5_000_000)
    try:
        yield
    finally:
        for role in WRITERS:
            if desk.running[role].is_alive():
                limit(desk.running[role].pid or 0, -1)


async def _go_through(
    desk: Desk, folder: Path, full: Callable[[Path, Desk], AbstractContextManager[None]], tell: Tell
) -> None:
    """Run out of space again and again; half of the time, be killed in that state."""
    desk.start()
    kills = 0
    for number in range(rounds(6)):
        await desk.more(lambda: desk.told.placed, 3, "appends that are taken")
        with full(folder, desk):
            await desk.more(lambda: desk.told.refusals, REFUSALS, "refusals")
            if number % 2:
                kills += kill(desk.running.values())
        if number % 2:
            desk.start()
        await desk.more(lambda: desk.told.placed, 3, "appends after there is space again")
    kill(desk.running[role] for role in WRITERS)
    desk.running = {"read": desk.running["read"]}
    desk.hear()
    found = await _found(desk)
    assert all(str(desk.path) in sentence for sentence in desk.told.refusals.values())
    tell(
        times_out_of_space=rounds(6),
        appends_refused=len(desk.told.refusals),
        processes_killed_out_of_space=kills,
        acknowledged_events=desk.told.acknowledged,
        events_seen_by_the_reader=len(desk.told.seen),
        events=len(found.stored),
    )


async def _found(desk: Desk) -> Found:
    async with await SqliteLog.open(desk.path) as log:
        head = (await log.head()).position

        def all_seen() -> bool:
            desk.hear()
            return len(desk.told.seen) >= head

        await until(all_seen, "the reader sees all")
        return await check(log, desk.told)


async def test_a_full_disk(tmp_path: Path, draw: random.Random, tell: Tell) -> None:
    with small_disk(tmp_path / "disk", 48) as disk:
        desk = Desk(path=disk / "log.db", journals=tmp_path, draw=draw)
        await _go_through(desk, disk, full_disk, tell)


async def test_a_file_size_limit(tmp_path: Path, draw: random.Random, tell: Tell) -> None:
    path = tmp_path / "log.db"
    desk = Desk(path=path, journals=tmp_path, draw=draw)
    async with await SqliteLog.open(path, create=True) as log:
        desk.told.sent["first"] = tuple(Sent(new_id(), "first", 30_000) for _ in range(200))
        events = [proposed(sent, "first") for sent in desk.told.sent["first"]]
        desk.told.placed["first"] = await log.append(events)
        desk.writer_of["first"] = "first"
    await _go_through(desk, tmp_path, file_size_limit, tell)


def persist(path: Path, journal: Path, count: int, as_root: bool) -> None:
    """Append 1 event, again and again, each time through a log opened anew; `count` in the end."""
    if not as_root:
        obey_rights()

    async def life() -> None:
        told, placed = Journal(journal), 0
        while placed < count:
            key, sent = new_id(), Sent(new_id(), "one", 2000)
            told.say("append", key=key, events=[(sent.id, sent.stream, sent.size)])
            try:
                async with await SqliteLog.open(path) as log:
                    [at] = await log.append([proposed(sent, key)])
            except Unavailable as error:
                told.say("refused", key=key, sentence=error.sentence)
            else:
                told.say("placed", key=key, at=[(at.position, at.revision)])
                placed += 1
            await asyncio.sleep(0.02)

    asyncio.run(life())


@pytest.mark.parametrize("what", ["file", "folder", "file system"])
async def test_a_place_that_may_not_be_written(tmp_path: Path, tell: Tell, what: str) -> None:
    """Its refusals name the file; once the rights are back the same process goes on."""
    if what == "file system":
        with small_disk(tmp_path / "disk", 16) as disk:
            tell(**await _forbid(disk / "log.db", tmp_path, what))
        return
    (tmp_path / "home").mkdir()
    tell(**await _forbid(tmp_path / "home" / "log.db", tmp_path, what))


async def _forbid(path: Path, journals: Path, what: str) -> dict[str, int]:
    told, journal = Told(), journals / "told.jsonl"
    async with await SqliteLog.open(path, create=True):
        pass
    process = begin(persist, path, journal, 60, what == "file system", said=journals / "said.txt")

    def answers(which: str, least: int) -> Callable[[], bool]:
        def holds() -> bool:
            told.read(journal)
            assert process.is_alive(), (journals / "said.txt").read_text()
            return len(getattr(told, which)) >= least

        return holds

    for number in range(3):
        await until(answers("placed", len(told.placed) + 3), "appends that are taken")
        await until(lambda: _set(path, what, allowed=False), "the place is closed")
        await until(answers("refusals", len(told.refusals) + 3), "refusals")
        assert number or not may_write(path) or what != "file system"
        assert _set(path, what, allowed=True)
    assert await ended(process) == 0, (journals / "said.txt").read_text()
    told.read(journal)
    assert all(str(path) in sentence for sentence in told.refusals.values())
    async with await SqliteLog.open(path) as log:
        await check(log, told)
    assert len(told.placed) == 60
    return {"acknowledged_events": 60, "appends_refused": len(told.refusals)}


def _set(path: Path, what: str, *, allowed: bool) -> bool:
    """Allow writing or forbid it; whether it worked."""
    if what == "file system":
        return remount(path.parent, "rw" if allowed else "ro")
    if what == "file":
        path.chmod(0o644 if allowed else 0o444)
    else:
        path.parent.chmod(0o755 if allowed else 0o555)
    return True
