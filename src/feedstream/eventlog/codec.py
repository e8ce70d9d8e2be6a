"""Events to stored bytes and back: validated by pydantic, written by orjson, lifted by upcasts.

Stored data is canonical: `orjson.dumps(orjson.loads(data)) == data`. It is hashed and exported as
it stands, never written anew.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError
from typing_extensions import TypeAliasType

from feedstream.domain.events import (
    EVENT_CLASSES,
    Event,
    Proposed,
    Recorded,
    Unknown,
    Withheld,
)
from feedstream.domain.when import parse_when
from feedstream.errors import Invalid, NoUpcast
from feedstream.eventlog import drafts
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.entries import entry_of, refuse_naive
from feedstream.eventlog.plain import PlainWriter
from feedstream.eventlog.stored import Columns, Entry, Erasure, Stored, fields_of, instant

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Lifts the data of one schema of a type to the next."""

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {
    ("content.erased", 1): lambda raw: {**raw, "former": []},
    ("story.published", 1): lambda raw: {**raw, "media": []},
    ("story.edited", 1): lambda raw: {**raw, "media": None},
    ("update.added", 1): lambda raw: {**raw, "media": []},
    ("update.edited", 1): lambda raw: {**raw, "media": None},
}
"""By (type, schema): the way from that schema to the next one up."""

MAX_LINE: Final = 8 * 1024 * 1024
"""The longest line of an export, in bytes."""

MAX_DATA: Final = MAX_LINE - 64 * 1024
"""The largest event data, in bytes: whatever the log takes fits on a line of an export."""

MAX_SCHEMA: Final = 2**31 - 1  # a CloudEvents Integer

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class Codec:
    """Encodes and decodes the events of `classes`, lifting older schemas by `upcasts`."""

    def __init__(
        self,
        classes: Iterable[type[Event]] = EVENT_CLASSES,
        upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS,
    ) -> None:
        self._adapters = {cls: _adapter(cls) for cls in classes}
        self._classes: dict[str, type[Event]] = {cls.TYPE: cls for cls in self._adapters}
        self._todays: dict[tuple[str, int], Callable[..., Event]] = {
            (cls.TYPE, cls.SCHEMA): adapter.validator.validate_json
            for cls, adapter in self._adapters.items()
        }
        self._upcasts = upcasts
        self._plain = {cls: PlainWriter(cls) for cls in self._adapters}

    def encode(self, proposed: Proposed) -> Entry:
        """What the log stores of `proposed`. Raises `Invalid` where it could not be read back."""
        type_, schema, data = self._body(proposed)
        if len(data) > MAX_DATA:
            raise Invalid(
                f"This {type_} event holds {len(data):,} bytes of data; an event may hold "
                f"{MAX_DATA:,}: shorten it, or link to what is large."
            )
        return entry_of(proposed, type_, schema, data)

    def encode_erased(self, proposed: Proposed, erasure: Erasure) -> Entry:
        """What the log stores of an event whose body was erased before it was exported."""
        if not 1 <= proposed.schema <= MAX_SCHEMA:
            raise Invalid(f"An event needs a schema of 1 or more, not {proposed.schema}.")
        entry = entry_of(proposed, proposed.type, proposed.schema, b"")
        return entry._replace(salt=b"", erased=erasure)

    def decode(self, type_: str, schema: int, data: bytes) -> Event | Unknown:
        """The event in stored `data`; `Unknown` where its type or schema is not known yet.

        Raises `NoUpcast` for an older schema without a way up, `ValueError` for data that is not
        what (type, schema) says.
        """
        if (todays := self._todays.get((type_, schema))) is not None:
            return todays(data, strict=True)
        cls = self._classes.get(type_)
        if cls is None or schema > cls.SCHEMA:
            return Unknown(raw=_object(data))
        data = orjson.dumps(self._lift(cls, schema, _object(data)))
        return self._adapters[cls].validate_json(data, strict=True)

    def recorded(self, stored: Stored) -> Recorded:
        """The event that `stored` holds. Raises `Damaged` naming its position."""
        return self.read(fields_of(stored), stored.erased)

    def read(self, columns: Columns, erased: Erasure | None = None) -> Recorded:
        """As `recorded`, without a `Stored` in between: from its fields, in their order."""
        (
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
            leaf,
            salt,
            data,
        ) = columns
        try:
            event = self.decode(type_, schema, data) if erased is None else _withheld(erased)
            when = parse_when(effective_at)
        except ValueError as exc:
            raise _damaged(position, type_, schema, exc) from exc
        return drafts.recorded(
            position,
            id_,
            stream,
            revision,
            type_,
            schema,
            when,
            instant(recorded_at),
            actor,
            correlation_id,
            causation_id,
            event,
            salt,
            leaf,
        )

    def check(self, kinds: Iterable[tuple[str, int]]) -> None:
        """Raise `NoUpcast` where one of the stored (type, schema) `kinds` has no way up."""
        for type_, schema in kinds:
            cls = self._classes.get(type_)
            if cls is not None:
                self._way_up(cls, schema)

    def current_schema(self, type_: str) -> int | None:
        """The schema that a known type is written in today."""
        cls = self._classes.get(type_)
        return None if cls is None else cls.SCHEMA

    def _lift(self, cls: type[Event], schema: int, raw: dict[str, Any]) -> dict[str, Any]:
        for upcast in self._way_up(cls, schema):
            try:
                raw = upcast(raw)
            except (LookupError, TypeError, AttributeError) as exc:
                raise ValueError(f"it cannot be lifted to schema {cls.SCHEMA}") from exc
        return raw

    def _way_up(self, cls: type[Event], schema: int) -> list[Upcast]:
        steps = [self._upcasts.get((cls.TYPE, step)) for step in range(schema, cls.SCHEMA)]
        if None in steps:
            raise NoUpcast(
                f"The log holds {cls.TYPE} events of schema {schema}, which this version of "
                f"feedstream cannot lift to schema {cls.SCHEMA}: use a version that can."
            )
        return [step for step in steps if step is not None]

    def _body(self, proposed: Proposed) -> tuple[str, int, bytes]:
        event = proposed.event
        if isinstance(event, Unknown):
            return self._raw_body(proposed.type, proposed.schema, event)
        if isinstance(event, Withheld):
            raise Invalid("Erased content cannot be recorded anew: leave that event out.")
        cls = type(event)
        if proposed.type not in ("", cls.TYPE) or proposed.schema not in (0, cls.SCHEMA):
            raise Invalid(
                f"This event is a {cls.TYPE} of schema {cls.SCHEMA}, but was offered as a "
                f"{proposed.type} of schema {proposed.schema}: leave both out."
            )
        return cls.TYPE, cls.SCHEMA, self._typed_body(event)

    def _typed_body(self, event: Event) -> bytes:
        cls = type(event)
        plain = self._plain.get(cls)
        if plain is not None and (written := plain.write(event)) is not None:
            return written
        try:
            adapter = self._adapters[cls]
            data = orjson.dumps(adapter.dump_python(event, mode="json", warnings=False))
            again = adapter.validate_json(data, strict=True)
        except (ValueError, TypeError, KeyError) as exc:
            raise Invalid(f"This {cls.TYPE} event cannot be recorded: {problem(exc)}.") from exc
        if again != event:
            raise Invalid(f"This {cls.TYPE} event would be read as another: check its types.")
        refuse_naive(event, cls.TYPE)
        return data

    def _raw_body(self, type_: str, schema: int, unknown: Unknown) -> tuple[str, int, bytes]:
        if not 1 <= schema <= MAX_SCHEMA:
            raise Invalid(f"An event of type “{type_}” needs a schema of 1 or more, not {schema}.")
        try:
            data = orjson.dumps(unknown.raw)
            event = self.decode(type_, schema, data)
        except (ValueError, TypeError) as exc:
            raise Invalid(f"This is no {type_} event of schema {schema}: {problem(exc)}.") from exc
        if orjson.dumps(orjson.loads(data)) != data:
            raise Invalid(f"This {type_} event's data has no canonical JSON: use plain values.")
        refuse_naive(event, type_)
        return type_, schema, data


def _adapter(cls: type[Event]) -> TypeAdapter[Event]:
    # Through an alias, since pydantic takes no configuration beside a dataclass itself, and the
    # domain must not know of pydantic.
    alias: Any = TypeAliasType(cls.__name__, cls)
    return TypeAdapter(alias, config=_STRICT)


def _withheld(erased: Erasure) -> Withheld:
    return Withheld(by=erased.by, kept=_object(erased.kept))


def _damaged(position: int, type_: str, schema: int, exc: ValueError) -> Damaged:
    return Damaged(
        f"The event at position {position} does not hold what a {type_} of schema {schema} must "
        f"({problem(exc)}): restore the log from an export or a backup.",
        position=position,
        expected=f"a {type_} of schema {schema}",
        actual=problem(exc),
    )


def _object(data: bytes) -> dict[str, Any]:
    raw = orjson.loads(data)
    if not isinstance(raw, dict):
        raise ValueError("the data is not a JSON object")
    return raw


def problem(exc: Exception) -> str:
    """The first thing that is wrong, in a few words."""
    if isinstance(exc, ValidationError):
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg'].lower()}" if where else first["msg"].lower()
    if isinstance(exc, PydanticSerializationError | orjson.JSONEncodeError):
        return "a value that JSON cannot hold"
    return str(exc)


CODEC: Final = Codec()
"""The codec of this version's events."""
