"""How fast the log takes events of about 2 KB, beside a bare write and fdatasync on the same disk.

    python bench/append.py [--dir FOLDER] [--seconds 3]

Each line is a median of five equal slices of its time. `x bare` is the ratio to bare syncs.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from feedstream.clock import new_id
from feedstream.domain.events import Proposed, UpdateAdded
from feedstream.eventlog.codec import CODEC
from feedstream.eventlog.sqlite import SqliteLog

BODY = "<p>" + "Talks went on through the night and both sides spoke of progress. " * 27 + "</p>"
SLICES = 5


def proposal(story: int) -> Proposed:
    event = UpdateAdded(
        update=new_id(),
        entry_id=f"tag:example.org,2021:{new_id()}",
        headline="Talks go on",
        body=BODY,
    )
    return Proposed(
        id=new_id(),
        stream=f"story-{story % 50}",
        event=event,
        effective_at=datetime(2021, 12, 6, 9, 30, tzinfo=UTC),
        actor="desk",
    )


def bare(folder: Path, seconds: float) -> float:
    data = CODEC.encode(proposal(0)).data
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    rates = []
    for _ in range(SLICES):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / SLICES:
            os.write(handle, data)
            os.fdatasync(handle)
            count += 1
        rates.append(count / (time.perf_counter() - start))
    os.close(handle)
    return statistics.median(rates)


async def rate(step: Callable[[], Awaitable[int]], callers: int, seconds: float) -> float:
    rates = []
    for _ in range(SLICES):
        counts = [0] * callers
        start = time.perf_counter()

        async def caller(me: int, counts: list[int] = counts, start: float = start) -> None:
            while time.perf_counter() - start < seconds / SLICES:
                counts[me] += await step()

        await asyncio.gather(*(caller(me) for me in range(callers)))
        rates.append(sum(counts) / (time.perf_counter() - start))
    return statistics.median(rates)


async def logged(folder: Path, *, callers: int, batch: int, seconds: float) -> float:
    path = folder / f"log-{callers}-{batch}.db"
    async with await SqliteLog.open(path, create=True) as log:

        async def step() -> int:
            await log.append([proposal(n) for n in range(batch)])
            return batch

        return await rate(step, callers, seconds)


async def read(folder: Path) -> float:
    async with await SqliteLog.open(folder / "log-1-100.db") as log:
        rates = []
        for _ in range(SLICES):
            count, start = 0, time.perf_counter()
            async for page in log.read_pages(upto=20_000):
                count += len(page)
            rates.append(count / (time.perf_counter() - start))
        return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        folder = Path(name)
        floor = bare(folder, options.seconds)
        report("bare write + fdatasync", floor, floor)
        for title, callers, batch in (
            ("single append", 1, 1),
            ("64 callers at once", 64, 1),
            ("batch of 100", 1, 100),
        ):
            figure = asyncio.run(
                logged(folder, callers=callers, batch=batch, seconds=options.seconds)
            )
            report(title, figure, floor)
        report("typed read in pages", asyncio.run(read(folder)), floor)


def report(title: str, figure: float, floor: float) -> None:
    print(f"{title:<24} {figure:>10,.0f} events/s  {figure / floor:>6.2f} x bare")


if __name__ == "__main__":
    main()
