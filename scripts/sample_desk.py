"""The desk of the sample: the real newsroom with a clock set by hand, seeded ids and salts."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from feedstream.config import Settings
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream, source_stream
from feedstream.domain.registry import put_feed, put_source
from feedstream.domain.wire import Source, WireItem
from feedstream.eventlog.base import ANY
from feedstream.eventlog.memory import MemoryLog
from feedstream.ingest import Ingest
from feedstream.newsroom import Newsroom
from feedstream.projections.views import Views

ANNA, BEN, CLERK = "anna", "ben", "scheduler"  # who is at work; nobody real

MERIDIAN = Source(
    name="meridian-wire",
    url="https://wire.example.net/meridian.atom",
    credit="Meridian Wire",
    policy="suggest",
)
BALTIC = Source(
    name="baltic-desk",
    url="https://baltic.example.net/news.rss",
    credit="Baltic Desk",
    format="rss",
    policy="attach",
)
QUAY = Source(
    name="quay-sheet",
    url="https://quay.example.net/feed.json",
    credit="The Quay Sheet",
    format="jsonfeed",
    interval=3600,
    policy="hold",
)
DIPLOMACY = FeedDefinition(name="diplomacy", title="Diplomacy", kind="updates", tag="diplomacy")
FOG = FeedDefinition(name="fog-watch", title="Fog watch", kind="updates", tag="fog")


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of December 2021, in UTC."""
    return datetime(2021, 12, day, hour, minute, tzinfo=UTC)


def on(day: int) -> date:
    """A day of December 2021, without a time."""
    return date(2021, 12, day)


def html(*paragraphs: str) -> str:
    """Paragraphs as HTML."""
    return "".join(f"<p>{text}</p>" for text in paragraphs)


class Desk:
    """The newsroom with a clock that is set by hand and ids that a seed gives."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._random = random.Random(20211203)
        self._now = at(1, 0)
        self.log = MemoryLog(clock=self.clock, salt=lambda: self._random.randbytes(16))
        self.views = Views(folder / "views.db")
        self.newsroom = Newsroom(
            self.log, authority=settings.site.authority, clock=self.clock, ids=self.new_id
        )
        self.ingest = Ingest(self.newsroom, self.views, settings)

    def clock(self) -> datetime:
        return self._now

    def new_id(self) -> str:
        """A UUIDv7 (RFC 9562 §5.7) of the desk's own time, its random part from the seed."""
        head = int(self._now.timestamp() * 1000) << 80
        tail = 7 << 76 | self._random.getrandbits(12) << 64 | 2 << 62 | self._random.getrandbits(62)
        text = f"{head | tail:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def set(self, now: datetime) -> None:
        if now < self._now:
            raise ValueError(f"{now} is before {self._now}: write the days in their order")
        self._now = now

    async def do(self, now: datetime, *commands: c.Command, actor: str = ANNA) -> None:
        """Carry out commands on one story at `now`."""
        self.set(now)
        given = [replace(command, at=now) for command in commands]
        await self.newsroom.execute_all(given, actor=actor)

    async def record(self, now: datetime, stream: str, *events: e.Event, actor: str = ANNA) -> None:
        """Record events that no command of a story leads to."""
        self.set(now)
        proposed = [
            self.newsroom.envelope(event, stream, effective=now, actor=actor) for event in events
        ]
        await self.log.append(proposed, expect={stream: ANY})

    async def hear(self, now: datetime, source: Source, *items: WireItem) -> None:
        """A partner delivers."""
        self.set(now)
        await self.ingest.deliver(source, items)

    async def put_source(self, now: datetime, source: Source, known: Source | None = None) -> None:
        await self.record(now, source_stream(source.name), *put_source(source, known))

    async def put_feed(
        self, now: datetime, feed: FeedDefinition, known: FeedDefinition | None = None
    ) -> None:
        await self.record(now, feed_stream(feed.name), *put_feed(feed, known))
