"""What an event needs to be stored, beside its data: names in order, and times with a zone."""

import unicodedata
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, get_args, get_type_hints

from feedstream.domain.events import Proposed, Unknown
from feedstream.domain.when import When, format_when
from feedstream.errors import Invalid
from feedstream.eventlog.stored import SALT_SIZE, Entry, microseconds, utc_text

MAX_NAME: Final = 500


def entry_of(proposed: Proposed, type_: str, schema: int, data: bytes) -> Entry:
    """`proposed` with its encoded `data`, as it is stored. Raises `Invalid` where it cannot be."""
    id_, stream, actor = proposed.id, proposed.stream, proposed.actor
    correlation_id, causation_id = proposed.correlation_id, proposed.causation_id
    if not _are_plain(id_, stream, type_, actor, correlation_id, causation_id):
        _check_names(proposed, type_)
    at, salt = proposed.recorded_at, proposed.salt
    return Entry(
        id_,
        stream,
        type_,
        schema,
        _when(proposed.effective_at),
        actor,
        correlation_id,
        causation_id,
        data,
        None if at is None else _recorded_at(at),
        None if salt is None else _salt(salt),
    )


def _are_plain(id_: str, stream: str, type_: str, actor: str, *causes: str) -> bool:
    """Whether all names are in order, as nearly always; where not, they may still be."""
    try:
        names = "".join((id_, stream, type_, actor, *causes))
    except TypeError:
        return False
    return bool(
        id_ and stream and type_ and actor and len(names) <= MAX_NAME and names.isprintable()
    )


def _check_names(proposed: Proposed, type_: str) -> None:
    _check_name("id", proposed.id)
    _check_name("stream", proposed.stream)
    _check_name("type", type_)
    _check_name("actor", proposed.actor)
    _check_name("correlation id", proposed.correlation_id, may_be_empty=True)
    _check_name("causation id", proposed.causation_id, may_be_empty=True)


def _check_name(what: str, text: str, *, may_be_empty: bool = False) -> None:
    if not isinstance(text, str):
        raise Invalid(f"An event's {what} must be text, not {type(text).__name__}.")
    if not text and not may_be_empty:
        raise Invalid(f"An event's {what} is missing: give it one.")
    if len(text) > MAX_NAME:
        raise Invalid(f"An event's {what} may have {MAX_NAME} characters, not {len(text)}.")
    if not text.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise Invalid(f"An event's {what} may hold no control characters: {text!r} does.")


def _when(when: When) -> str:
    if type(when) is datetime and when.tzinfo is UTC:
        return utc_text(when)
    if isinstance(when, datetime) and when.utcoffset() is None:
        raise Invalid(f"An event's effective time needs a time zone: {when} has none.")
    try:
        return format_when(when)
    except OverflowError:
        raise Invalid(
            f"An event's effective time must lie in the years 1 to 9999: {when}"
        ) from None


def _recorded_at(at: datetime) -> int:
    if at.utcoffset() is None:
        raise Invalid(f"An event's recorded time needs a time zone: {at} has none.")
    return microseconds(at)


def _salt(salt: bytes) -> bytes:
    if len(salt) != SALT_SIZE:
        raise Invalid(f"An event's salt has {SALT_SIZE} bytes, not {len(salt)}.")
    return salt


def refuse_naive(value: object, type_: str) -> None:
    """A time without a zone means another instant on each machine: refuse it anywhere inside."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise Invalid(f"This {type_} event has a time without a time zone: {value}.")
    elif isinstance(value, tuple):
        for part in value:
            refuse_naive(part, type_)
    elif is_dataclass(value) and not isinstance(value, type | Unknown):
        for name in _dated(type(value)):
            refuse_naive(getattr(value, name), type_)


@cache
def _dated(cls: type) -> tuple[str, ...]:
    """The fields of a dataclass that may hold a time somewhere inside, by their types."""
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if _may_hold_time(hints[field.name]))


def _may_hold_time(hint: Any) -> bool:
    if is_dataclass(hint):
        return bool(_dated(hint)) if isinstance(hint, type) else False
    if isinstance(hint, type) and issubclass(hint, datetime):
        return True
    return any(_may_hold_time(part) for part in get_args(hint))
