"""An event as a store keeps it: columns of plain values, and bytes that never change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from feedstream.domain.when import format_when
from feedstream.eventlog.merkle import leaf_hash

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SALT_SIZE: Final = 16
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event encoded for the log, before it has a place.

    `effective_at` is `format_when`'s text, `data` canonical JSON. `recorded_at` (microseconds
    since 1970, UTC) and `salt` are given only when a log is restored.
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


@dataclass(frozen=True, slots=True)
class Claim:
    """Where an exported line says that its event stood, and its leaf hash there."""

    position: int
    revision: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in its place; `recorded_at` in microseconds since 1970, UTC.

    The order of the fields is that of the columns that stores read.
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

    def says_the_same_as(self, entry: Entry) -> bool:
        """Whether `entry` has the content that this event's id stands for."""
        return (
            self.data == entry.data
            and self.type == entry.type
            and self.schema == entry.schema
            and self.stream == entry.stream
            and self.effective_at == entry.effective_at
            and self.actor == entry.actor
        )


def placed(entry: Entry, *, position: int, revision: int, recorded_at: int, salt: bytes) -> Stored:
    """`entry` in its place, with the leaf hash that it has there."""
    header = orjson.dumps(
        {
            "position": position,
            "id": entry.id,
            "stream": entry.stream,
            "revision": revision,
            "type": entry.type,
            "schema": entry.schema,
            "effective_at": entry.effective_at,
            "recorded_at": format_when(instant(recorded_at)),
            "actor": entry.actor,
            "correlation_id": entry.correlation_id,
            "causation_id": entry.causation_id,
        }
    )
    return Stored(
        position=position,
        id=entry.id,
        stream=entry.stream,
        revision=revision,
        type=entry.type,
        schema=entry.schema,
        effective_at=entry.effective_at,
        recorded_at=recorded_at,
        actor=entry.actor,
        correlation_id=entry.correlation_id,
        causation_id=entry.causation_id,
        leaf=leaf_hash(header, salt, entry.data),
        salt=salt,
        data=entry.data,
    )


def microseconds(at: datetime) -> int:
    """Microseconds from 1970 to an aware instant."""
    return (at - EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The instant, in UTC, that many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=micros)
