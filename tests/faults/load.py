"""The load: what each process does to the log until it is killed, or has done it often enough."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path

from feedstream.clock import new_id, utc_now
from feedstream.domain.events import ContentErased, Proposed, Recorded, StoryClosed
from feedstream.errors import Conflict, Unavailable
from feedstream.eventlog.base import Expectations
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.proof.keys import KeyFolder
from feedstream.proof.publisher import CheckpointPublisher
from tests.faults.journal import Journal, Sent

FOREVER = 10**9


def token_of(id: str) -> bytes:
    """What the text of the event `id` repeats, and nothing else in the world holds."""
    return hashlib.sha256(id.encode()).hexdigest().encode()


def text_of(id: str, size: int) -> str:
    """The text of the event `id`, of `size` characters."""
    return ((token_of(id).decode() + "/") * (size // 65 + 1))[:size]


def proposed(sent: Sent, key: str) -> Proposed:
    """The event that `sent` stands for: always the same, so that it can be sent again."""
    return _proposed(StoryClosed(note=text_of(sent.id, sent.size)), sent.stream, sent.id, key)


def erasure(positions: Sequence[int], key: str) -> Proposed:
    """The erasure of `positions`; its id is its key."""
    event = ContentErased(positions=tuple(positions), kind="request", reason="asked for")
    return _proposed(event, "record", key, key)


def _proposed(event: StoryClosed | ContentErased, stream: str, id: str, key: str) -> Proposed:
    return Proposed(
        stream=stream,
        event=event,
        effective_at=date(2021, 12, 6),
        actor="desk",
        id=id,
        correlation_id=key,
    )


class Worker:
    """A process at work on the log at `path`."""

    def __init__(self, log: SqliteLog, journal: Journal, draw: random.Random, root: Path) -> None:
        self.log, self.journal, self.draw, self.root = log, journal, draw, root

    async def append(self, *sent: Sent, expect: Expectations | None = None) -> list[int]:
        """Append, and tell of it before and after; the positions, none where it was refused."""
        key = new_id()
        self.journal.say("append", key=key, events=[(s.id, s.stream, s.size) for s in sent])
        try:
            placed = await self.log.append([proposed(s, key) for s in sent], expect=expect)
        except Conflict:
            self.journal.say("conflict", key=key)
            return []
        except Unavailable as error:
            self.journal.say("refused", key=key, sentence=error.sentence)
            await asyncio.sleep(0.02)
            return []
        self.journal.say("placed", key=key, at=[(p.position, p.revision) for p in placed])
        return [p.position for p in placed]

    def event(self, stream: str) -> Sent:
        """An event to be sent, most often small, now and then of many pages."""
        [size] = self.draw.choices((70, 700, 2000, 6000, 30_000), (30, 30, 30, 5, 2))
        return Sent(new_id(), stream, size)

    async def singles(self, count: int) -> None:
        """Four callers at once, an event at a time."""

        async def caller() -> None:
            for _ in range(count):
                await self.append(self.event(f"single-{self.draw.randrange(50)}"))

        await asyncio.gather(*(caller() for _ in range(4)))

    async def batches(self, count: int) -> None:
        """Two callers at once, 2 to 40 events at a time over several streams."""

        async def caller() -> None:
            for _ in range(count):
                size = self.draw.choice((2, 3, 10, 40))
                await self.append(*(self.event(f"batch-{n % 3}") for n in range(size)))

        await asyncio.gather(caller(), caller())

    async def contend(self, count: int) -> None:
        """Append `count` pairs to streams that others append to as well, as seen."""
        own, done = f"own-{new_id()}", 0
        while done < count:
            shared = f"shared-{self.draw.randrange(3)}"
            seen = await self.log.stream_head(shared)
            pair = (self.event(shared), self.event(own))
            done += bool(await self.append(*pair, expect={shared: seen.position}))

    async def erase(self, count: int) -> None:
        """Append a few, and erase some of them."""
        for _ in range(count):
            placed = await self.append(*(self.event("erased") for _ in range(3)))
            if not placed:
                continue
            key, positions = new_id(), placed[: self.draw.randrange(1, 4)]
            self.journal.say("erase", key=key, positions=positions)
            at = await self.log.erase(erasure(positions, key))
            self.journal.say("placed", key=key, at=[(at.position, at.revision)])

    async def sign(self, count: int) -> None:
        """Sign the head and publish it, again and again."""
        keys = KeyFolder(self.root / "keys")
        publisher = CheckpointPublisher(self.log, keys, self.root / "feeds", utc_now)
        for _ in range(count):
            checkpoint = await publisher.publish()
            assert checkpoint is not None
            self.journal.say("signed", size=checkpoint.size, root=checkpoint.root.hex())
            await asyncio.sleep(0.003)

    async def read(self, after: int) -> None:
        """Follow the log from `after` on, for ever."""
        async with aclosing(self.log.subscribe(after)) as events:
            async for event in events:
                if isinstance(event, Recorded):
                    self.journal.say("seen", position=event.position, id=event.id)


ROLES: dict[str, Callable[[Worker, int], Awaitable[None]]] = {
    "singles": Worker.singles,
    "batches": Worker.batches,
    "contend": Worker.contend,
    "erase": Worker.erase,
    "sign": Worker.sign,
    "read": Worker.read,
}


def work(role: str, path: Path, journal: Path, seed: str, number: int) -> None:
    """The whole life of a process: `number` is how often, or from where to read."""

    async def life() -> None:
        async with await SqliteLog.open(path, create=True) as log:
            worker = Worker(log, Journal(journal), random.Random(seed), path.parent)
            await ROLES[role](worker, number)

    asyncio.run(life())
