"""kill -9 in the middle of long work: backup, erasure, rebuild, migration leave what was whole."""

import asyncio
import random
import time
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import apsw
import pytest

from feedstream.bootstrap import open_app
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.stored import Stored, fields_of
from tests.eventlog.format1 import DDL, SETTINGS
from tests.faults.checks import torn
from tests.faults.conftest import Tell, rounds
from tests.faults.journal import Sent
from tests.faults.load import proposed, text_of
from tests.faults.processes import await_write, begin, command, ended, kill
from tests.faults.test_newsroom import INIT, check_newsroom, done

pytestmark = pytest.mark.timeout(600)
STORIES = 40


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A newsroom with stories, updates and feeds."""
    home = tmp_path / "newsroom"
    await done(home, *INIT)
    async with open_app(home) as app:
        for number in range(STORIES):
            begin_ = app.newsroom.begin(
                headline=f"Story {number}", body=text_of(f"{number}", 20_000), slug=f"s{number}"
            )
            story = (await app.newsroom.execute(begin_, actor="ana")).story
            for word in ("First", "Second"):
                update = app.newsroom.update(story.id, headline=word, body=f"<p>{word}</p>")
                await app.newsroom.execute(update, actor="ana")
        await app.settle()
    return home


async def _timed(home: Path, *arguments: str) -> float:
    """Seconds that a command takes which nobody kills."""
    began = time.monotonic()
    await done(home, *arguments)
    return time.monotonic() - began


async def _cut(process: ForkServerProcess, after: float, written: Path | None = None) -> bool:
    """Kill a process so many seconds from now, or, if sooner, once it has `written` a file.

    Answers whether it was still at work.
    """
    if written:
        await_write(written, after)
    else:
        await asyncio.sleep(after)
    return bool(kill([process]))


def _drafts(folder: Path) -> list[Path]:
    """The copies that are not whole."""
    return list(folder.glob(".*.new*"))


async def test_a_backup_is_killed(home: Path, draw: random.Random, tell: Tell) -> None:
    """What has a backup's name is a whole log; the log itself is as it was."""
    copies, counts, number = home / "backups", Counter[str](), rounds(15)
    longest = await _timed(home, "backup", "create", "--to", str(home.with_name("first.db")))
    copies.mkdir()
    for n in range(number):
        target = copies / f"{n}.db"
        process = command(home, "backup", "create", "--to", str(target), said=copies / "said.txt")
        counts["killed"] += await _cut(process, draw.uniform(0, longest))
        counts["rounds that left a draft"] += bool(_drafts(copies))
        counts["whole copies"] += target.exists()
        if target.exists():
            async with await SqliteLog.open(target) as copy:
                assert (await copy.verify()).events == 3 * STORIES
        await check_newsroom(home)
    await done(home, "backup", "create", "--to", str(copies / "last.db"))
    assert _drafts(copies) == []
    assert counts["killed"] or number < 5
    tell(rounds=number, **counts)


def _shadows(home: Path) -> list[Path]:
    """The read models in the making that lie in a newsroom."""
    return list(home.rglob("*shadow*"))


async def test_a_rebuild_is_killed(home: Path, draw: random.Random, tell: Tell) -> None:
    """The read model that was there serves on, or the new one does."""
    counts, number = Counter[str](), rounds(15)
    longest = await _timed(home, "rebuild", "--yes")
    for _ in range(number):
        process = command(home, "rebuild", "--yes", said=home.with_name("said.txt"))
        counts["killed"] += await _cut(process, draw.uniform(0, longest))
        counts["rounds that left a shadow"] += bool(_shadows(home))
        await done(home, "feed", "render")
        await check_newsroom(home)
    await done(home, "rebuild", "--yes")
    assert _shadows(home) == []
    await check_newsroom(home)
    assert counts["killed"] or number < 5
    tell(rounds=number, **counts)


def _holding(home: Path, text: str) -> list[str]:
    """The files of a newsroom that hold a text."""
    found = (path for path in home.rglob("*") if path.is_file())
    return [path.name for path in found if text.encode() in path.read_bytes()]


async def test_an_erasure_is_killed(home: Path, draw: random.Random, tell: Tell) -> None:
    """It is there whole or not at all; given again, it leaves the text nowhere."""
    counts, number = Counter[str](), min(rounds(15), STORIES - 1)
    erase = ("erase", "--request", "--reason", "asked for", "--yes", "--story")
    longest = await _timed(home, *erase, f"s{STORIES - 1}")
    for n in range(number):
        secret, said = text_of(f"{n}", 65), home.with_name(f"{n}.txt")
        assert _holding(home, secret)
        process = command(home, *erase, f"s{n}", said=said)
        counts["killed"] += await _cut(process, draw.uniform(0, longest))
        async with await SqliteLog.open(home / "events" / "log.db") as log:
            verified = await log.verify()
        counts["erased before the kill"] += verified.erased > counts["erased bodies"]
        again = command(home, *erase, f"s{n}", said=(told := home.with_name(f"again-{n}.txt")))
        assert await ended(again) == 0 or "Nothing is left" in told.read_text(), told.read_text()
        await done(home, "feed", "render")
        assert _holding(home, secret) == []
        await check_newsroom(home)
        async with await SqliteLog.open(home / "events" / "log.db") as log:
            counts["erased bodies"] = (await log.verify()).erased
    assert counts["killed"] or number < 5
    tell(rounds=number, **counts)


async def _old_log(path: Path, count: int) -> tuple[Tree, list[Stored]]:
    """Write a log of the first format; the tree that it must get, and its events."""
    async with await SqliteLog.open(path.with_name("new.db"), create=True) as log:
        for n in range(0, count, 500):
            sent = [Sent(f"{n + k:08}", f"s{k % 9}", 200) for k in range(500)]
            await log.append([proposed(one, "k") for one in sent])
        stored = [event async for page in log.stored_pages() for event in page]
        tree = await log.tree()
    db = apsw.Connection(str(path))
    db.execute(SETTINGS + DDL).fetchall()
    marks = ", ".join("?" * 12)
    with db:
        db.executemany(f"INSERT INTO events VALUES ({marks})", (fields_of(s)[:12] for s in stored))
        db.executemany(
            "INSERT INTO bodies VALUES (?, ?, ?)", ((s.position, s.salt, s.data) for s in stored)
        )
    db.close()
    return tree, stored


def open_log(path: Path) -> None:
    """Open the log at `path`, which lifts it to today's format."""

    async def work() -> None:
        async with await SqliteLog.open(path):
            pass

    asyncio.run(work())


async def test_a_migration_is_killed(tmp_path: Path, draw: random.Random, tell: Tell) -> None:
    """The file is of the old format or of the new one, and holds the same events."""
    counts, number, old = Counter[str](), rounds(15), tmp_path / "old.db"
    tree, stored = await _old_log(old, 20_000)
    longest = 0.0
    for n in range(number + 1):
        path = tmp_path / f"log-{n}.db"
        path.write_bytes(old.read_bytes())
        process, began = begin(open_log, path, said=tmp_path / "said.txt"), time.monotonic()
        if n == 0:
            assert await ended(process) == 0
            longest = time.monotonic() - began
        else:
            wal = path.with_name(f"{path.name}-wal")
            counts["killed"] += (
                await _cut(process, draw.uniform(0, longest))
                if draw.random() < 0.5
                else await _cut(process, 5.0, wal)
            )
            counts["transactions torn in the journal"] += bool(torn(path))
            with apsw.Connection(str(path)) as db:
                counts["still of the old format"] += db.pragma("user_version") == 1
            db.close()
        async with await SqliteLog.open(path) as log:
            assert [event async for page in log.stored_pages() for event in page] == stored
            assert (await log.verify()).tree == tree
        path.unlink()
    assert counts["killed"] or number < 5
    tell(rounds=number, **counts)
