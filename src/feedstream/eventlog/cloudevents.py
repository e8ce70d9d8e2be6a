"""Events as lines of CloudEvents 1.0 (JSON event format), one canonical line each.

An exported line carries the whole envelope in extension attributes: `position`, `revision`,
`salt` and `leaf` (a *claim* of where the event stood), `schemaversion`, `effectiveat`, `actor`,
`correlationid`, `causationid`. The line of an erased event has no `data` and no `salt`, but
`digest` (base64), `erasedby` (a position) and `kept` (the text of a JSON object).
`subject` is the stream, `time` when the log recorded the event.

CloudEvents from elsewhere carry no claim. Then `time` is when the event happened (unless
`effectiveat` says), `source` is the actor (unless `actor` says), the schema is 1 (unless
`schemaversion` says), and the log records the event anew. An id stands for one event whatever its
`source`. Other extension attributes are not kept.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from feedstream.domain.events import Event, Proposed, Recorded, Unknown, Withheld
from feedstream.domain.when import When, format_when, parse_when
from feedstream.errors import Invalid
from feedstream.eventlog.codec import CODEC, MAX_LINE, MAX_SCHEMA, Codec, problem
from feedstream.eventlog.stored import SALT_SIZE, Claim, Erasure

SOURCE: Final = "/feedstream"
MAX_POSITION: Final = 2**63 - 1

_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_CLAIM = ("position", "revision", "salt", "leaf")
_ERASED = "digest"
_ERASED_CLAIM = ("position", "revision", "leaf", _ERASED, "erasedby", "kept")
_LEAF_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line says: the proposal, the event lifted to today's schema, and its claim."""

    proposed: Proposed
    event: Event | Unknown | Withheld
    claim: Claim | None
    erased: Erasure | None = None


def to_cloudevent(recorded: Recorded, data: bytes, erased: Erasure | None = None) -> bytes:
    """The line of an event with its stored `data` or its `erased`, without the line's end."""
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
    if erased is not None:
        line["digest"] = b64encode(erased.digest).decode()
        line["erasedby"] = erased.by
        line["kept"] = erased.kept.decode()
        line["leaf"] = recorded.leaf.hex()
        return orjson.dumps(line)
    line["salt"] = recorded.salt.hex()
    line["leaf"] = recorded.leaf.hex()
    line["data"] = orjson.Fragment(data)
    return orjson.dumps(line)


def from_cloudevent(line: bytes, codec: Codec = CODEC) -> Line:
    """Read one line. Raises `Invalid` with a sentence that says what is wrong with it."""
    attributes = _attributes(line)
    if _ERASED in attributes:
        return _erased_line(attributes)
    claim = _claim(attributes, _CLAIM)
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


def _erased_line(attributes: Mapping[str, Any]) -> Line:
    """The line of an event whose content was erased before it was exported."""
    erasure = Erasure(
        digest=_digest(attributes),
        by=_integer(attributes, "erasedby", MAX_POSITION),
        kept=_kept(attributes),
    )
    claim = _claim(attributes, _ERASED_CLAIM)
    if "data" in attributes or "salt" in attributes:
        raise Invalid("an erased event has neither “data” nor “salt”")
    event = Withheld(by=erasure.by, kept=orjson.loads(erasure.kept))
    proposed = Proposed(
        id=_text(attributes, "id"),
        stream=_text(attributes, "subject"),
        event=event,
        effective_at=_when(attributes, "effectiveat"),
        actor=_text(attributes, "actor"),
        correlation_id=_text(attributes, "correlationid", default=""),
        causation_id=_text(attributes, "causationid", default=""),
        type=_text(attributes, "type"),
        schema=_integer(attributes, "schemaversion", MAX_SCHEMA),
        recorded_at=_instant(attributes, "time"),
    )
    return Line(proposed=proposed, event=event, claim=claim, erased=erasure)


def _digest(attributes: Mapping[str, Any]) -> bytes:
    try:
        digest = b64decode(_text(attributes, _ERASED), validate=True)
    except ValueError:
        digest = b""
    if len(digest) != _LEAF_SIZE:
        raise Invalid(f"“{_ERASED}” must be {_LEAF_SIZE} bytes in base64")
    return digest


def _kept(attributes: Mapping[str, Any]) -> bytes:
    text = _text(attributes, "kept")
    try:
        kept = orjson.loads(text)
    except orjson.JSONDecodeError:
        kept = None
    if not isinstance(kept, dict):
        raise Invalid("“kept” must be the text of a JSON object")
    return orjson.dumps(kept)


def _claim(attributes: Mapping[str, Any], names: Sequence[str]) -> Claim | None:
    missing = [name for name in names if name not in attributes]
    if len(missing) == len(names):
        return None
    if missing:
        raise Invalid(
            f"“{missing[0]}” is missing: a line of an export has {', '.join(names)} together, "
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
