"""Effective times: an instant, or a date alone that stays a date.

A newsroom writes "UPDATE 06/12/2021" and means the day. Such a date is kept as a `date` and is
never given an hour in what people read. Feeds demand an instant (RFC 4287 §3.3, RSS `pubDate`):
there a date stands at noon UTC, which falls on that same day almost everywhere on earth.
"""

from datetime import UTC, date, datetime, time, timedelta

_FORMS = "give a date such as 2021-12-06 or an instant such as 2021-12-06T14:30:00Z"

_LAST = datetime(9999, 12, 31, tzinfo=UTC)

When = datetime | date
"""An aware instant, or a date without a time."""

EARLIEST = date(1600, 1, 1)
"""No story is older than newspapers: an earlier date is a slip, and near year 1 no calendar holds
what zones and weekdays need."""

SECOND = timedelta(seconds=1)


def parse_when(text: str) -> When:
    """Read an ISO 8601 date or an instant with its offset.

    Raises `ValueError` with a sentence where `text` is neither.
    """
    text = text.strip()
    try:
        if len(text) == len("2021-12-06"):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is no date: {_FORMS}") from None
    if instant.tzinfo is None:
        raise ValueError(f"“{text}” has no time zone: {_FORMS}")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"“{text}” is beyond the calendar: {_FORMS}") from None


def format_when(when: When) -> str:
    """The ISO 8601 text of `when`: `2021-12-06`, or `2021-12-06T14:30:00Z`."""
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return when.isoformat()


def instant_of(when: When, *, recorded_at: datetime) -> datetime:
    """The instant that stands for `when` in feeds.

    A date is its noon in UTC. Nothing is later than `recorded_at`: feeds show no future, though an
    editor's clock may go ahead of the log's, and days begin early in the east.
    """
    if isinstance(when, datetime):
        return min(when, recorded_at)
    noon = datetime.combine(when, time(12), tzinfo=UTC)
    return min(noon, recorded_at)


def day_of(when: When) -> date:
    """The calendar day of `when`, in UTC."""
    return when.astimezone(UTC).date() if isinstance(when, datetime) else when


def moved_on(previous: datetime | None, instant: datetime) -> datetime:
    """`instant`, or a second after `previous` where it would not move forward.

    Readers notice a change of an entry only when `updated` moves.
    """
    if previous is None or instant > previous:
        return instant
    return previous + SECOND if previous < _LAST else previous
