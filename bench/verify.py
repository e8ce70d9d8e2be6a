"""How fast a log is verified, beside a plain chain of SHA-256 over the same bytes.

    python bench/verify.py [--dir FOLDER] [--events 150000]

The chain reads nothing and checks nothing: it is the floor under any verification of the bytes on
one core. The log is long enough for helpers on the other cores to count.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from common import ROUNDS, Line, events, medians, rate, show
from peers import chain

from feedstream.eventlog.sqlite import SqliteLog

SMALL = 420  # characters of a body
STEP = 5000
CHAINED = 30_000


async def verified(log: SqliteLog, *, whole: bool) -> float:
    head = (await log.head()).position
    start = time.perf_counter()
    await log.verify(upto=None if whole else head)
    return head / (time.perf_counter() - start)


async def measure(path: Path, count: int, size: int) -> dict[str, float]:
    async with await SqliteLog.open(path, create=True) as log:
        work = events(count, stories=count // 40, size=size)
        for at in range(0, count, STEP):
            await log.append(work[at : at + STEP])
        chained = log.stored_pages(upto=CHAINED)
        bodies = [stored.data async for page in chained for stored in page]
        return medians(
            [
                {
                    "chain": rate(len(bodies), lambda: chain(bodies)),
                    "leaves": await verified(log, whole=False),
                    "whole": await verified(log, whole=True),
                }
                for _ in range(ROUNDS)
            ]
        )


def lines(folder: Path, count: int = 150_000) -> list[Line]:
    found = []
    for title, size in (("2 KB", 2000), ("0.5 KB", SMALL)):
        rates = asyncio.run(measure(folder / f"verify-{size}.db", count, size))
        peer = f"chain of SHA-256, {title}"
        found += [
            Line(work="verify: leaves and tree", ours=rates["leaves"], peer=peer,
                 theirs=rates["chain"], goal=0.78 if size == 2000 else None),
            Line(work="verify: and the whole file", ours=rates["whole"], peer=peer,
                 theirs=rates["chain"], goal=None),
        ]  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--events", type=int, default=150_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        show(lines(Path(name), options.events))


if __name__ == "__main__":
    main()
