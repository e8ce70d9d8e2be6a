"""How fast the log takes events of about 2 KB, beside a bare write and fdatasync, and a library.

    python bench/append.py [--dir FOLDER]

Everything is measured in turn on the same disk, several times; the medians are told.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import ROUNDS, Line, events, medians, rate, show
from peers import Library, bare, domain_events

from feedstream.domain.events import Proposed
from feedstream.eventlog.sqlite import SqliteLog

SINGLE, TOGETHER, BATCHED, BATCH, CALLERS = 2000, 12_000, 15_000, 100, 64


def batches(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


async def ours(path: Path, work: Sequence[Sequence[Proposed]], callers: int) -> float:
    async with await SqliteLog.open(path, create=True) as log:

        async def caller(mine: Sequence[Sequence[Proposed]]) -> None:
            for batch in mine:
                await log.append(batch)

        start = time.perf_counter()
        await asyncio.gather(*(caller(work[me::callers]) for me in range(callers)))
        return sum(map(len, work)) / (time.perf_counter() - start)


def theirs(path: Path, size: int, count: int, callers: int) -> float:
    library = Library(path)
    work = batches(domain_events(count, 50)[1], size)
    if callers > 1:
        return rate(count, lambda: library.together(work, callers))
    return rate(count, lambda: [library.append(batch) for batch in work])


def measure(folder: Path) -> dict[str, float]:
    def our(size: int, count: int, callers: int = 1) -> float:
        path = folder / f"ours-{size}-{callers}.db"
        return asyncio.run(ours(path, batches(events(count), size), callers))

    return {
        "bare": bare(folder, SINGLE),
        "single": our(1, SINGLE),
        "bare again": bare(folder, SINGLE),
        "their single": theirs(folder / "theirs.db", 1, SINGLE, 1),
        "together": our(1, TOGETHER, CALLERS),
        "their together": theirs(folder / "theirs-64.db", 1, SINGLE, CALLERS),
        "batch": our(BATCH, BATCHED),
        "their batch": theirs(folder / "theirs-100.db", BATCH, BATCHED // 5, 1),
    }


def lines(folder: Path) -> list[Line]:
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            rounds.append(measure(Path(name)))
    found = medians(rounds)
    floor, library = (found["bare"] + found["bare again"]) / 2, "eventsourcing"
    sync = "bare write + fdatasync"
    return [
        Line(work="one append at a time", ours=found["single"], peer=sync, theirs=floor, goal=0.75),
        Line(work="one append at a time", ours=found["single"], peer=library,
             theirs=found["their single"], goal=1.5),
        Line(work="64 callers at once", ours=found["together"], peer=sync, theirs=floor, goal=5),
        Line(work="64 callers at once", ours=found["together"], peer=f"{library}, 64 threads",
             theirs=found["their together"], goal=9),
        Line(work="batches of 100", ours=found["batch"], peer=sync, theirs=floor, goal=8.8),
        Line(work="batches of 100", ours=found["batch"], peer=f"{library}, batches of 100",
             theirs=found["their batch"], goal=None),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    with tempfile.TemporaryDirectory(dir=parser.parse_args().dir) as name:
        show(lines(Path(name)))


if __name__ == "__main__":
    main()
