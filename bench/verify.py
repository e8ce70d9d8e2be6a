"""How fast a log is verified, beside a plain chain of SHA-256 over the same bytes.

    python bench/verify.py [--dir FOLDER] [--events 200000] [--bytes 500]

The chain reads nothing and checks nothing: it is the floor under any verification of the bytes.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from feedstream.clock import new_id
from feedstream.domain.events import Proposed, StoryEdited
from feedstream.eventlog.sqlite import SqliteLog

ROUNDS = 3


def proposal(number: int, size: int) -> Proposed:
    return Proposed(
        id=new_id(),
        stream=f"story-{number % 5000}",
        event=StoryEdited(body="x" * size),
        effective_at=datetime(2021, 12, 6, 9, 30, tzinfo=UTC),
        actor="desk",
    )


def chain(bodies: list[bytes]) -> float:
    start, last = time.perf_counter(), b""
    for body in bodies:
        last = sha256(last + body).digest()
    return len(bodies) / (time.perf_counter() - start)


async def verified(log: SqliteLog, *, whole: bool) -> float:
    head = (await log.head()).position
    start = time.perf_counter()
    await log.verify(upto=None if whole else head)
    return head / (time.perf_counter() - start)


async def run(folder: Path, events: int, size: int) -> None:
    async with await SqliteLog.open(folder / "log.db", create=True) as log:
        for first in range(0, events, 5000):
            await log.append([proposal(n, size) for n in range(first, min(first + 5000, events))])
        bodies = [s.data async for page in log.stored_pages(upto=100_000) for s in page]
        floor = statistics.median(chain(bodies) for _ in range(ROUNDS))
        report("chain of SHA-256", floor, floor)
        for title, whole in (("every leaf and the tree", False), ("and the whole file", True)):
            figure = statistics.median([await verified(log, whole=whole) for _ in range(ROUNDS)])
            report(title, figure, floor)


def report(title: str, figure: float, floor: float) -> None:
    print(f"{title:<24} {figure:>10,.0f} events/s  {figure / floor:>6.2f} x chain")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--bytes", type=int, default=420)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        asyncio.run(run(Path(name), options.events, options.bytes))


if __name__ == "__main__":
    main()
