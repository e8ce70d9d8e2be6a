"""Verification: what is whole passes, and every way of harming a log is found."""

import asyncio
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from feedstream.errors import FeedstreamError, Integrity
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.sqlite import SqliteLog, checksums
from feedstream.eventlog.stored import header_bytes
from tests.eventlog.conftest import OpenLog, note, ticking

PAGE = 8192


def large(n: int) -> Any:
    return note(f"{n} " + "x" * (30_000 if n == 7 else 10), stream="abc"[n % 3])


async def filled(path: Path, count: int = 600) -> Tree:
    async with await SqliteLog.open(path, create=True, clock=ticking()) as log:
        await log.append([large(n) for n in range(count)])
        return await log.tree()


def meddle(path: Path, sql: str) -> None:
    """Change a log behind its back: without its guards, which are put back."""
    with closing(apsw.Connection(str(path), vfs=checksums.vfs())) as db:
        guards = list(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
        db.execute("BEGIN")
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(sql).fetchall()
        for _, create in guards:
            db.execute(create)
        db.execute("COMMIT")


async def damage(path: Path, **options: Any) -> Damaged:
    async with await SqliteLog.open(path) as log:
        with pytest.raises(Damaged) as caught:
            await log.verify(**options)
    return caught.value


# ── what is whole ─────────────────────────────────────────────────────────────────────────────
async def test_a_log_in_order_is_verified(open_log: OpenLog) -> None:
    log = await open_log(clock=ticking())
    assert (await log.verify()).events == 0
    trees = [await log.tree()]  # the empty one
    for size in (1, 300, 2, 700):
        await log.append([note(stream="abc"[n % 3]) for n in range(size)])
        trees.append(await log.tree())
    told: list[tuple[int, int]] = []
    verified = await log.verify(
        trees=[*trees, await log.tree(17)], progress=lambda *what: told.append(what)
    )
    assert (verified.events, verified.erased, verified.tree) == (1003, 0, trees[-1])
    assert told[-1] == (1003, 1003)
    assert log.broken == ""


async def test_a_range_is_verified_with_the_tree_over_all(log: EventLog) -> None:
    await log.append([note(stream="abc"[n % 3]) for n in range(600)])
    tree = await log.tree()
    for after, upto, events in (
        (10, 20, 10),
        (500, None, 100),
        (0, 9, 9),
        (700, None, 0),
        (5, 2, 0),
    ):
        verified = await log.verify(after=after, upto=upto)
        assert (verified.events, verified.tree) == (events, tree)


async def test_a_new_file_has_page_checksums(tmp_path: Path) -> None:
    await filled(tmp_path / "log.db")
    async with await SqliteLog.open(tmp_path / "log.db") as log:
        assert (await log.verify()).page_checksums is True
        assert (await log.verify(after=3)).page_checksums is None


async def test_a_log_is_verified_while_others_append(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path)
    async with await SqliteLog.open(path) as ours, await SqliteLog.open(path) as theirs:

        async def pour() -> None:
            for _ in range(30):
                await theirs.append([note("x" * 3000) for _ in range(30)])

        pouring = asyncio.create_task(pour())
        while not pouring.done():
            await ours.verify()
        await pouring
        assert (await ours.verify()).events == 1500


async def test_events_that_an_older_version_added_get_into_the_tree_with_the_next(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    await filled(path)
    async with await SqliteLog.open(path) as log:
        [first] = [e.leaf async for e in log.read_all(upto=1)]
    meddle(path, f"UPDATE frontier SET size = 1, peaks = x'{first.hex()}'; DELETE FROM tree")
    async with await SqliteLog.open(path) as log:
        await log.append([note(), note()])
        assert (await log.verify()).events == 602


# ── an older tree ─────────────────────────────────────────────────────────────────────────────
async def test_a_log_shorter_than_a_checkpoint_was_cut_off(log: EventLog) -> None:
    await log.append([note() for _ in range(3)])
    with pytest.raises(Integrity, match=r"cut off.*expected 5 events, found 3 events"):
        await log.verify(trees=[Tree(5, b"x" * 32)])
    assert "cut off" in log.broken
    with pytest.raises(Integrity, match="takes no writes"):
        await log.append([note()])
    assert [e.position async for e in log.read_all()] == [1, 2, 3]
    await log.verify()
    assert log.broken == ""
    await log.append([note()])


async def test_a_log_that_begins_otherwise_than_a_checkpoint_was_rewritten(log: EventLog) -> None:
    await log.append([note() for _ in range(3)])
    tree = await log.tree(2)
    with pytest.raises(Damaged, match="rewritten: its first 2 events"):
        await log.verify(trees=[Tree(2, b"x" * 32), await log.tree(3)])
    await log.verify(trees=[tree])


async def test_an_older_copy_in_the_place_of_the_log_is_found(tmp_path: Path) -> None:
    path, copy = tmp_path / "log.db", tmp_path / "copy.db"
    await filled(path, 20)
    shutil.copy(path, copy)
    async with await SqliteLog.open(path) as log:
        await log.append([note()])
        tree = await log.tree()
    os.replace(copy, path)
    found = await damage(path, trees=[tree])
    assert (found.position, found.expected, found.actual) == (21, "21 events", "20 events")


# ── meddling ──────────────────────────────────────────────────────────────────────────────────
MEDDLING = {
    "a removed tail": (
        "DELETE FROM bodies WHERE position > 590; DELETE FROM events WHERE position > 590",
        591,
    ),
    "a removed event": (
        "DELETE FROM bodies WHERE position = 40; DELETE FROM events WHERE position = 40",
        40,
    ),
    "a removed body": ("DELETE FROM bodies WHERE position = 40", 40),
    "an edited body": (
        "UPDATE bodies SET data = CAST(replace(data, 'x', 'y') AS BLOB) WHERE position = 8",
        8,
    ),
    "an edited salt": ("UPDATE bodies SET salt = zeroblob(16) WHERE position = 9", 9),
    "an edited actor": ("UPDATE events SET actor = 'nobody' WHERE position = 300", 300),
    "an edited leaf": ("UPDATE events SET leaf = zeroblob(32) WHERE position = 3", 3),
    "an edited time": ("UPDATE events SET recorded_at = recorded_at - 1 WHERE position = 5", 5),
    "a swapped pair": (
        "UPDATE events SET position = 10000 WHERE position = 50;"
        "UPDATE events SET position = 50 WHERE position = 51;"
        "UPDATE events SET position = 51 WHERE position = 10000;",
        50,
    ),
    "an event put in again": (
        "INSERT INTO events SELECT 601, id || 'x', stream, revision, type, schema, effective_at,"
        " recorded_at, actor, correlation_id, causation_id, leaf FROM events WHERE position = 600;"
        "INSERT INTO bodies SELECT 601, salt, data FROM bodies WHERE position = 600;"
        "UPDATE frontier SET size = 601, peaks = CAST(peaks || zeroblob(32) AS BLOB)",
        601,
    ),
    "an edited frontier": ("UPDATE frontier SET peaks = zeroblob(length(peaks))", 0),
    "a frontier of another size": ("UPDATE frontier SET size = 599", 0),
    "events beyond the frontier": (
        "UPDATE frontier SET size = 1, peaks = (SELECT leaf FROM events WHERE position = 1)",
        0,
    ),
    "a body without an event": ("INSERT INTO bodies VALUES (999, zeroblob(16), x'7b7d')", 999),
    "an edited landmark": ("UPDATE tree SET hash = zeroblob(32) WHERE idx = 1", 257),
    "a removed landmark": ("DELETE FROM tree WHERE idx = 1", 257),
    "an invented erasure": (
        "INSERT INTO erased SELECT 5, zeroblob(32), 6, '{}'; DELETE FROM bodies WHERE position = 5",
        5,
    ),
    "an erasure beside its body": ("INSERT INTO erased SELECT 5, zeroblob(32), 6, x'7b7d'", 5),
    "a forgotten type": ("DELETE FROM kinds", 0),
}


@pytest.mark.parametrize("what", MEDDLING)
async def test_meddling_is_found_and_the_first_broken_position_named(
    tmp_path: Path, what: str
) -> None:
    sql, position = MEDDLING[what]
    path = tmp_path / "log.db"
    await filled(path)
    meddle(path, sql.replace("'{}'", "x'7b7d'"))
    found = await damage(path)
    assert found.position == position
    if position:
        assert str(position) in found.sentence
    assert found.expected != found.actual


async def test_events_forged_with_leaves_of_their_own_are_found_by_the_tree(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path)
    async with await SqliteLog.open(path) as log:
        [stored] = [s async for page in log.stored_pages(9, 10) for s in page]
    from dataclasses import astuple

    from feedstream.eventlog.merkle import leaf_hash
    from feedstream.eventlog.stored import digest_of

    columns = list(astuple(stored)[:11])
    columns[8] = "forger"
    leaf = leaf_hash(header_bytes(*columns), digest_of(stored))
    meddle(path, f"UPDATE events SET actor = 'forger', leaf = x'{leaf.hex()}' WHERE position = 10")
    found = await damage(path)
    assert found.position == 1  # the first landmark, which covers it
    assert "256 events from position 1" in found.sentence


async def test_a_revision_that_skips_is_found_though_its_leaf_is_right(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path, 30)
    async with await SqliteLog.open(path) as log:
        [stored] = [s async for page in log.stored_pages(19, 20) for s in page]
    from dataclasses import astuple

    from feedstream.eventlog.merkle import leaf_hash
    from feedstream.eventlog.stored import digest_of

    columns = list(astuple(stored)[:11])
    columns[3] += 1
    leaf = leaf_hash(header_bytes(*columns), digest_of(stored))
    meddle(
        path,
        f"UPDATE events SET revision = {columns[3]}, leaf = x'{leaf.hex()}' WHERE position = 20",
    )
    for options in ({}, {"after": 18}):
        found = await damage(path, **options)
        assert found.position == 20
        assert "out of order" in found.sentence


# ── bits ──────────────────────────────────────────────────────────────────────────────────────
def flip(path: Path, at: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def regions(path: Path) -> dict[str, list[int]]:
    """Where the file keeps what, in offsets."""
    data = path.read_bytes()
    pages: dict[str, list[int]] = {"header": [*range(100)], "checksum": [PAGE - 1, len(data) - 3]}
    names = {2: "index interior", 5: "interior", 10: "index leaf", 13: "leaf"}
    for page in range(1, len(data) // PAGE):
        kind = names.get(data[page * PAGE], "overflow or free")
        pages.setdefault(kind, []).extend(range(page * PAGE, (page + 1) * PAGE, 257))
    return pages


async def test_a_flipped_bit_anywhere_in_the_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await filled(path)
    with closing(apsw.Connection(str(path), vfs=checksums.vfs())) as db:
        db.execute(
            "CREATE TABLE gone (x); INSERT INTO gone VALUES (zeroblob(40000)); DROP TABLE gone"
        )
        assert db.pragma("freelist_count") > 2
    chance = random.Random(7)
    places = regions(path)
    assert {"header", "interior", "leaf", "overflow or free", "index leaf"} <= set(places)
    picked = [at for kind in places.values() for at in chance.sample(kind, min(8, len(kind)))]
    picked += [chance.randrange(path.stat().st_size) for _ in range(25)]
    whole = path.read_bytes()
    for at in picked:
        path.write_bytes(whole)
        flip(path, at, chance.randrange(8))
        (tmp_path / "log.db.broken").unlink(missing_ok=True)
        assert await whether_found(path), at
    path.write_bytes(whole)
    assert not await whether_found(path)


async def whether_found(path: Path) -> bool:
    try:
        async with await SqliteLog.open(path) as log:
            await log.verify()
    except FeedstreamError as exc:
        return str(path) in exc.sentence or isinstance(exc, Damaged)
    return False


# ── a broken log ──────────────────────────────────────────────────────────────────────────────
async def test_damage_that_a_reader_meets_stops_every_writer_until_all_is_verified(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    await filled(path, 3000)
    good = path.read_bytes()
    spot = good.index(b'{"note":"2000 ')
    async with await SqliteLog.open(path, clock=ticking()) as other:
        flip(path, spot + 12, 0)
        async with await SqliteLog.open(path) as log:
            with pytest.raises(Damaged):
                async for _ in log.read_all():
                    pass
            assert [e.position async for e in log.read_all(upto=500)] == list(range(1, 501))
        assert "takes no writes since" in other.broken
        with pytest.raises(Integrity, match=r"log verify|backup"):
            await other.append([note()])
        with pytest.raises(Damaged):
            await other.verify()
        flip(path, spot + 12, 0)
        with pytest.raises(Integrity):
            await other.append([note()])
        await other.verify()
        assert other.broken == ""
        assert (await other.append([note()]))[0].position == 3001


@pytest.mark.parametrize("harm", [lambda log: log.by_id("x" * 9), lambda log: log.tree(99)])
async def test_bad_questions_are_no_damage(log: EventLog, harm: Callable[[EventLog], Any]) -> None:
    await log.append([note()])
    with suppress(FeedstreamError):
        await harm(log)
    with pytest.raises(Integrity):
        await anext(log.subscribe(5))
    assert log.broken == ""
    await log.append([note()])
