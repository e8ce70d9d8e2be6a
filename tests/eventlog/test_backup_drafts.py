"""What a backup leaves that was killed: its draft, until the next one."""

import fcntl
from pathlib import Path

from feedstream.eventlog.sqlite import SqliteLog
from tests.eventlog.test_backup import names
from tests.eventlog.test_verify import filled


async def test_the_draft_of_a_killed_backup_is_swept_by_the_next(tmp_path: Path) -> None:
    """It holds content that may be erased since. One that is being made stays."""
    path = tmp_path / "log.db"
    await filled(path, 3)
    left = [tmp_path / f".copy.db.77.new{end}" for end in ("", "-wal")]
    for file in left:
        file.write_bytes(b"x")
    working = tmp_path / ".other.db.78.new"
    with working.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with await SqliteLog.open(path) as log:
            await log.backup(tmp_path / "copy.db")
    assert names(tmp_path) == {"log.db", "copy.db", working.name}
