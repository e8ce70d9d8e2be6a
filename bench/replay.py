"""How fast histories are read, decoded and folded, beside the same work by a library.

    python bench/replay.py [--dir FOLDER] [--events 20000]

Raw rows are the floor: what SQLite gives before anybody decodes it.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

import apsw
from common import ROUNDS, STORIES, Line, events, medians, rate, show
from peers import Library, domain_events

from feedstream.domain.evolve import evolve
from feedstream.domain.story import Story
from feedstream.eventlog.sqlite import SqliteLog


async def write(path: Path, count: int) -> None:
    async with await SqliteLog.open(path, create=True) as log:
        await log.append(events(count))


async def replay(path: Path, *, fold: bool) -> int:
    count = 0
    stories: dict[str, Story | None] = {}
    async with await SqliteLog.open(path) as log:
        async for page in log.read_pages():
            count += len(page)
            if fold:
                for recorded in page:
                    stories[recorded.stream] = evolve(stories.get(recorded.stream), recorded)
    return count


def raw(path: Path) -> list[tuple[object, ...]]:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    return db.execute(
        "SELECT e.*, b.salt, b.data FROM events e JOIN bodies b USING (position) ORDER BY position"
    ).fetchall()


def lines(folder: Path, count: int = 20_000) -> list[Line]:
    path, library = folder / "replay.db", Library(folder / "replay-theirs.db")
    asyncio.run(write(path, count))
    ids, turns = domain_events(count, STORIES)
    library.append(turns)
    rounds = [
        {
            "ours": rate(count, lambda: asyncio.run(replay(path, fold=True))),
            "theirs": rate(count, lambda: library.replay(ids)),
            "decoded": rate(count, lambda: asyncio.run(replay(path, fold=False))),
            "raw": rate(count, lambda: raw(path)),
        }
        for _ in range(ROUNDS)
    ]
    found = medians(rounds)
    return [
        Line(work="typed replay (decode, fold)", ours=found["ours"], peer="eventsourcing",
             theirs=found["theirs"], goal=2.5),
        Line(work="typed read (decode)", ours=found["decoded"], peer="raw rows of SQLite",
             theirs=found["raw"], goal=None),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--events", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        show(lines(Path(name), options.events))


if __name__ == "__main__":
    main()
