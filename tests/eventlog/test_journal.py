"""Room in the write-ahead log: made as it is used, and never taken for events."""

import shutil
from pathlib import Path

import apsw
import pytest

from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.sqlite.journal import CHECKPOINT
from feedstream.eventlog.sqlite.schema import PAGE_SIZE
from tests.eventlog.conftest import note


def length(path: Path, end: str = "-wal") -> int:
    return path.with_name(path.name + end).stat().st_size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


async def test_room_is_made_ahead_but_not_for_the_first_append(path: Path) -> None:
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note()])
        first = length(path)
        lengths = set()
        for _ in range(60):
            await log.append([note()])
            lengths.add(length(path))
        assert first < 20 * PAGE_SIZE
        assert len(lengths) < 10  # else each append had lengthened it
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_a_crash_with_room_left_loses_nothing(path: Path, tmp_path: Path) -> None:
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    async with await SqliteLog.open(path, create=True) as log:
        for n in range(30):
            await log.append([note(str(n))])
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", crashed / f"log.db{end}")
    async with await SqliteLog.open(crashed / "log.db") as log:
        assert (await log.verify()).events == 30
        await log.append([note()])
        assert (await log.head()).position == 31


async def test_what_was_written_reaches_the_file_and_the_room_is_used_again(path: Path) -> None:
    async with await SqliteLog.open(path, create=True) as log:
        body = "x" * PAGE_SIZE * 100
        for _ in range(3 * CHECKPOINT // 100):
            await log.append([note(body)])
        assert length(path, "") > 2 * CHECKPOINT * PAGE_SIZE
        assert length(path) < 2 * CHECKPOINT * PAGE_SIZE
        assert (await log.verify()).events == 3 * CHECKPOINT // 100


async def test_an_old_id_is_known_whoever_wrote_it_and_however_it_sorts(path: Path) -> None:
    async with await SqliteLog.open(path, create=True) as ours, await SqliteLog.open(path) as other:
        low, high, mine = note(id="a-low"), note(id="z-high"), note(id="m-mine")
        await ours.append([mine])
        [placed] = await other.append([high])
        assert await ours.append([high]) == [placed]
        [second] = await ours.append([low])
        assert await other.append([low]) == [second]
        assert await other.append([mine, low, high]) == [
            *await ours.append([mine]), second, placed,
        ]  # fmt: skip
        assert (await ours.head()).position == 3


async def test_the_writer_lists_each_kind_once_whoever_came_first(path: Path) -> None:
    from feedstream.domain.events import StoryReinstated, StoryTagged

    async with await SqliteLog.open(path, create=True) as ours, await SqliteLog.open(path) as other:
        await ours.append([note(), note(event=StoryTagged())])
        await other.append([note(event=StoryReinstated(reason="r")), note()])
        await ours.append([note(event=StoryReinstated(reason="r"))])
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    assert sorted(db.execute("SELECT * FROM kinds").fetchall()) == [
        ("story.closed", 1, 1), ("story.reinstated", 1, 3), ("story.tagged", 1, 2),
    ]  # fmt: skip
    db.close()
