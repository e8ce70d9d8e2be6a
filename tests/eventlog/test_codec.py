"""Events to bytes and back."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from math import nan
from typing import Any, ClassVar

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.domain.events import (
    EVENT_CLASSES,
    ContentErased,
    StoryClosed,
    StoryEmbargoed,
    StoryPublished,
    Unknown,
    UpdateEdited,
    WireReceived,
    WireRevised,
    WireSuggested,
)
from feedstream.domain.wire import Candidate, WireItem
from feedstream.errors import Integrity, Invalid, NoUpcast
from feedstream.eventlog.codec import CODEC, MAX_DATA, MAX_LINE, Codec
from feedstream.eventlog.merkle import body_digest, leaf_hash
from feedstream.eventlog.stored import Entry, Stored, placed
from tests.eventlog.conftest import note
from tests.strategies import events, proposals

SALT = bytes(range(16))


def stored(type_: str, schema: int, data: bytes, position: int = 7) -> Stored:
    entry = Entry(
        id="e", stream="s", type=type_, schema=schema, effective_at="2021-12-06", actor="desk",
        correlation_id="", causation_id="", data=data,
    )  # fmt: skip
    return placed(entry, position=position, revision=1, recorded_at=0, salt=SALT)


@given(events)
def test_every_event_comes_back_as_it_was(event: Any) -> None:
    entry = CODEC.encode(note(event=event))
    assert CODEC.decode(entry.type, entry.schema, entry.data) == event


@given(proposals())
def test_stored_data_is_its_own_canonical_form(proposed: Any) -> None:
    data = CODEC.encode(proposed).data
    assert orjson.dumps(orjson.loads(data)) == data


@given(proposals())
def test_data_carried_raw_is_stored_byte_for_byte(proposed: Any) -> None:
    entry = CODEC.encode(proposed)
    raw = replace(
        proposed, event=Unknown(raw=orjson.loads(entry.data)), type=entry.type, schema=entry.schema
    )
    assert CODEC.encode(raw) == entry


def test_types_are_unique_and_schemas_count_from_1() -> None:
    assert len({cls.TYPE for cls in EVENT_CLASSES}) == len(EVENT_CLASSES)
    assert all(cls.SCHEMA >= 1 for cls in EVENT_CLASSES)


@pytest.mark.parametrize(
    "when",
    [
        date(2021, 12, 6),
        datetime(2021, 12, 6, tzinfo=UTC),
        datetime(2021, 12, 6, 0, 0, 0, 1, tzinfo=UTC),
        datetime.fromisoformat("2021-12-06T00:00:00+01:00"),
    ],
)
def test_a_date_stays_a_date_and_an_instant_an_instant(when: Any) -> None:
    event = UpdateEdited(update="u", dated=when)
    again = CODEC.decode(event.TYPE, 1, CODEC.encode(note(event=event)).data)
    assert isinstance(again, UpdateEdited)
    assert (type(again.dated), again.dated) == (type(when), when)


# ── what cannot be recorded ───────────────────────────────────────────────────────────────────
NAIVE = datetime(2021, 12, 6)  # noqa: DTZ001  # what is refused here
FLOATING = {"until": "2021-12-06T00:00:00"}
ITEM = WireItem(source="s", guid="g", headline="h", updated=NAIVE)
PUBLISHED = WireItem(source="s", guid="g", headline="h", published=NAIVE)


@pytest.mark.parametrize(
    ("proposed", "says"),
    [
        (note(actor=""), "actor is missing"),
        (note(correlation_id=None), "correlation id must be text"),
        (note(causation_id="a\x00"), "control characters"),
        (note(stream=""), "stream is missing"),
        (note(id="x" * 501), "500 characters"),
        (note(stream="a\nb"), "control characters"),
        (note(actor="\ud800"), "control characters"),
        (note(id=7), "must be text"),
        (note("\ud800"), "cannot be recorded"),
        (note("x" * (MAX_DATA + 1)), "bytes of data"),
        (note(effective_at=NAIVE), "time zone"),
        (note(recorded_at=NAIVE), "time zone"),
        (note(salt=b"short"), "16 bytes"),
        (note(event=StoryEmbargoed(until=NAIVE)), "time zone"),
        (
            note(event=WireReceived(item=ITEM)),
            "time zone",
        ),
        (note(event=WireRevised(item=PUBLISHED, changed=())), "time zone"),
        (note(event=UpdateEdited(update="u", dated=NAIVE)), "time zone"),
        (
            note(event=StoryPublished(
                entry_id="t", slug="s", headline="h", body="b", embargo_until=NAIVE,
            )),
            "time zone",
        ),
        (note(event=ContentErased(positions=(2**80,), kind="legal", reason="r")), "cannot be rec"),
        (note(event=ContentErased(positions=(1,), kind="mood", reason="r")), "kind"),
        (note(event=StoryClosed(note=5)), "cannot be recorded: note"),
        (
            note(event=WireSuggested(candidates=(Candidate(story="s", score=nan),), revision=1)),
            "cannot be recorded",
        ),
        (note(type="story.edited"), "was offered as"),
        (note(schema=2), "was offered as"),
        (note(event=Unknown(raw={}), type="x", schema=0), "schema of 1 or more"),
        (note(event=Unknown(raw={}), type="", schema=1), "type is missing"),
        (note(event=Unknown(raw={"a": object()}), type="x", schema=1), "JSON cannot hold"),
        (note(event=Unknown(raw={1: 2}), type="x", schema=1), "JSON cannot hold"),
        (note(event=Unknown(raw=[]), type="x", schema=1), "not a JSON object"),
        (note(event=Unknown(raw={"note": 5}), type="story.closed", schema=1), "note"),
        (note(event=Unknown(raw=FLOATING), type="story.embargoed", schema=1), "time zone"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_back_is_refused_with_a_sentence(proposed: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        CODEC.encode(proposed)


def test_whatever_is_recorded_fits_on_a_line_of_an_export() -> None:
    data = CODEC.encode(note("é" * (MAX_DATA // 2 - 20))).data
    assert MAX_DATA - 100 < len(data) <= MAX_DATA < MAX_LINE - 10 * 500 * 4


# ── what is stored ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("type_", "data", "says"),
    [
        ("story.closed", b'{"note":"n","more":1}', "more: unexpected"),
        ("story.reinstated", b"{}", "reason: "),
        ("story.closed", b'{"note":7}', "note: "),
        ("story.closed", b"[]", "an object"),
        ("story.closed", b'{"note"', "json"),
        ("later.type", b"[]", "not a JSON object"),
    ],
)
def test_stored_data_that_is_not_what_it_should_be_names_its_position(
    type_: str, data: bytes, says: str
) -> None:
    with pytest.raises(Integrity, match=rf"position 7 does not hold.*{says}"):
        CODEC.recorded(stored(type_, 1, data))


def test_a_field_with_a_default_may_be_missing_in_older_data() -> None:
    assert CODEC.recorded(stored("story.closed", 1, b"{}")).event == StoryClosed()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedNow:
    """The third schema of a type: the note was renamed, then a reason came."""

    TYPE: ClassVar = "story.closed"
    SCHEMA: ClassVar = 3
    remark: str
    reason: str


LATER: Any = Codec(
    classes=[ClosedNow],  # type: ignore[list-item]
    upcasts={
        ("story.closed", 1): lambda raw: {"remark": raw["note"]},
        ("story.closed", 2): lambda raw: raw | {"reason": "none given"},
    },
)


def test_older_schemas_are_lifted_step_by_step() -> None:
    first = LATER.recorded(stored("story.closed", 1, b'{"note":"n"}'))
    assert first.event == ClosedNow(remark="n", reason="none given")
    assert first.schema == 1
    assert LATER.decode("story.closed", 2, b'{"remark":"r"}').remark == "r"


def test_older_data_is_taken_in_and_kept_as_it_was() -> None:
    entry = LATER.encode(note(event=Unknown(raw={"note": "n"}), type="story.closed", schema=1))
    assert (entry.schema, entry.data) == (1, b'{"note":"n"}')
    with pytest.raises(Invalid, match="cannot be lifted to schema 3"):
        LATER.encode(note(event=Unknown(raw={"remark": "n"}), type="story.closed", schema=1))


def test_a_schema_without_a_way_up_is_named() -> None:
    gap: Any = Codec(classes=[ClosedNow], upcasts={("story.closed", 2): lambda raw: raw})  # type: ignore[list-item]
    gap.check([("story.closed", 2), ("story.closed", 3), ("story.closed", 4), ("new.type", 1)])
    with pytest.raises(NoUpcast, match=r"story\.closed events of schema 1"):
        gap.check([("story.closed", 1)])
    with pytest.raises(NoUpcast):
        gap.recorded(stored("story.closed", 1, b"{}"))


# ── leaves ────────────────────────────────────────────────────────────────────────────────────
def test_the_leaf_is_the_hash_that_the_record_prescribes() -> None:
    digest = sha256(b"salt" + b"data").digest()
    assert (
        leaf_hash(b"head", body_digest(b"salt", b"data"))
        == sha256(b"\0" + b"head" + digest).digest()
    )


def test_the_leaf_of_a_known_event_never_changes() -> None:
    event = stored("story.closed", 1, b'{"note":"n"}')
    header = (
        b'{"position":7,"id":"e","stream":"s","revision":1,"type":"story.closed","schema":1,'
        b'"effective_at":"2021-12-06","recorded_at":"1970-01-01T00:00:00Z","actor":"desk",'
        b'"correlation_id":"","causation_id":""}'
    )
    assert event.leaf == leaf_hash(header, body_digest(SALT, b'{"note":"n"}'))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_salt_and_data_do_not_run_into_the_header(salt: bytes, data: bytes) -> None:
    assert leaf_hash(b"{}", body_digest(salt, data)) != leaf_hash(b"{}" + salt, data)


def test_a_story_of_two_kilobytes_is_as_long_in_the_log() -> None:
    event = StoryPublished(entry_id="t", slug="s", headline="h", body="é" * 1000)
    assert 2000 < len(CODEC.encode(note(event=event)).data) < 2300
