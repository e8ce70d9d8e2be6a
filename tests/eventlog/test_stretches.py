"""Verifying by stretches, in several processes: the same findings as one by one."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.merkle import Frontier, Node, Tree
from feedstream.eventlog.sqlite import SqliteLog, checksums
from feedstream.eventlog.sqlite.connection import Place, reading
from feedstream.eventlog.sqlite.helpers import Helpers
from feedstream.eventlog.sqlite.looking import stretch_of
from feedstream.eventlog.sqlite.stretches import looked_at
from feedstream.eventlog.stretch import STRETCH, Stretch, look
from feedstream.eventlog.verify import Checker, Row, row_of
from tests.eventlog.conftest import note

leaf = st.integers(0, 2**32).map(lambda n: n.to_bytes(32))


@given(st.integers(0, 5), st.data())
def test_a_subtree_joined_is_its_leaves_added(times: int, data: st.DataObject) -> None:
    width = 256
    first = [bytes([n % 251]) * 32 for n in range(width * times)]
    more = data.draw(st.lists(leaf, max_size=width))
    kept: list[Node] = []
    joined = Frontier().extend(first).joined(Frontier().extend(more), kept.append)
    assert joined == Frontier().extend(first + more)
    assert kept == []  # the only landmark here is that of `more`, which its own frontier told


def test_landmarks_above_a_stretch_are_told_when_it_is_joined() -> None:
    half = Frontier().extend([bytes(32)] * 2**15)
    whole: list[Node] = []
    parts: list[Node] = []
    both = half.grown([bytes(32)] * 2**15, whole.append)
    assert half.joined(half, parts.append) == both
    assert parts == [node for node in whole if node.level == 16]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """More than two stretches of events in many streams."""

    async def made() -> list[Row]:
        log = MemoryLog()
        await log.append([note(stream=f"s{n % 777}") for n in range(2 * STRETCH + 300)])
        return [row_of(stored) async for page in log.stored_pages() for stored in page]

    return asyncio.run(made())


def checker(size: int, keep: Callable[[Node], None], trees: tuple[Tree, ...] = ()) -> Checker:
    return Checker(size, trees=trees, keep=keep, revision_before=lambda _stream, _at: 0)


def taken(rows: list[Row], checking: Checker) -> list[bool]:
    answers = []
    for start in range(0, len(rows), STRETCH):
        part = rows[start : start + STRETCH]
        found = look(part, start)
        assert found is not None
        answers.append(checking.take(Stretch.from_json(found.to_json())))
        if not answers[-1]:
            checking.rows(part)
    return answers


def test_stretches_taken_whole_leave_what_rows_leave(rows: list[Row]) -> None:
    by_rows: list[Node] = []
    by_stretches: list[Node] = []
    one, other = checker(len(rows), by_rows.append), checker(len(rows), by_stretches.append)
    one.rows(rows)
    assert taken(rows, other) == [True] * 3
    assert by_stretches == by_rows
    for name in ("frontier", "position", "erased", "events", "kinds"):
        assert getattr(other, name) == getattr(one, name)
    assert other.finish(one.frontier) == one.finish(other.frontier)


def test_trees_known_at_either_end_of_a_stretch_are_compared(rows: list[Row]) -> None:
    leaves = [row[11] for row in rows]
    sizes = (0, 0, STRETCH, STRETCH, len(rows))
    trees = tuple(Frontier().extend(leaves[:size]).tree() for size in sizes)
    checking = checker(len(rows), lambda _node: None, trees)
    assert taken(rows, checking) == [True] * 3
    checking.finish(Frontier().extend(leaves))
    other = checker(len(rows), lambda _node: None, (Tree(STRETCH, b"x" * 32),))
    with pytest.raises(Damaged, match="rewritten"):
        taken(rows, other)


def test_a_stretch_with_a_known_tree_inside_is_gone_through(rows: list[Row]) -> None:
    tree = Frontier().extend([row[11] for row in rows[: STRETCH + 7]]).tree()
    checking = checker(len(rows), lambda _node: None, (tree,))
    assert taken(rows, checking) == [True, False, True]


@pytest.mark.parametrize(
    ("column", "value"), [(0, 99), (2, "other"), (3, 7), (7, 0), (11, b"x" * 32), (13, b"{}")]
)
def test_a_stretch_with_anything_wrong_is_none(rows: list[Row], column: int, value: Any) -> None:
    part = rows[:20]
    part[9] = (*part[9][:column], value, *part[9][column + 1 :])
    assert look(rows[:20], 0) is not None
    assert look(part, 0) is None
    assert look(rows[20:40], 19) is None
    assert look([], 0) is None


def test_a_stretch_that_does_not_follow_is_not_taken(rows: list[Row]) -> None:
    found = look(rows[STRETCH : 2 * STRETCH], STRETCH)
    assert found is not None
    fresh = checker(len(rows), lambda _node: None)
    assert not fresh.take(found)  # it begins after events that were not looked at
    fresh.leaves((row[0], row[11]) for row in rows[:STRETCH])
    assert not fresh.take(found)  # whose revisions are said to begin anew


# ── helpers ───────────────────────────────────────────────────────────────────────────────────
async def filled(path: Path) -> Path:
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note(str(n), f"s{n % 7}") for n in range(2000)])
    return path


BATCHES = [(at, at + 50) for at in range(0, 2000, 50)]


async def test_helpers_find_what_is_found_here(tmp_path: Path) -> None:
    path = await filled(tmp_path / "log.db")
    with closing(reading(Place(path))) as db:
        found = list(looked_at(db, path, BATCHES))
        assert found == [(batch, stretch_of(db, *batch)) for batch in BATCHES]
        assert None not in [stretch for _, stretch in found]


async def test_what_is_damaged_is_found_by_none(tmp_path: Path) -> None:
    path = await filled(tmp_path / "log.db")
    with closing(apsw.Connection(str(path), vfs=checksums.vfs())) as db:
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        db.execute("UPDATE bodies SET data = x'7b7d' WHERE position = 1234")
    with closing(reading(Place(path))) as db:
        found = dict(looked_at(db, path, BATCHES))
    assert [batch for batch, stretch in found.items() if stretch is None] == [(1200, 1250)]


async def test_helpers_answer_each_range_and_none_once_they_are_gone(tmp_path: Path) -> None:
    path = await filled(tmp_path / "log.db")
    with closing(Helpers(path, 1)) as helpers, closing(reading(Place(path))) as db:
        asked = [helpers.ask(*batch) for batch in BATCHES[:3]]
        assert [one.result() for one in asked] == [stretch_of(db, *b) for b in BATCHES[:3]]
        [process] = helpers.started
        process.kill()
        process.wait()
        assert helpers.ask(0, 50).result() is None


def test_helpers_without_a_log_find_nothing(tmp_path: Path) -> None:
    with closing(Helpers(tmp_path / "none.db", 1)) as helpers:
        assert helpers.ask(0, 50).result() is None
