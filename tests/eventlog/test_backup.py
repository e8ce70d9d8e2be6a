"""Backups: whole, verified, never over something, and put back as the same log."""

import asyncio
import resource
from pathlib import Path

import pytest

from feedstream.errors import Conflict, FeedstreamError, Integrity, NotFound
from feedstream.eventlog.sqlite import SqliteLog, restore_backup
from feedstream.eventlog.transfer import export
from tests.eventlog.conftest import note
from tests.eventlog.test_sqlite_processes import worker
from tests.eventlog.test_verify import filled, flip, meddle


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def lines(path: Path) -> list[bytes]:
    async with await SqliteLog.open(path) as log:
        return [line async for line in export(log)]


async def test_a_backup_is_a_plain_log_and_comes_back_as_the_same(tmp_path: Path) -> None:
    path, copy, back = (tmp_path / name for name in ("log.db", "copy.db", "back.db"))
    tree = await filled(path)
    told: list[tuple[int, int]] = []
    async with await SqliteLog.open(path) as log:
        made = await log.backup(copy, lambda *what: told.append(what))
        assert (made.path, made.verified.tree) == (copy, tree)
        assert made.verified.page_checksums is True
        assert made.size == copy.stat().st_size
        assert told[-1][0] == told[-1][1] > 0
        restored = await restore_backup(copy, back)
    assert restored.verified == made.verified
    assert await lines(back) == await lines(copy) == await lines(path)
    assert names(tmp_path) == {"log.db", "copy.db", "back.db"}
    async with await SqliteLog.open(back) as log:
        await log.append([note()])
        assert (await log.verify()).page_checksums is True


@pytest.mark.process
async def test_a_backup_while_another_process_appends_is_of_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path, 3000)
    async with await SqliteLog.open(path) as log:
        with worker("pour", path) as process:
            assert process.stdout
            process.stdout.readline()
            made = [await log.backup(tmp_path / f"{n}.db") for n in range(3)]
        sizes = [one.verified.tree.size for one in made]
        assert 3000 < sizes[0] <= sizes[1] <= sizes[2]
        await log.verify(trees=[one.verified.tree for one in made])
        assert await lines(tmp_path / "1.db") == [line async for line in export(log, upto=sizes[1])]


async def test_nothing_is_written_over(tmp_path: Path) -> None:
    path, there = tmp_path / "log.db", tmp_path / "there"
    await filled(path, 3)
    there.write_text("mine")
    async with await SqliteLog.open(path) as log:
        with pytest.raises(Conflict, match="exists already"):
            await log.backup(there)
        with pytest.raises(Conflict, match="exists already"):
            await log.backup(path)
        with pytest.raises(NotFound, match="no folder"):
            await log.backup(tmp_path / "no" / "copy.db")
    with pytest.raises(Conflict):
        await restore_backup(path, there)
    (tmp_path / "new.db-wal").touch()
    with pytest.raises(Conflict, match="-wal exists already"):
        await restore_backup(path, tmp_path / "new.db")
    with pytest.raises(NotFound):
        await restore_backup(tmp_path / "none.db", tmp_path / "new2.db")
    assert there.read_text() == "mine"
    assert names(tmp_path) == {"log.db", "there", "new.db-wal"}


@pytest.mark.process
async def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path, 3000)
    with worker("backup", path) as process:
        output, error = await asyncio.to_thread(process.communicate, "", 60)
    assert error == ""
    assert "refused" in output
    assert "then try again" in output or "see to" in output
    assert names(tmp_path) == {"log.db"}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


async def test_a_damaged_backup_is_not_put_back(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path)
    meddle(path, "UPDATE events SET actor = 'nobody' WHERE position = 30")
    with pytest.raises(Integrity, match="position 30"):
        await restore_backup(path, tmp_path / "new.db")
    async with await SqliteLog.open(path) as log:
        with pytest.raises(Integrity, match="position 30"):
            await log.backup(tmp_path / "copy.db")
    assert names(tmp_path) <= {"log.db", "log.db.broken"}


async def test_pages_without_their_checksums_are_mended_by_a_restoration(tmp_path: Path) -> None:
    path, back = tmp_path / "log.db", tmp_path / "back.db"
    tree = await filled(path)
    flip(path, 8192 * 3 - 4, 0)  # a checksum itself
    with pytest.raises(FeedstreamError):
        async with await SqliteLog.open(path) as log:
            await log.verify()
    back.with_name("back.db.broken").touch()
    restored = await restore_backup(path, back)
    assert (restored.verified.tree, restored.verified.page_checksums) == (tree, True)
    async with await SqliteLog.open(back) as log:
        assert log.broken == ""
