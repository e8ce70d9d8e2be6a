"""When to look at a source again; pure. A source that fails is never given up."""

import hashlib
from datetime import datetime, timedelta

from feedstream.domain.wire import Source
from feedstream.wire.health import SourceHealth

LONGEST = 6 * 3600
"""The longest pause after failures, in seconds."""
JITTER = 0.1


def next_attempt(
    health: SourceHealth, source: Source, at: datetime, retry_after: float | None
) -> datetime:
    """The instant of the next look, for a source whose last look ended at `at`.

    `health` has that look counted in: `health.succeeded()` or `health.failed()`. The pause is the
    interval; each failure in a row doubles it, to `LONGEST` at most (or to the interval where that
    is longer). Up to a tenth is added, differing by source and attempt, so
    that sources do not all come at once. A `retry_after` in seconds only ever delays, by a day at
    most.
    """
    interval = float(source.interval)
    doublings = min(health.failures, 20)
    pause = min(interval * 2**doublings, max(LONGEST, interval))
    pause *= 1 + JITTER * _fraction(source.name, health.attempts)
    if retry_after is not None:
        pause = max(pause, min(max(retry_after, 0.0), 86_400.0))
    return at + timedelta(seconds=pause)


def _fraction(name: str, attempts: int) -> float:
    """A number from 0 to 1 that looks random and is always the same for the same arguments."""
    digest = hashlib.sha256(f"{name}\n{attempts}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
