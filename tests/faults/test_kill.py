"""kill -9 at random instants under load: what was acknowledged is there, and nothing by half."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from feedstream.clock import utc_now
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.proof.keys import KeyFolder
from feedstream.proof.publisher import CheckpointPublisher
from tests.faults.checks import Found, check, check_bytes_are_gone, torn
from tests.faults.conftest import KILLS, Tell
from tests.faults.journal import Told
from tests.faults.load import FOREVER, erasure, proposed, work
from tests.faults.processes import await_write, begin, complaints, kill

PARTS = max(1, KILLS // 20)
"""So many logs share the kills: each is created by all at once, is young, and grows old."""

ROLES = ("singles", "batches", "contend", "contend", "erase", "sign", "read")
NAMES = {f"{role}-{number}": role for number, role in enumerate(ROLES)}
LONGEST = 0.3  # seconds from a start to a kill
ALL = 0.7  # of the kills hit every process, the others some of them
AIMED = 0.5  # of the kills come right when the write-ahead log is being written


@dataclass(slots=True, kw_only=True)
class Arena:
    """A log, the processes at work on it, and what they told."""

    path: Path
    draw: random.Random
    told: Told = field(default_factory=Told)
    running: dict[str, ForkServerProcess] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)
    """The deeds that each process began, by their keys."""
    counts: Counter[str] = field(default_factory=Counter)
    torn: bytes = b""

    def start(self) -> None:
        """Have a process for each role; those that live go on."""
        for name in NAMES.keys() - self.running.keys():
            role, seed = NAMES[name], f"{self.draw.random()}"
            number = len(self.told.seen) if role == "read" else FOREVER
            self.running[name] = begin(
                work, role, self.path, self._file(name, "jsonl"), seed, number,
                said=self._file(name, "txt"),
            )  # fmt: skip

    def strike(self) -> set[str]:
        """Kill all of them or some, and hear what all of them have told; the names of the dead."""
        names = sorted(self.running)
        some = self.draw.randint(1, len(names) - 1)
        dead = names if self.draw.random() < ALL else self.draw.sample(names, some)
        hit = kill([self.running.pop(name) for name in dead])
        assert hit == len(dead), complaints(self.path.parent)
        self.counts.update({"kills": 1, "processes killed": hit})
        if not self.running and (found := torn(self.path)) and found != self.torn:
            self.torn = found
            self.counts["transactions torn in the journal"] += 1
        for name in NAMES:
            self.begun |= dict.fromkeys(self.told.read(self._file(name, "jsonl")), name)
        return set(dead)

    def _file(self, name: str, ending: str) -> Path:
        return self.path.with_name(f"{name}.{ending}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
async def test_kill_9_under_load(
    tmp_path: Path, draw: random.Random, tell: Tell, part: int
) -> None:
    arena = Arena(path=tmp_path / "log.db", draw=draw)
    await KeyFolder(tmp_path / "keys").init("news.example/feedstream")
    for _ in range(KILLS // PARTS + (part < KILLS % PARTS)):
        arena.start()
        await asyncio.sleep(draw.uniform(0, LONGEST))
        if draw.random() < AIMED:
            await_write(tmp_path / "log.db-wal", 0.1)
        dead = arena.strike()
        await _look(arena, dead)
    kill(arena.running.values())
    arena.running.clear()
    found = await _look(arena, set(NAMES))
    assert found.stored
    arena.counts["acknowledged events"] = arena.told.acknowledged
    arena.counts["erased bodies"] = found.erased
    arena.counts["signed checkpoints"] = len(arena.told.trees)
    arena.counts["events seen by the reader"] = len(arena.told.seen)
    tell(**arena.counts)


async def _look(arena: Arena, dead: set[str]) -> Found:
    """Check the log after a kill, and do again what the dead were never answered."""
    async with await SqliteLog.open(arena.path, create=True) as log:
        found = await check(log, arena.told)
        if not arena.running:
            check_bytes_are_gone(arena.path, found.stored)
        cut = [key for key in arena.told.open_deeds() if arena.begun[key] in dead]
        arena.counts["cut off after the commit"] += len(found.done & set(cut))
        arena.counts["cut off before it"] += len(found.undone & set(cut))
        await _repeat(log, arena.told, cut)
        publisher = CheckpointPublisher(
            log, KeyFolder(arena.path.parent / "keys"), arena.path.parent / "feeds", utc_now
        )
        checkpoint = await publisher.publish()
        assert checkpoint is not None
        arena.told.trees.append(checkpoint.tree)
    return found


async def _repeat(log: SqliteLog, told: Told, keys: Iterable[str]) -> None:
    """As a caller does who got no answer: the same again, with the same ids."""
    for key in keys:
        if key in told.erasing:
            told.placed[key] = [await log.erase(erasure(told.erasing[key], key))]
        else:
            events = [proposed(sent, key) for sent in told.sent[key]]
            told.placed[key] = await log.append(events)
