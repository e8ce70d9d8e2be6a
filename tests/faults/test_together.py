"""Processes side by side without a kill: four that write with expectations, one that reads; and
a reader whose wake-up is lost."""

import asyncio
import random
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from feedstream.clock import new_id
from feedstream.domain.events import Recorded
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.proof.keys import KeyFolder
from tests.faults.checks import check, check_bytes_are_gone
from tests.faults.conftest import Tell, rounds
from tests.faults.journal import Sent, Told
from tests.faults.load import proposed, work
from tests.faults.processes import begin, complaints, ended, kill, until

pytestmark = pytest.mark.timeout(300)


async def test_four_writers_with_expectations_a_signer_and_a_reader(
    tmp_path: Path, draw: random.Random, tell: Tell
) -> None:
    """Each expects of shared streams what it saw; beside them bodies go and heads are signed."""
    path, told, count = tmp_path / "log.db", Told(), rounds(250)
    await KeyFolder(tmp_path / "keys").init("news.example/feedstream")
    roles = {f"contend-{n}": ("contend", count) for n in range(4)}
    roles |= {"erase": ("erase", count // 4), "sign": ("sign", count // 4), "read": ("read", 0)}
    journals = {name: tmp_path / f"{name}.jsonl" for name in roles}
    processes = {
        name: begin(
            work, role, path, journals[name], f"{draw.random()}", number,
            said=tmp_path / f"{name}.txt",
        )
        for name, (role, number) in roles.items()
    }  # fmt: skip
    reader = processes.pop("read")
    codes = await asyncio.gather(*(ended(process) for process in processes.values()))
    assert codes == [0] * len(codes), complaints(tmp_path)
    async with await SqliteLog.open(path) as log:
        head = (await log.head()).position

        def all_seen() -> bool:
            for journal in journals.values():
                told.read(journal)
            return len(told.seen) >= head

        await until(all_seen, "the reader sees all")
        found = await check(log, told)
    kill([reader])
    async with await SqliteLog.open(path):
        check_bytes_are_gone(path, found.stored)
    assert sum(event.stream.startswith("shared-") for event in found.stored) == 4 * count
    assert (told.open_deeds(), told.refusals) == ([], {})
    assert len(told.seen) == len(found.stored) == told.acknowledged
    assert told.conflicts or count < 100, "nobody was in anybody's way"
    tell(
        acknowledged_events=told.acknowledged,
        conflicts_told=len(told.conflicts),
        erased_bodies=found.erased,
        signed_checkpoints=len(told.trees),
        events_seen_by_the_reader=len(told.seen),
    )


def _has(seen: list[int], position: int) -> bool:
    return position in seen


class Muffled(SqliteLog):
    """A log whose notifications are all lost."""

    def _ring(self) -> None:
        pass


async def test_a_subscriber_whose_wake_up_never_comes_still_sees_the_events(
    tmp_path: Path, draw: random.Random, tell: Tell
) -> None:
    """Neither those of another process, which cannot wake it, nor those of its own are lost."""
    path, journal, told = tmp_path / "log.db", tmp_path / "told.jsonl", Told()
    seen: list[int] = []

    async def follow(log: SqliteLog) -> None:
        async with aclosing(log.subscribe()) as events:
            async for event in events:
                seen.extend([event.position] if isinstance(event, Recorded) else [])

    async with await Muffled.open(path, create=True) as log:
        following = asyncio.create_task(follow(log))
        other = begin(
            work, "singles", path, journal, f"{draw.random()}", rounds(100),
            said=tmp_path / "said.txt",
        )  # fmt: skip
        assert await ended(other) == 0, (tmp_path / "said.txt").read_text()
        told.read(journal)
        await until(lambda: len(seen) == told.acknowledged, "events of another process")
        for _ in range(10):
            await log.append([proposed(Sent(new_id(), "own", 100), "own")])
            head = (await log.head()).position
            await until(partial(_has, seen, head), "an event of this process")
        following.cancel()
    assert seen == list(range(1, told.acknowledged + 11))
    tell(events_seen_without_a_wake_up=len(seen))
