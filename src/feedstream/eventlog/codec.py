"""Events to stored bytes and back: validated by pydantic, written by orjson, lifted by upcasts.

Stored data is canonical: `orjson.dumps(orjson.loads(data)) == data`. It is hashed and exported as
it stands, never written anew.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
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
from feedstream.domain.when import When, format_when, parse_when
from feedstream.errors import Invalid, NoUpcast
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.stored import SALT_SIZE, Entry, Erasure, Stored, instant, microseconds

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Lifts the data of one schema of a type to the next."""

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {}
"""By (type, schema): the way from that schema to the next one up."""

MAX_LINE: Final = 8 * 1024 * 1024
"""The longest line of an export, in bytes."""

MAX_DATA: Final = MAX_LINE - 64 * 1024
"""The largest event data, in bytes: whatever the log takes fits on a line of an export."""

MAX_NAME: Final = 500
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
        self._upcasts = upcasts

    def encode(self, proposed: Proposed) -> Entry:
        """What the log stores of `proposed`. Raises `Invalid` where it could not be read back."""
        type_, schema, data = self._body(proposed)
        if len(data) > MAX_DATA:
            raise Invalid(
                f"This {type_} event holds {len(data):,} bytes of data; an event may hold "
                f"{MAX_DATA:,}: shorten it, or link to what is large."
            )
        return _entry(proposed, type_, schema, data)

    def encode_erased(self, proposed: Proposed, erasure: Erasure) -> Entry:
        """What the log stores of an event whose body was erased before it was exported."""
        if not 1 <= proposed.schema <= MAX_SCHEMA:
            raise Invalid(f"An event needs a schema of 1 or more, not {proposed.schema}.")
        entry = _entry(proposed, proposed.type, proposed.schema, b"")
        return replace(entry, salt=b"", erased=erasure)

    def decode(self, type_: str, schema: int, data: bytes) -> Event | Unknown:
        """The event in stored `data`; `Unknown` where its type or schema is not known yet.

        Raises `NoUpcast` for an older schema without a way up, `ValueError` for data that is not
        what (type, schema) says.
        """
        cls = self._classes.get(type_)
        if cls is None or schema > cls.SCHEMA:
            return Unknown(raw=_object(data))
        if schema < cls.SCHEMA:
            data = orjson.dumps(self._lift(cls, schema, _object(data)))
        return self._adapters[cls].validate_json(data, strict=True)

    def recorded(self, stored: Stored) -> Recorded:
        """The event that `stored` holds. Raises `Damaged` naming its position."""
        try:
            event = self._event(stored)
            effective_at = parse_when(stored.effective_at)
        except ValueError as exc:
            raise Damaged(
                f"The event at position {stored.position} does not hold what a {stored.type} of "
                f"schema {stored.schema} must ({problem(exc)}): restore the log from an export or "
                "a backup.",
                position=stored.position,
                expected=f"a {stored.type} of schema {stored.schema}",
                actual=problem(exc),
            ) from exc
        return Recorded(
            position=stored.position,
            id=stored.id,
            stream=stored.stream,
            revision=stored.revision,
            type=stored.type,
            schema=stored.schema,
            effective_at=effective_at,
            recorded_at=instant(stored.recorded_at),
            actor=stored.actor,
            correlation_id=stored.correlation_id,
            causation_id=stored.causation_id,
            event=event,
            salt=stored.salt,
            leaf=stored.leaf,
        )

    def _event(self, stored: Stored) -> Event | Unknown | Withheld:
        if stored.erased is not None:
            return Withheld(by=stored.erased.by, kept=_object(stored.erased.kept))
        return self.decode(stored.type, stored.schema, stored.data)

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
        if isinstance(proposed.event, Unknown):
            return self._raw_body(proposed.type, proposed.schema, proposed.event)
        if isinstance(proposed.event, Withheld):
            raise Invalid("Erased content cannot be recorded anew: leave that event out.")
        cls = type(proposed.event)
        if proposed.type not in {"", cls.TYPE} or proposed.schema not in {0, cls.SCHEMA}:
            raise Invalid(
                f"This event is a {cls.TYPE} of schema {cls.SCHEMA}, but was offered as a "
                f"{proposed.type} of schema {proposed.schema}: leave both out."
            )
        return cls.TYPE, cls.SCHEMA, self._typed_body(proposed.event)

    def _typed_body(self, event: Event) -> bytes:
        cls = type(event)
        try:
            adapter = self._adapters[cls]
            data = orjson.dumps(adapter.dump_python(event, mode="json", warnings=False))
            again = adapter.validate_json(data, strict=True)
        except (ValueError, TypeError, KeyError) as exc:
            raise Invalid(f"This {cls.TYPE} event cannot be recorded: {problem(exc)}.") from exc
        if again != event:
            raise Invalid(f"This {cls.TYPE} event would be read as another: check its types.")
        _refuse_naive(event, cls.TYPE)
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
        _refuse_naive(event, type_)
        return type_, schema, data


def _adapter(cls: type[Event]) -> TypeAdapter[Event]:
    # Through an alias, since pydantic takes no configuration beside a dataclass itself, and the
    # domain must not know of pydantic.
    alias: Any = TypeAliasType(cls.__name__, cls)
    return TypeAdapter(alias, config=_STRICT)


def _entry(proposed: Proposed, type_: str, schema: int, data: bytes) -> Entry:
    return Entry(
        id=_name("id", proposed.id),
        stream=_name("stream", proposed.stream),
        type=_name("type", type_),
        schema=schema,
        effective_at=_when(proposed.effective_at),
        actor=_name("actor", proposed.actor),
        correlation_id=_name("correlation id", proposed.correlation_id, may_be_empty=True),
        causation_id=_name("causation id", proposed.causation_id, may_be_empty=True),
        data=data,
        recorded_at=_recorded_at(proposed.recorded_at),
        salt=_salt(proposed.salt),
    )


def _object(data: bytes) -> dict[str, Any]:
    raw = orjson.loads(data)
    if not isinstance(raw, dict):
        raise ValueError("the data is not a JSON object")
    return raw


def _name(what: str, text: str, *, may_be_empty: bool = False) -> str:
    if not isinstance(text, str):
        raise Invalid(f"An event's {what} must be text, not {type(text).__name__}.")
    if not text and not may_be_empty:
        raise Invalid(f"An event's {what} is missing: give it one.")
    if len(text) > MAX_NAME:
        raise Invalid(f"An event's {what} may have {MAX_NAME} characters, not {len(text)}.")
    if not text.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise Invalid(f"An event's {what} may hold no control characters: {text!r} does.")
    return text


def _when(when: When) -> str:
    if isinstance(when, datetime) and when.utcoffset() is None:
        raise Invalid(f"An event's effective time needs a time zone: {when} has none.")
    try:
        return format_when(when)
    except OverflowError:
        raise Invalid(
            f"An event's effective time must lie in the years 1 to 9999: {when}"
        ) from None


def _recorded_at(at: datetime | None) -> int | None:
    if at is None:
        return None
    if at.utcoffset() is None:
        raise Invalid(f"An event's recorded time needs a time zone: {at} has none.")
    return microseconds(at)


def _salt(salt: bytes | None) -> bytes | None:
    if salt is not None and len(salt) != SALT_SIZE:
        raise Invalid(f"An event's salt has {SALT_SIZE} bytes, not {len(salt)}.")
    return salt


def _refuse_naive(value: object, type_: str) -> None:
    """A time without a zone means another instant on each machine: refuse it anywhere inside."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise Invalid(f"This {type_} event has a time without a time zone: {value}.")
    elif isinstance(value, tuple):
        for part in value:
            _refuse_naive(part, type_)
    elif is_dataclass(value) and not isinstance(value, type | Unknown):
        for field in fields(value):
            _refuse_naive(getattr(value, field.name), type_)


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
