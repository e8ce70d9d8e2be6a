"""The peers: a bare write and fdatasync, a chain of SHA-256, and the `eventsourcing` library.

The library keeps its events in SQLite too (WAL, `synchronous` as SQLite has it by default: full),
with its own JSON transcoder, as its documentation shows. It is installed with the extra `bench`.
"""

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from common import BODY
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    DatetimeAsISO,
    DecimalAsStr,
    JSONTranscoder,
    Mapper,
    StoredEvent,
    UUIDAsHex,
)
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteDatastore


def bare(folder: Path, count: int) -> float:
    """Durable writes a second of 2 KB, one after the other, with nothing around them."""
    data = BODY.encode()
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    start = time.perf_counter()
    for _ in range(count):
        os.write(handle, data)
        os.fdatasync(handle)
    spent = time.perf_counter() - start
    os.close(handle)
    return count / spent


def chain(bodies: Sequence[bytes]) -> None:
    """Hash each body with the hash before it: reads nothing, checks nothing."""
    last = b""
    for body in bodies:
        last = sha256(last + body).digest()


class Story(Aggregate):
    """The peer's aggregate: as many fields as our event has."""

    @event("Published")
    def __init__(self, entry_id: str, slug: str, headline: str, body: str) -> None:
        self.entry_id, self.slug = entry_id, slug
        self.headline, self.body = headline, body

    @event("Edited")
    def edit(self, update: str, headline: str, body: str) -> None:
        self.update, self.headline, self.body = update, headline, body


class Library:
    """`eventsourcing` on SQLite at `path`."""

    def __init__(self, path: Path) -> None:
        transcoder = JSONTranscoder()
        for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
            transcoder.register(transcoding)
        self.mapper: Mapper[UUID] = Mapper(transcoder)
        self.recorder = SQLiteAggregateRecorder(SQLiteDatastore(str(path)))
        self.recorder.create_table()

    def append(self, domain_events: Iterable[Any]) -> None:
        """Map and record in one transaction."""
        self.recorder.insert_events([self.mapper.to_stored_event(one) for one in domain_events])

    def together(self, batches: Sequence[Sequence[Any]], callers: int) -> None:
        """Append from as many threads at once."""
        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(self.append, batches))

    def replay(self, ids: Sequence[UUID]) -> int:
        """Read, decode and fold the histories of all aggregates; how many events that was."""
        count = 0
        for id_ in ids:
            story: Any = None
            for stored in self.recorder.select_events(id_):
                story = self.mapper.to_domain_event(stored).mutate(story)
                count += 1
        return count

    def rows(self, ids: Sequence[UUID]) -> list[StoredEvent]:
        """Read all, as stored."""
        return [stored for id_ in ids for stored in self.recorder.select_events(id_)]


def domain_events(count: int, stories: int) -> tuple[list[UUID], list[Any]]:
    """The same work as `common.events` gives us: the ids of the aggregates, and their events."""
    made = [
        Story(entry_id=f"tag:example.org,2021:{uuid4()}", slug=f"talks-{n}", headline="Talks go on",
              body=BODY)
        for n in range(stories)
    ]  # fmt: skip
    for number in range(count - stories):
        made[number % stories].edit(update=f"u{number % 7}", headline="Talks go on", body=BODY)
    collected = [one.collect_events() for one in made]
    longest = max(len(history) for history in collected)
    turns = [history[n] for n in range(longest) for history in collected if n < len(history)]
    return [one.id for one in made], turns
