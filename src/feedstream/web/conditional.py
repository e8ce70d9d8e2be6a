"""Conditional requests (RFC 9110 §13) and the asking for deltas (RFC 3229), as pure functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from feedstream.web.codings import weights
from feedstream.web.tags import bare, listed


def not_modified(headers: Mapping[str, str], tag: str, modified: datetime | None = None) -> bool:
    """Whether the client's copy still holds, so that 304 is the answer.

    `If-None-Match`, where given, decides alone, by weak comparison with `tag` (RFC 9110 §13.1.3,
    §8.8.3.2) without the suffix of a coding: whoever holds the bytes in another coding holds them.
    A date that cannot be read counts as absent.
    """
    wanted = headers.get("if-none-match")
    if wanted is not None:
        ours = bare(listed(tag)[0])
        return wanted.strip() == "*" or any(bare(one) == ours for one in listed(wanted))
    since = _moment(headers.get("if-modified-since"))
    return modified is not None and since is not None and modified <= since


def wants_delta(headers: Mapping[str, str]) -> bool:
    """Whether `A-IM` (RFC 3229 §10.5.3) takes the instance manipulation `feed`."""
    return weights(headers.get("a-im", "")).get("feed", 0.0) > 0


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
