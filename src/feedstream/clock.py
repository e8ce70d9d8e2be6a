"""The one place that reads the clock and draws identifiers."""

from collections.abc import Callable
from datetime import UTC, datetime

import uuid_utils

Clock = Callable[[], datetime]
NewId = Callable[[], str]


def utc_now() -> datetime:
    """The present instant, in UTC, to the microsecond."""
    return datetime.now(UTC)  # noqa: TID251  # this is the one place


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562 §5.7) as text: later ids sort after earlier ones."""
    return str(uuid_utils.uuid7())
