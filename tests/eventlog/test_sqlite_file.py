"""The file itself: its format, what guards it, and files that are no logs."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from feedstream.domain.events import Unknown
from feedstream.errors import FeedstreamError, Integrity, Invalid, NotFound, NoUpcast, Unavailable
from feedstream.eventlog.codec import Codec
from feedstream.eventlog.sqlite import SqliteLog, checksums
from feedstream.eventlog.sqlite.schema import DDL, OBJECTS
from tests.eventlog.conftest import note
from tests.eventlog.test_codec import LATER, ClosedNow


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A log of three events, closed."""
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note("one"), note("two"), note("three", "b")])
    return path


def meddle(path: Path, sql: str) -> None:
    """What another program might do, with its own settings."""
    with closing(apsw.Connection(str(path), vfs=checksums.vfs())) as db:
        db.execute(sql)


async def opening(path: Path, **options: bool) -> str:
    with pytest.raises(FeedstreamError) as caught:
        await SqliteLog.open(path, **options)
    assert str(path) in caught.value.sentence
    return f"{type(caught.value).__name__}: {caught.value.sentence}"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE events SET actor = 'x' WHERE position = 2", "append-only"),
        ("DELETE FROM events WHERE position = 3", "append-only"),
        ("DELETE FROM events", "append-only"),
        ("UPDATE bodies SET data = x'7b7d'", "append-only"),
        ("DELETE FROM bodies", "append-only"),
        ("DELETE FROM kinds", "append-only"),
        ("REPLACE INTO events SELECT * FROM events WHERE position = 2", "id is taken"),
        (
            "REPLACE INTO events SELECT 4, id, stream, revision, type, schema, effective_at,"
            " recorded_at, 'x', '', '', leaf FROM events WHERE position = 2",
            "id is taken",
        ),
        (
            "INSERT INTO events SELECT 5, 'new', stream, revision, type, schema, effective_at,"
            " recorded_at, 'x', '', '', leaf FROM events WHERE position = 2",
            "next position",
        ),
        ("UPDATE frontier SET size = 2", "the frontier is that of all events"),
        ("UPDATE frontier SET size = 4", "the frontier is that of all events"),
        ("REPLACE INTO frontier VALUES (1, 3, zeroblob(64))", "append-only"),
        ("DELETE FROM frontier", "append-only"),
        ("REPLACE INTO bodies VALUES (2, zeroblob(16), x'7b7d')", "bodies are appended"),
    ],
)
async def test_no_program_can_change_what_is_recorded(path: Path, sql: str, says: str) -> None:
    before = await everything(path)
    with pytest.raises(apsw.ConstraintError, match=says):
        meddle(path, sql)
    assert await everything(path) == before


async def everything(path: Path) -> list[object]:
    async with await SqliteLog.open(path) as log:
        return [event async for event in log.read_all()]


def test_the_names_to_look_for_are_those_that_the_schema_creates() -> None:
    db = apsw.Connection(":memory:")
    db.execute(DDL)
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    assert {name for name in names if not name.startswith("sqlite_autoindex")} == OBJECTS


async def test_the_file_is_set_up_to_be_durable(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as db:
        assert db.pragma("journal_mode") == "wal"
        assert db.pragma("page_size") == 8192
        assert db.pragma("user_version") == 2
        assert db.execute("PRAGMA integrity_check").get == "ok"
        assert list(db.execute("SELECT * FROM kinds")) == [("story.closed", 1, 1)]


async def test_closing_leaves_one_file(path: Path) -> None:
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_other_databases_of_the_process_go_on_without_page_checksums(tmp_path: Path) -> None:
    checksums.vfs()
    usual = apsw.Connection(":memory:").open_vfs
    assert apsw.vfs_names()[0] == usual != checksums.vfs()
    with closing(apsw.Connection(str(tmp_path / "other.db"))) as db:
        db.execute("PRAGMA journal_mode = wal; CREATE TABLE t (x)").fetchall()
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")
        assert (db.open_vfs, db.reserve_bytes()) == (usual, 0)
    with closing(sqlite3.connect(tmp_path / "other.db")) as again:
        assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# ── opening ───────────────────────────────────────────────────────────────────────────────────
async def test_a_log_must_exist_unless_it_is_to_be_created(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert "NotFound: There is no event log" in await opening(path)
    assert not path.exists()
    with pytest.raises(NotFound, match="no folder"):
        await SqliteLog.open(tmp_path / "no" / "log.db", create=True)


async def test_creating_a_log_that_exists_opens_it(path: Path) -> None:
    async with await SqliteLog.open(path, create=True) as log:
        assert (await log.head()).position == 3


async def test_many_may_create_the_same_log_at_once(tmp_path: Path) -> None:
    opened = [SqliteLog.open(tmp_path / "log.db", create=True) for _ in range(8)]
    logs = await asyncio.gather(*opened)
    await asyncio.gather(*(log.append([note()]) for log in logs))
    assert (await logs[0].head()).position == 8
    await asyncio.gather(*(log.aclose() for log in logs))


@pytest.mark.parametrize("create", [True, False])
async def test_files_that_are_no_logs_are_refused_and_left_alone(
    tmp_path: Path, create: bool
) -> None:
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("not a log, but a long enough text to hold a header of a hundred bytes" * 3)
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE t (x)")
        db.commit()
    for path in (text, other):
        before = path.read_bytes()
        assert (await opening(path, create=create)).startswith("Foreign: ")
        assert path.read_bytes() == before
    assert "is a folder" in await opening(tmp_path, create=create)


async def test_an_empty_file_is_a_log_only_to_be_created(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.touch()
    assert (await opening(path)).startswith("Foreign: ")
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note()])


async def test_a_newer_format_is_refused(path: Path) -> None:
    meddle(path, "PRAGMA user_version = 3")
    assert "has format 3" in await opening(path)


async def test_a_log_without_its_guards_is_not_whole(path: Path) -> None:
    meddle(path, "DROP TRIGGER events_refuse_delete")
    assert "Integrity" in await opening(path)
    assert "events_refuse_delete missing" in await opening(path)


def cut(data: bytes) -> bytes:
    return data[: 8192 + 100]


def scramble(data: bytes) -> bytes:
    return data[:8192] + b"\xa5" * (len(data) - 8192)


@pytest.mark.parametrize("harm", [cut, scramble])
async def test_a_damaged_file_is_named_in_a_sentence(
    path: Path, harm: Callable[[bytes], bytes]
) -> None:
    await asyncio.to_thread(lambda: path.write_bytes(harm(path.read_bytes())))
    with pytest.raises((Integrity, Invalid), match=r"is damaged|match its checksum"):
        await everything(path)


async def test_a_missing_body_is_named_by_its_position(path: Path) -> None:
    meddle(path, "DROP TRIGGER bodies_refuse_delete; DELETE FROM bodies WHERE position = 2")
    meddle(
        path,
        "CREATE TRIGGER bodies_refuse_delete BEFORE DELETE ON bodies "
        "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END",
    )
    with pytest.raises(Integrity, match="body of the event at position 2 is missing"):
        await everything(path)


async def test_a_stored_schema_without_a_way_up_is_found_at_opening(path: Path) -> None:
    later: Any = [ClosedNow]
    with pytest.raises(NoUpcast, match=r"story\.closed events of schema 1"):
        await SqliteLog.open(path, codec=Codec(later, upcasts={}))
    async with await SqliteLog.open(path, codec=LATER) as log:
        [event, *_] = [event async for event in log.read_all()]
        assert event.event == ClosedNow(remark="one", reason="none given")  # type: ignore[comparison-overlap]


async def test_a_schema_of_a_later_version_does_not_keep_a_log_from_opening(path: Path) -> None:
    later = note(event=Unknown(raw={"why": "…"}), type="story.closed", schema=2)
    async with await SqliteLog.open(path) as log:
        await log.append([later])
    async with await SqliteLog.open(path) as log:
        event = await log.by_id(later.id)
        assert event is not None
        assert (event.schema, event.event) == (2, later.event)


async def test_a_folder_where_nothing_may_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises((Unavailable, NotFound)):
        await SqliteLog.open(Path("/proc/log.db"), create=True)
