"""The operational store and the schedule of attempts."""

import multiprocessing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.errors import Unavailable
from feedstream.wire.backoff import LONGEST, next_attempt
from feedstream.wire.fetch import FetchState
from feedstream.wire.health import SourceHealth
from feedstream.wire.operations import OperationsStore
from tests.wire.conftest import source

AT = datetime(2021, 12, 6, 10, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
STATE = FetchState(etag='"v1"', last_modified="x", final_url="https://e.org/f", moved_to="")


def test_what_was_recorded_survives_a_restart(tmp_path: Path) -> None:
    store = OperationsStore(tmp_path / "sub" / "operations.db")
    store.record_success("tass", AT, STATE, LATER, 12, 3)
    store.record_failure("tass", LATER, "It is down.", LATER + timedelta(minutes=10))
    store.close()
    store = OperationsStore(tmp_path / "sub" / "operations.db")
    assert store.state("tass") == STATE
    assert store.health() == [
        SourceHealth(
            name="tass", last_attempt=LATER, last_success=AT, last_failure=LATER, failures=1,
            error="It is down.", next_at=LATER + timedelta(minutes=10), attempts=2, successes=1,
            items=12, new=3, interval=600.0,
        )
    ]  # fmt: skip
    store.close()


def test_a_success_ends_a_run_of_failures(tmp_path: Path) -> None:
    store = OperationsStore(tmp_path / "o.db")
    for _ in range(3):
        store.record_failure("tass", AT, "Down.", LATER)
    assert (store.health_of("tass").failures, store.health_of("tass").state) == (3, "failing")
    store.record_success("tass", AT, STATE, LATER, 0, 0)
    assert (store.health_of("tass").failures, store.health_of("tass").error) == (0, "")
    assert store.health_of("tass").state == "ok"


def test_due_sources_are_those_whose_time_has_come(tmp_path: Path) -> None:
    store = OperationsStore(tmp_path / "o.db")
    store.record_success("b", AT, STATE, AT + timedelta(microseconds=1), 0, 0)
    store.record_success("a", AT, STATE, AT, 0, 0)
    store.pause("c")
    assert store.due(AT) == ["a"]
    assert store.due(LATER) == ["b", "a"] or store.due(LATER) == ["a", "b"]
    store.pause("a")
    assert store.due(LATER) == ["b"]
    store.resume("a")
    store.resume("c")
    assert set(store.due(LATER)) == {"a", "b", "c"}
    store.forget("a")
    assert store.state("a") == FetchState()
    assert store.health_of("a").state == "waiting"


def _write(path: Path) -> None:
    store = OperationsStore(path)
    for _ in range(100):
        store.record_failure("tass", AT, "Down.", LATER)
    store.close()


def test_several_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert OperationsStore(path).health_of("tass").attempts == 300


def test_a_place_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unavailable, match="can't be used"):
        OperationsStore(tmp_path / "file" / "o.db")


COUNTS = st.integers(0, 10_000)


@given(COUNTS, COUNTS, st.integers(10, 86_400), st.none() | st.floats(-10, 1e9))
def test_a_source_is_never_given_up(
    failures: int, attempts: int, interval: int, asked: float | None
) -> None:
    health = SourceHealth(name="tass", failures=failures, attempts=attempts)
    one = source(interval=interval)
    pause = (next_attempt(health, one, AT, asked) - AT).total_seconds()
    assert interval <= pause
    assert pause <= max(1.1 * max(LONGEST, interval), 86_400) + 1
    assert asked is None or pause >= min(asked, 86_400) - 1
    assert next_attempt(health, one, AT, asked) == next_attempt(health, one, AT, asked)


def test_pauses_double_and_differ_between_sources() -> None:
    health, pauses = SourceHealth(name="tass").succeeded(), []
    for _ in range(12):
        pauses.append((next_attempt(health, source(interval=300), AT, None) - AT).total_seconds())
        health = health.failed()
    assert 300 <= pauses[0] <= 330
    assert all(later > earlier for earlier, later in pairwise(pauses[:7]))
    assert LONGEST <= pauses[-1] <= 1.1 * LONGEST
    others = {next_attempt(health, source(name=f"s{n}"), AT, None) for n in range(20)}
    assert len(others) == 20
