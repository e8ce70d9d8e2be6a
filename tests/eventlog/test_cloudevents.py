"""Lines of CloudEvents: ours, and those from elsewhere."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from feedstream.domain.events import StoryClosed, StoryReinstated, Unknown
from feedstream.errors import Invalid
from feedstream.eventlog.cloudevents import from_cloudevent, to_cloudevent
from feedstream.eventlog.codec import CODEC, MAX_LINE
from feedstream.eventlog.stored import Stored, microseconds, placed
from tests.eventlog.conftest import START, note

FOREIGN = {
    "specversion": "1.0",
    "id": "1",
    "source": "https://cms.example/desk",
    "type": "story.closed",
    "subject": "story-a",
    "time": "2021-12-06T10:00:00+01:00",
    "data": {"note": "n"},
}


def a_stored() -> Stored:
    entry = CODEC.encode(note("n", id="e", actor="Zoë", correlation_id="c"))
    return placed(
        entry, position=3, revision=2, recorded_at=microseconds(START), salt=bytes(range(16))
    )


def our_line() -> bytes:
    return to_cloudevent(CODEC.recorded(a_stored()), a_stored().data)


def foreign(**changes: Any) -> bytes:
    return orjson.dumps(FOREIGN | changes)


def test_a_line_has_every_attribute_in_a_fixed_order() -> None:
    line = json.loads(our_line())
    assert list(line.items())[:-1] == [
        ("specversion", "1.0"),
        ("id", "e"),
        ("source", "/feedstream"),
        ("type", "story.closed"),
        ("subject", "story-a"),
        ("time", "2021-12-06T09:00:00Z"),
        ("datacontenttype", "application/json"),
        ("position", 3),
        ("revision", 2),
        ("schemaversion", 1),
        ("effectiveat", "2021-12-06"),
        ("actor", "Zoë"),
        ("correlationid", "c"),
        ("salt", "000102030405060708090a0b0c0d0e0f"),
        ("leaf", a_stored().leaf.hex()),
    ]
    assert line["data"] == {"note": "n"}
    assert b"\n" not in our_line()


def test_attribute_names_are_those_that_cloudevents_allows() -> None:
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in json.loads(our_line()))


def test_our_line_read_again_is_the_same_event_in_the_same_place() -> None:
    line = from_cloudevent(our_line())
    assert line.event == StoryClosed(note="n")
    assert line.claim is not None
    entry = CODEC.encode(line.proposed)
    assert entry.salt is not None
    assert entry.recorded_at is not None
    again = placed(
        entry,
        position=line.claim.position,
        revision=line.claim.revision,
        recorded_at=entry.recorded_at,
        salt=entry.salt,
    )
    assert again == a_stored()
    assert again.leaf == line.claim.leaf


def test_an_event_from_elsewhere_needs_little() -> None:
    line = from_cloudevent(foreign())
    proposed = line.proposed
    assert line.claim is None
    assert (proposed.recorded_at, proposed.salt) == (None, None)
    assert proposed.effective_at == datetime(2021, 12, 6, 9, tzinfo=UTC)
    assert proposed.actor == "https://cms.example/desk"
    assert (proposed.event, proposed.schema) == (StoryClosed(note="n"), 1)


def test_an_event_from_elsewhere_may_say_more() -> None:
    line = from_cloudevent(
        foreign(effectiveat="2021-12-06", actor="Zoë", traceparent="00-x", correlationid=None)
    )
    assert (line.proposed.effective_at, line.proposed.actor) == (date(2021, 12, 6), "Zoë")
    assert line.proposed.correlation_id == ""


def test_what_a_stranger_left_out_is_written_out() -> None:
    assert CODEC.encode(from_cloudevent(foreign(data={})).proposed).data == b'{"note":""}'


def test_a_type_from_elsewhere_is_kept_raw() -> None:
    line = from_cloudevent(foreign(type="com.example.seen", schemaversion=4, data={"b": 1, "a": 2}))
    assert line.event == line.proposed.event == Unknown(raw={"b": 1, "a": 2})
    assert CODEC.encode(line.proposed).data == b'{"b":1,"a":2}'


@pytest.mark.parametrize(
    "content", ["application/json; charset=utf-8", "application/vnd.x+json", "Application/JSON"]
)
def test_any_json_is_json(content: str) -> None:
    from_cloudevent(foreign(datacontenttype=content))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"7", "not a CloudEvent"),
        (foreign(specversion="0.3"), "specversion 1.0"),
        (b" " * (MAX_LINE + 1), "8 MiB"),
        (foreign(id=None), "“id” is missing"),
        (foreign(source=None), "“source” is missing"),
        (foreign(subject=5), "“subject” is missing or no text"),
        (foreign(type=None), "“type”"),
        (foreign(time=None), "“time”"),
        (foreign(time="yesterday"), "“time” cannot be read"),
        (foreign(time="0001-01-01T00:00:00+14:00"), "“time” cannot be read"),
        (foreign(data=None), "“data”"),
        (foreign(data=[1]), "“data”"),
        (foreign(data={"note": 1}), "no story.closed of schema 1"),
        (foreign(data={"x": 1}), "no story.closed of schema 1"),
        (foreign(datacontenttype="text/xml"), "must be JSON, not text/xml"),
        (foreign(schemaversion=0), "“schemaversion”"),
        (foreign(schemaversion=True), "“schemaversion”"),
        (foreign(position=1), "“revision” is missing"),
        (our_line().replace(b'"salt":"00', b'"salt":"0'), "“salt” must be 32"),
        (our_line().replace(b'"leaf":"', b'"leaf":"G'), "“leaf” must be 64"),
        (our_line().replace(b'"position":3', b'"position":0'), "“position”"),
        (our_line().replace(b"T09:00:00Z", b""), "“time” must be an instant"),
        (our_line().replace(b'"effectiveat"', b'"effective"'), "“effectiveat” is missing"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(line: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)):
        from_cloudevent(line)


def test_a_required_field_must_be_there() -> None:
    with pytest.raises(Invalid, match="reason"):
        from_cloudevent(foreign(type=StoryReinstated.TYPE, data={}))
