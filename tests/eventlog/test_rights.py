"""Rights: a log that was read-only for a while is one that is written to again."""

from pathlib import Path

from feedstream.eventlog.sqlite import SqliteLog
from tests.eventlog.conftest import note


async def test_what_was_left_beside_a_read_only_log_may_be_written_with_it(tmp_path: Path) -> None:
    """SQLite gives the files beside the log its rights; those of a bad hour do not stay."""
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([note()])
    beside = [path.with_name(f"log.db-{end}") for end in ("wal", "shm")]
    for file in beside:
        file.touch(0o444)
        assert file.stat().st_mode & 0o777 == 0o444
    async with await SqliteLog.open(path) as log:
        assert [file.stat().st_mode & 0o222 for file in beside] == [0o200] * 2
        assert (await log.append([note()]))[0].position == 2
