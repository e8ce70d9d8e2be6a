"""Dates as people and formats write them; none asks the locale or the clock."""

from datetime import UTC, datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from feedstream.config import Site
from feedstream.domain.when import When

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Dates an Atom feed of which no date is known: it must have one (RFC 4287 §4.1.1)."""

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def format_day(when: When, site: Site) -> str:
    """`6 December 2021`; an instant adds its hour in the site's zone: `…, 14:30 UTC`."""
    if not isinstance(when, datetime):
        return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    local = _local(when, site)
    day = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {local.hour:02}:{local.minute:02} {_zone_name(local)}"


def _local(instant: datetime, site: Site) -> datetime:
    """In the site's zone, or where that would leave the calendar (years 1 and 9999) in UTC."""
    try:
        return instant.astimezone(ZoneInfo(site.timezone))
    except OverflowError:
        return instant.astimezone(UTC)


def rfc822(instant: datetime) -> str:
    """The date of RSS (RFC 822 with four digits of year), in GMT."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def rfc3339(instant: datetime) -> str:
    """The date of Atom and JSON Feed (RFC 3339), in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone_name(local: datetime) -> str:
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name
