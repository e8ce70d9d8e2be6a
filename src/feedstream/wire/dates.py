"""Dates as partners write them: instants become UTC, a date alone stays a date."""

import re
from calendar import timegm
from datetime import UTC, date, datetime, timedelta
from time import struct_time

from feedstream.domain.when import When, day_of

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_iso(text: str) -> When | None:
    """An ISO 8601 date or instant; one without an offset is taken for UTC. None if unreadable."""
    text = text.strip()[:40]
    try:
        if _DAY.fullmatch(text):
            return plausible(date.fromisoformat(text))
        return plausible(_in_utc(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        return None


def read_date(text: str, parsed: struct_time | None) -> When | None:
    """A date in any dialect: ISO by ourselves, others as feedparser understood them (in UTC)."""
    found = read_iso(text)
    if found is not None or parsed is None:
        return found
    try:
        return plausible(_EPOCH + timedelta(seconds=timegm(parsed)))
    except (ValueError, OverflowError):
        return None


def plausible(when: When) -> When | None:
    """`when`, or None where no newsroom can mean it."""
    return when if EARLIEST <= day_of(when) < LATEST else None


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
