"""Making a `Recorded` fast: reading makes one for each event, and nothing else costs as much.

A frozen dataclass sets each of its fields through `object.__setattr__`. Here they are set on an
open object of the same layout, which then becomes what it is to be.
"""

from datetime import datetime
from typing import Any, cast

from feedstream.domain.events import Event, Recorded, Unknown, Withheld
from feedstream.domain.when import When


class _Draft:
    """A `Recorded` that is not frozen yet: the same slots, so Python lets it change its class."""

    __slots__ = Recorded.__slots__

    def __init__(  # noqa: PLR0917 - the fields of `Recorded`, in their order
        self,
        position: int,
        id: str,
        stream: str,
        revision: int,
        type: str,
        schema: int,
        effective_at: When,
        recorded_at: datetime,
        actor: str,
        correlation_id: str,
        causation_id: str,
        event: Event | Unknown | Withheld,
        salt: bytes,
        leaf: bytes,
    ) -> None:
        self.position = position
        self.id = id
        self.stream = stream
        self.revision = revision
        self.type = type
        self.schema = schema
        self.effective_at = effective_at
        self.recorded_at = recorded_at
        self.actor = actor
        self.correlation_id = correlation_id
        self.causation_id = causation_id
        self.event = event
        self.salt = salt
        self.leaf = leaf


def recorded(*fields: Any) -> Recorded:
    """The `Recorded` of these fields, given in their order."""
    made: Any = _Draft(*fields)
    made.__class__ = Recorded
    return cast(Recorded, made)
