"""Positions, and the instants and dates that people name them by."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedstream.config import Site
from feedstream.domain.when import When
from feedstream.errors import NotFound
from feedstream.eventlog.base import EventLog

Moment = int | When
"""A position in the log, an instant, or a whole day in the site's zone."""

_TICK = timedelta(microseconds=1)


def start_of(when: When, site: Site) -> datetime:
    """The first instant that `when` covers: itself, or the start of that day in the site's zone."""
    if isinstance(when, datetime):
        return when
    midnight = datetime.combine(when, time(0), tzinfo=ZoneInfo(site.timezone))
    try:
        return midnight.astimezone(UTC)
    except OverflowError:  # the first or last day that a calendar can hold
        return midnight.replace(tzinfo=UTC)


def end_of(when: When, site: Site) -> datetime:
    """The last instant that `when` covers: itself, or the end of that day in the site's zone."""
    if isinstance(when, datetime):
        return when
    if when == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of(when + timedelta(days=1), site) - _TICK


async def position_until(log: EventLog, when: When, site: Site) -> int:
    """The last position that was recorded until (and with) `when`."""
    return await log.position_at(end_of(when, site))


async def last_position(log: EventLog, moment: Moment | None, site: Site) -> int:
    """The last position of `moment`, by default the head. Raises `NotFound` beyond the head."""
    if moment is None:
        return (await log.head()).position
    if isinstance(moment, int):
        return await known_position(log, moment)
    return await position_until(log, moment, site)


async def first_position(log: EventLog, moment: Moment, site: Site) -> int:
    """The first position at or after `moment`; one beyond the head where all came before it.

    Raises `NotFound` for a position beyond the head.
    """
    if isinstance(moment, int):
        return max(1, await known_position(log, moment))
    return await log.position_at(start_of(moment, site) - _TICK) + 1


async def known_position(log: EventLog, position: int) -> int:
    """`position`, from 0 to the head. Raises `NotFound` where the log has no such position."""
    head = (await log.head()).position
    if not 0 <= position <= head:
        raise NotFound(f"The log has no position {position}: it goes from 1 to {head}.")
    return position
