"""What a server's status and headers mean for a person and for the schedule."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from feedstream import clock

MAX_RETRY_AFTER = 86_400.0
"""No server can put us off for longer than a day at a time, in seconds."""

_COMPLAINTS = {
    304: "answered “not modified” to a question without conditions; tell the partner",
    401: "wants a name and a password (status 401); put them in its address",
    403: "does not let us in (status 403); ask the partner for access",
    404: "has nothing at that address (status 404); correct it",
    410: "says that the feed is gone for good (status 410); remove the source or correct it",
    429: "says that we ask too often (status 429); give it a longer interval",
    451: "may not show the feed for legal reasons (status 451); ask the partner",
}


def complaint(status: int) -> str:
    """The end of a sentence that begins with a source: what its status means, and what to do."""
    if status in _COMPLAINTS:
        return _COMPLAINTS[status]
    if status >= 500:
        return f"has trouble on its side (status {status}); it is tried again"
    return f"answered with status {status} instead of a feed; check its address"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of `Retry-After` (RFC 9110 §10.2.3), a number or a date; None where unusable.

    A date is measured against the server's own `Date`, so that a wrong clock there does not count.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), MAX_RETRY_AFTER)
    until = _http_date(text)
    if until is None:
        return None
    now = _http_date(headers.get("date", "")) or clock.utc_now()
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
