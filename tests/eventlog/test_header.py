"""The header under a leaf: canonical JSON, however it is put together."""

from datetime import datetime
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from feedstream.domain.when import format_when
from feedstream.eventlog.codec import CODEC
from feedstream.eventlog.stored import header_bytes, instant, microseconds
from tests.eventlog.conftest import note
from tests.strategies import instants, texts

FIELDS = (
    "position", "id", "stream", "revision", "type", "schema", "effective_at", "recorded_at",
    "actor", "correlation_id", "causation_id",
)  # fmt: skip
numbers = st.integers(1, 2**62)
times = instants.map(microseconds)


rows = st.tuples(
    numbers, texts, texts, numbers, texts, st.integers(1, 99), texts, times, texts, texts, texts
)  # fmt: skip


@given(rows)
@example((1, 'a"b', "s", 1, "t", 1, "w", 0, "desk", "", ""))
@example((1, "a", "back\\slash", 1, "t", 1, "w", -1, "desk", "", ""))
@example((1, "a", "s", 1, "t", 1, "w", 999_999, "de\x1fsk\x7f", "\u2028", ""))
def test_a_header_is_the_json_that_orjson_writes(row: tuple[Any, ...]) -> None:
    fields = dict(zip(FIELDS, row, strict=True)) | {"recorded_at": format_when(instant(row[7]))}
    assert header_bytes(*row) == orjson.dumps(fields)


@given(times)
def test_an_instant_comes_back_from_its_microseconds(micros: int) -> None:
    assert microseconds(instant(micros)) == micros


@given(instants)
def test_an_effective_time_is_stored_as_it_is_written_everywhere(when: datetime) -> None:
    assert CODEC.encode(note(effective_at=when)).effective_at == format_when(when)
