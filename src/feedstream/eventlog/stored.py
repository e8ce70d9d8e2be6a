"""An event as a store keeps it: columns of plain values, and bytes that never change."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson

from feedstream.eventlog.merkle import LEAF_PREFIX, body_digest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SALT_SIZE: Final = 16
_MICROSECOND = timedelta(microseconds=1)
_SECOND: Final = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What is left of an erased body: its salted digest, what erased it, what is kept of it.

    `by` is the position of the `content.erased` event, `kept` canonical JSON of ids and dates.
    """

    digest: bytes
    by: int
    kept: bytes


class Entry(NamedTuple):
    """An event encoded for the log, before it has a place.

    `effective_at` is `format_when`'s text, `data` canonical JSON. `recorded_at` (microseconds
    since 1970, UTC), `salt` and `erased` are given only when a log is restored; an erased event
    has no `data` and an empty `salt`.
    """

    id: str
    stream: str
    type: str
    schema: int
    effective_at: str
    actor: str
    correlation_id: str
    causation_id: str
    data: bytes
    recorded_at: int | None = None
    salt: bytes | None = None
    erased: Erasure | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Where an exported line says that its event stood, and its leaf hash there."""

    position: int
    revision: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in its place; `recorded_at` in microseconds since 1970, UTC.

    The order of the fields is that of the columns that stores read. Where `erased` is given,
    `salt` and `data` are empty.
    """

    position: int
    id: str
    stream: str
    revision: int
    type: str
    schema: int
    effective_at: str
    recorded_at: int
    actor: str
    correlation_id: str
    causation_id: str
    leaf: bytes
    salt: bytes
    data: bytes
    erased: Erasure | None = None

    def says_the_same_as(self, entry: Entry) -> bool:
        """Whether `entry` has the content that this event's id stands for.

        Where either has been erased, the data cannot be compared any more: the rest must do.
        """
        return (
            (self.data == entry.data or self.erased is not None or entry.erased is not None)
            and self.type == entry.type
            and self.schema == entry.schema
            and self.stream == entry.stream
            and self.effective_at == entry.effective_at
            and self.actor == entry.actor
        )


class Row(NamedTuple):
    """What a `Stored` holds, as the plain tuple that a store writes: cheaper to make."""

    position: int
    id: str
    stream: str
    revision: int
    type: str
    schema: int
    effective_at: str
    recorded_at: int
    actor: str
    correlation_id: str
    causation_id: str
    leaf: bytes
    salt: bytes
    data: bytes
    erased: Erasure | None


Columns = tuple[Any, ...]
"""The fields of a `Stored` without its `erased`: a row as stores read it."""

fields_of: Final = attrgetter(*(field.name for field in fields(Stored) if field.name != "erased"))
"""The `Columns` of a `Stored`."""

_HEADED: Final = 11
"""How many of them the header covers: all before leaf, salt and data."""


def header_of(stored: Stored) -> bytes:
    """The canonical header of `stored`, as its leaf was computed over it."""
    return header_bytes(*fields_of(stored)[:_HEADED])


def digest_of(stored: Stored) -> bytes:
    """The salted digest of the body of `stored`, erased or not."""
    if stored.erased is not None:
        return stored.erased.digest
    return body_digest(stored.salt, stored.data)


def header_bytes(  # noqa: PLR0917 - a row of the table, as it is read
    position: int,
    id: str,
    stream: str,
    revision: int,
    type: str,
    schema: int,
    effective_at: str,
    recorded_at: int,
    actor: str,
    correlation_id: str,
    causation_id: str,
) -> bytes:
    """The canonical header that goes into a leaf; the arguments are `Stored`'s first fields."""
    return orjson.dumps(
        {
            "position": position,
            "id": id,
            "stream": stream,
            "revision": revision,
            "type": type,
            "schema": schema,
            "effective_at": effective_at,
            "recorded_at": when_text(recorded_at),
            "actor": actor,
            "correlation_id": correlation_id,
            "causation_id": causation_id,
        }
    )


def placed(entry: Entry, *, position: int, revision: int, recorded_at: int, salt: bytes) -> Stored:
    """`entry` in its place, with the leaf hash that it has there."""
    return Stored(*placed_row(entry, position, revision, recorded_at, salt))


def placed_row(entry: Entry, position: int, revision: int, recorded_at: int, salt: bytes) -> Row:
    """As `placed`, as a row."""
    id_, stream, type_, schema, effective_at, actor, correlation_id, causation_id, data, *_ = entry
    header = header_bytes(
        position,
        id_,
        stream,
        revision,
        type_,
        schema,
        effective_at,
        recorded_at,
        actor,
        correlation_id,
        causation_id,
    )
    erased = entry.erased
    digest = sha256(salt + data).digest() if erased is None else erased.digest
    return Row(
        position,
        id_,
        stream,
        revision,
        type_,
        schema,
        effective_at,
        recorded_at,
        actor,
        correlation_id,
        causation_id,
        sha256(LEAF_PREFIX + header + digest).digest(),
        salt,
        data,
        erased,
    )


def microseconds(at: datetime) -> int:
    """Microseconds from 1970 to an aware instant."""
    return (at - EPOCH) // _MICROSECOND


@lru_cache(maxsize=1024)
def instant(micros: int) -> datetime:
    """The instant, in UTC, that many microseconds after 1970; events of a batch share theirs."""
    seconds, rest = divmod(micros, _SECOND)
    return EPOCH + timedelta(0, seconds, rest)


def utc_text(at: datetime) -> str:
    """`format_when` of an instant whose zone is `UTC` itself."""
    return f"{at.isoformat()[:-6]}Z"


@lru_cache(maxsize=1024)
def when_text(micros: int) -> str:
    """`format_when` of the instant that many microseconds after 1970."""
    seconds, rest = divmod(micros, _SECOND)
    return f"{_second_text(seconds)}.{rest:06}Z" if rest else f"{_second_text(seconds)}Z"


@lru_cache(maxsize=4096)
def _second_text(seconds: int) -> str:
    """The whole second, without its zone; many events share theirs."""
    return instant(seconds * _SECOND).isoformat()[:-6]
