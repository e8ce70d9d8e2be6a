"""History as if it were live: events of one log appended to another at the pace they had.

They keep their positions, recorded times and leaves, so that the same bytes are published again.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from feedstream.domain.events import Recorded
from feedstream.errors import Invalid
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.transfer import export, import_
from feedstream.projections.runner import Progress

_SPEED = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)x?")
_LARGEST_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`speed` times as fast as it was; no pause is longer than `max_gap` seconds."""

    speed: float = 1.0
    max_gap: float = 10.0

    def pause(self, before: datetime, after: datetime) -> float:
        """The seconds to wait between two recorded times."""
        return min(max(0.0, (after - before).total_seconds()) / self.speed, self.max_gap)


def parse_speed(text: str) -> float:
    """The factor in `60x`, `60` or `0.5x`. Raises `Invalid`."""
    found = _SPEED.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise Invalid(f"“{text}” is no speed: give a factor such as 60x or 0.5x.")
    return float(found[1])


async def fill(source: EventLog, scratch: EventLog, upto: int, progress: Progress) -> None:
    """Give an empty log what `source` holds up to a position."""
    lines = export(source, 0, upto)
    await import_(scratch, lines, progress=lambda _stage, done: progress(done))


async def play(
    source: EventLog, scratch: EventLog, *, after: int, upto: int, pace: Pace
) -> AsyncGenerator[list[Recorded], None]:
    """Append to `scratch`, which ends at `after`, what `source` has up to `upto`, at its pace.

    Gives the events of each append: those that were recorded at one instant. The first comes as
    long after the one before it as it did; whoever falls behind catches up without a pause.
    """
    clock = asyncio.get_running_loop().time
    due, before = clock(), (await scratch.head()).recorded_at
    async with aclosing(_moments(source, after, upto)) as moments:
        async for batch in moments:
            due += pace.pause(before, batch[0].recorded_at) if before else 0.0
            await asyncio.sleep(max(0.0, due - clock()))
            await import_(scratch, export(source, batch[0].position - 1, batch[-1].position))
            before = batch[-1].recorded_at
            yield batch


async def _moments(source: EventLog, after: int, upto: int) -> AsyncGenerator[list[Recorded], None]:
    """The events in lists of one recorded time each."""
    batch: list[Recorded] = []
    async for recorded in source.read_all(after, upto=upto):
        another = batch and batch[0].recorded_at != recorded.recorded_at
        if another or len(batch) >= _LARGEST_BATCH:
            yield batch
            batch = []
        batch.append(recorded)
    if batch:
        yield batch
