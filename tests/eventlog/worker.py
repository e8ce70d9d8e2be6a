"""Processes for the tests: python -m tests.eventlog.worker WHAT PATH [NUMBER]."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from feedstream.errors import Conflict, Unavailable
from feedstream.eventlog.base import Placed
from feedstream.eventlog.sqlite import SqliteLog
from tests.eventlog.conftest import note


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def contend(path: Path, number: int) -> None:
    """Append 60 events to a stream that others append to as well, and 60 to one of its own."""
    async with await SqliteLog.open(path, create=True) as log:
        for n in range(60):
            while True:
                seen = await log.stream_head("shared")
                batch = [note(f"{number}-{n}", "shared"), note(f"{number}-{n}", f"own-{number}")]
                try:
                    shared, own = await log.append(batch, expect={"shared": seen.position})
                except Conflict:
                    continue
                break
            assert shared.revision == seen.revision + 1
            assert own == Placed(shared.position + 1, n + 1)
            say(shared.position)


async def pour(path: Path, number: int) -> None:
    """Append batches of three for ever, eight callers at once, and say what was acknowledged."""
    async with await SqliteLog.open(path) as log:

        async def caller(name: str) -> None:
            n = 0
            while True:
                stream = f"{name}-{n}"
                batch = [note("x" * 3000, stream) for _ in range(3)]
                placed = await log.append(batch)
                for event, place in zip(batch, placed, strict=True):
                    say(place.position, event.id)
                n += 1

        await asyncio.gather(*(caller(f"p{number}-{c}") for c in range(8)))


async def overflow(path: Path, number: int) -> None:
    """Append until no file may grow, then get room again, and go on.

    The first refusal closes the connection, which empties the write-ahead log and so makes some
    room: only when several appends in a row are refused is the log truly full.
    """
    async with await SqliteLog.open(path) as log:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        placed, refusals = 0, 0
        while refusals < 5:
            refused = note("x" * 20_000)
            try:
                [place] = await log.append([refused])
                placed, refusals = place.position, 0
            except Unavailable as exc:
                refusals += 1
                say("refused", exc.sentence)
            assert (await log.head()).position == placed
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        say("before", placed)
        say("after", (await log.append([refused]))[0].position, refused.id)
        say("more", (await log.append([note()]))[0].position)


async def hold(path: Path, number: int) -> None:
    """Hold the write lock until standard input ends."""
    import apsw

    db = apsw.Connection(str(path))
    db.execute("BEGIN IMMEDIATE")
    say("held")
    await asyncio.to_thread(sys.stdin.read)


async def look(path: Path, number: int) -> None:
    """Be in the middle of reading until standard input ends."""
    import apsw

    db = apsw.Connection(str(path))
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM events").fetchall()
    say("looking")
    await asyncio.to_thread(sys.stdin.read)


async def erase(path: Path, number: int) -> None:
    """Erase the first event, but be killed before its bytes are gone from the disk."""
    from feedstream.domain.events import ContentErased
    from feedstream.eventlog.sqlite import writer

    def never(*_: object) -> bool:
        say("erased")
        signal.pause()
        return False

    writer.scrub = never
    async with await SqliteLog.open(path) as log:
        event = ContentErased(positions=(1,), kind="request", reason="asked for")
        await log.erase(note(event=event, stream="record"))


async def backup(path: Path, number: int) -> None:
    """Back up where no file may be as large as the log."""
    async with await SqliteLog.open(path) as log:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        try:
            await log.backup(path.with_name("copy.db"))
        except Unavailable as exc:
            say("refused", exc.sentence)


if __name__ == "__main__":
    deed = {
        "contend": contend,
        "pour": pour,
        "overflow": overflow,
        "hold": hold,
        "backup": backup,
        "look": look,
        "erase": erase,
    }[sys.argv[1]]
    asyncio.run(deed(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
