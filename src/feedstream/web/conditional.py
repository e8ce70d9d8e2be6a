"""Conditional requests and the choice of a coding (RFC 9110 §12.5.3, §13), as pure functions."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def accepts_gzip(header: str) -> bool:
    """Whether gzip is preferred or equal to identity (RFC 9110 §12.5.3)."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, _, parameter = part.strip().partition(";")
        value = parameter.strip().removeprefix("q=")
        try:
            weights[coding.strip()] = float(value) if parameter.strip() else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def not_modified(headers: Mapping[str, str], tag: str, modified: datetime | None = None) -> bool:
    """Whether the client's copy still holds, so that 304 is the answer.

    `If-None-Match`, where given, decides alone, by weak comparison with the `tag` of the coding
    that would be sent (RFC 9110 §13.1.3, §8.8.3.2); a date that cannot be read counts as absent.
    """
    wanted = headers.get("if-none-match")
    if wanted is not None:
        return wanted.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(wanted)
    since = _moment(headers.get("if-modified-since"))
    return modified is not None and since is not None and modified <= since


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
