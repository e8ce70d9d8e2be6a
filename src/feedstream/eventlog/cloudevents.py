"""Events as lines of CloudEvents 1.0 (JSON event format), one canonical line each.

An exported line carries the whole envelope in extension attributes: `position`, `revision`,
`salt` and `leaf` (a *claim* of where the event stood), `schemaversion`, `effectiveat`, `actor`,
`correlationid`, `causationid`. `subject` is the stream, `time` when the log recorded the event.

CloudEvents from elsewhere carry no claim. Then `time` is when the event happened (unless
`effectiveat` says), `source` is the actor (unless `actor` says), the schema is 1 (unless
`schemaversion` says), and the log records the event anew. An id stands for one event whatever its
`source`. Other extension attributes are not kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from feedstream.domain.events import Event, Proposed, Recorded, Unknown
from feedstream.domain.when import When, format_when, parse_when
from feedstream.errors import Invalid
from feedstream.eventlog.codec import CODEC, MAX_LINE, MAX_SCHEMA, Codec, problem
from feedstream.eventlog.stored import SALT_SIZE, Claim

SOURCE: Final = "/feedstream"
MAX_POSITION: Final = 2**63 - 1

_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_CLAIM = ("position", "revision", "salt", "leaf")
_LEAF_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line says: the proposal, the event lifted to today's schema, and its claim."""

    proposed: Proposed
    event: Event | Unknown
    claim: Claim | None


def to_cloudevent(recorded: Recorded, data: bytes) -> bytes:
    """The line of an event with its stored `data`, without the line's end."""
    line: dict[str, Any] = {
        "specversion": "1.0",
        "id": recorded.id,
        "source": SOURCE,
        "type": recorded.type,
        "subject": recorded.stream,
        "time": format_when(recorded.recorded_at),
        "datacontenttype": "application/json",
        "position": recorded.position,
        "revision": recorded.revision,
        "schemaversion": recorded.schema,
        "effectiveat": format_when(recorded.effective_at),
        "actor": recorded.actor,
    }
    if recorded.correlation_id:
        line["correlationid"] = recorded.correlation_id
    if recorded.causation_id:
        line["causationid"] = recorded.causation_id
    line["salt"] = recorded.salt.hex()
    line["leaf"] = recorded.leaf.hex()
    line["data"] = orjson.Fragment(data)
    return orjson.dumps(line)


def from_cloudevent(line: bytes, codec: Codec = CODEC) -> Line:
    """Read one line. Raises `Invalid` with a sentence that says what is wrong with it."""
    attributes = _attributes(line)
    claim = _claim(attributes)
    type_ = _text(attributes, "type")
    schema = _integer(attributes, "schemaversion", MAX_SCHEMA, default=1)
    raw = _data(attributes)
    event = _decode(codec, type_, schema, raw)
    proposed = Proposed(
        id=_text(attributes, "id"),
        stream=_text(attributes, "subject"),
        event=event if _written_anew(codec, type_, schema, claim) else Unknown(raw=raw),
        effective_at=_effective_at(attributes, claim),
        actor=_text(attributes, "actor", default=_text(attributes, "source")),
        correlation_id=_text(attributes, "correlationid", default=""),
        causation_id=_text(attributes, "causationid", default=""),
        type=type_,
        schema=schema,
        recorded_at=_instant(attributes, "time") if claim else None,
        salt=_hex(attributes, "salt", SALT_SIZE) if claim else None,
    )
    return Line(proposed=proposed, event=event, claim=claim)


def _written_anew(codec: Codec, type_: str, schema: int, claim: Claim | None) -> bool:
    """A stranger's data is written out in full; claimed or older data is stored as it stands."""
    return claim is None and schema == codec.current_schema(type_)


def _attributes(line: bytes) -> Mapping[str, Any]:
    if len(line) > MAX_LINE:
        raise Invalid(f"the line is longer than {MAX_LINE // 1024 // 1024} MiB")
    try:
        attributes = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise Invalid(f"this is not JSON ({exc})") from exc
    if not isinstance(attributes, dict) or attributes.get("specversion") != "1.0":
        raise Invalid("this is not a CloudEvent with specversion 1.0")
    # The JSON event format reads null as an attribute that is not there.
    return {name: value for name, value in attributes.items() if value is not None}


def _claim(attributes: Mapping[str, Any]) -> Claim | None:
    missing = [name for name in _CLAIM if name not in attributes]
    if len(missing) == len(_CLAIM):
        return None
    if missing:
        raise Invalid(
            f"“{missing[0]}” is missing: a line of an export has {', '.join(_CLAIM)} together, "
            "a CloudEvent from elsewhere none of them"
        )
    return Claim(
        position=_integer(attributes, "position", MAX_POSITION),
        revision=_integer(attributes, "revision", MAX_POSITION),
        leaf=_hex(attributes, "leaf", _LEAF_SIZE),
    )


def _data(attributes: Mapping[str, Any]) -> Any:
    if not _JSON_TYPE.fullmatch(_text(attributes, "datacontenttype", default="application/json")):
        raise Invalid(f"the data must be JSON, not {attributes['datacontenttype']}")
    if not isinstance(attributes.get("data"), dict):
        raise Invalid("“data” is missing or no JSON object")
    return attributes["data"]


def _decode(codec: Codec, type_: str, schema: int, raw: Any) -> Event | Unknown:
    try:
        return codec.decode(type_, schema, orjson.dumps(raw))
    except (ValueError, TypeError) as exc:
        raise Invalid(f"the data is no {type_} of schema {schema} ({problem(exc)})") from exc


def _text(attributes: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = attributes.get(name, default)
    if not isinstance(value, str):
        raise Invalid(f"“{name}” is missing or no text")
    return value


def _integer(
    attributes: Mapping[str, Any], name: str, greatest: int, *, default: int | None = None
) -> int:
    value = attributes.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= greatest:
        raise Invalid(f"“{name}” is missing or no number from 1 to {greatest}")
    return value


def _hex(attributes: Mapping[str, Any], name: str, size: int) -> bytes:
    text = _text(attributes, name)
    if not re.fullmatch(r"[0-9a-f]*", text) or len(text) != 2 * size:
        raise Invalid(f"“{name}” must be {2 * size} lower-case hexadecimal digits")
    return bytes.fromhex(text)


def _effective_at(attributes: Mapping[str, Any], claim: Claim | None) -> When:
    if claim is None and "effectiveat" not in attributes:
        return _when(attributes, "time")
    return _when(attributes, "effectiveat")


def _when(attributes: Mapping[str, Any], name: str) -> When:
    try:
        return parse_when(_text(attributes, name))
    except (ValueError, OverflowError) as exc:
        raise Invalid(f"“{name}” cannot be read: {exc}") from exc


def _instant(attributes: Mapping[str, Any], name: str) -> datetime:
    when = _when(attributes, name)
    if not isinstance(when, datetime):
        raise Invalid(f"“{name}” must be an instant, with a time and a zone")
    return when
