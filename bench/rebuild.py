"""How fast the read model is built from the log, beside the same rows upserted by hand.

    python bench/rebuild.py [--dir FOLDER] [--events 10000 100000]

By hand: the state of a story, as bytes that are ready, is upserted for each event, and nothing is
decoded, folded or indexed. Several lengths of log show whether it stays flat, in time and memory.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import apsw
from common import BODY, Line, events, rate, show

from feedstream.eventlog.sqlite import SqliteLog
from feedstream.projections.rebuild import shadow_beside

SIZES = (10_000, 100_000)
SIZE = 500  # characters of a body
STEP = 5000
UPSERT = "INSERT INTO stories VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"


async def write(path: Path, count: int) -> None:
    work = events(count, stories=count // 40, size=SIZE)
    async with await SqliteLog.open(path, create=True) as log:
        for at in range(0, count, STEP):
            await log.append(work[at : at + STEP])


async def rebuilt(path: Path, model: Path) -> None:
    async with await SqliteLog.open(path) as log:
        with shadow_beside(model) as shadow:
            await shadow.build(log)


def by_hand(path: Path, count: int) -> None:
    db = apsw.Connection(str(path))
    db.pragma("journal_mode", "wal")
    db.execute("CREATE TABLE stories (id TEXT PRIMARY KEY, state BLOB) WITHOUT ROWID")
    state = BODY[:SIZE].encode()
    for at in range(0, count, STEP):
        with db:
            db.executemany(
                UPSERT, ((f"story-{n % (count // 40)}", state) for n in range(at, at + STEP))
            )
    db.close()


def most_memory() -> float:
    """Megabytes that this process held at most.

    Linux hands `ru_maxrss` down from the parent, so there the process's own record is read.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [one for one in status.read_text().splitlines() if one.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit / 1024


def measured(folder: str, count: int) -> tuple[float, float, float]:
    """Ours, by hand, and megabytes of memory at most; in a process of its own for the last."""
    path, model = Path(folder) / f"log-{count}.db", Path(folder) / f"model-{count}.db"
    ours = rate(count, lambda: asyncio.run(rebuilt(path, model)))
    memory = most_memory()
    hand = rate(count, lambda: by_hand(Path(folder) / f"hand-{count}.db", count))
    return ours, hand, memory


def lines(folder: Path, sizes: Sequence[int] = SIZES) -> list[Line]:
    found = []
    for count in sizes:
        asyncio.run(write(folder / f"log-{count}.db", count))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            ours, hand, memory = alone.submit(measured, str(folder), count).result()
        work = f"rebuild of {count:,} (0.5 KB), {memory:.0f} MB"
        found.append(Line(work=work, ours=ours, peer="upserts by hand", theirs=hand, goal=0.85))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--events", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        show(lines(Path(name), options.events))


if __name__ == "__main__":
    main()
