"""The tree of a log: what every store answers about it, and a file that has none yet."""

import asyncio
import tempfile
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.merkle import (
    EMPTY_ROOT,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.stored import digest_of, fields_of, header_of
from feedstream.eventlog.transfer import export, import_
from tests.eventlog import naive
from tests.eventlog.conftest import STORES, new_log, note
from tests.eventlog.format1 import DDL, SETTINGS


async def leaves(log: EventLog) -> list[bytes]:
    return [event.leaf async for event in log.read_all()]


async def test_the_tree_of_an_empty_log(log: EventLog) -> None:
    assert await log.tree() == await log.tree(0) == Tree(0, EMPTY_ROOT)
    assert await log.prove_consistency(0, 0) == ()


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 400), min_size=1, max_size=4), st.data())
def test_trees_and_proofs_of_every_size(
    store: str, batches: list[int], data: st.DataObject
) -> None:
    async def law(folder: Path) -> None:
        async with await new_log(store, folder) as log:
            for size in batches:
                await log.append([note() for _ in range(size)])
            all_ = await leaves(log)
            head = await log.tree()
            assert head == Tree(sum(batches), naive.root(all_))
            size = data.draw(st.integers(1, len(all_)))
            old = await log.tree(size)
            assert old == Tree(size, naive.root(all_[:size]))
            path = await log.prove_consistency(size, len(all_))
            assert list(path) == naive.proof(size, all_)
            assert verify_consistency(old, head, path)
            position = data.draw(st.integers(1, size))
            path = await log.prove_inclusion(position, size)
            assert list(path) == naive.path(position - 1, all_[:size])
            assert verify_inclusion(all_[position - 1], position - 1, size, path, old.root)

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(law(Path(name)))


async def test_what_the_log_does_not_reach_is_not_found(log: EventLog) -> None:
    await log.append([note(), note()])
    with pytest.raises(NotFound, match="ends at position 2"):
        await log.tree(3)
    with pytest.raises(NotFound, match="ends at position 2"):
        await log.prove_inclusion(1, 3)
    with pytest.raises(NotFound, match="no position 2 in a log of 1"):
        await log.prove_inclusion(2, 1)
    with pytest.raises(NotFound, match="no position 0"):
        await log.prove_inclusion(0, 1)
    with pytest.raises(NotFound):
        await log.prove_consistency(1, 3)
    with pytest.raises(Invalid, match="swap them"):
        await log.prove_consistency(2, 1)
    with pytest.raises(Invalid, match="-1"):
        await log.tree(-1)


async def test_a_dry_run_and_a_failed_import_leave_the_tree_as_it_was(log: EventLog) -> None:
    await log.append([note() for _ in range(300)])
    lines = [line async for line in export(log)]
    before = await log.tree()
    other = note("x")
    more = [*lines, lines[-1].replace(b'"position":300', b'"position":301')]
    with pytest.raises(Exception, match="line 301"):
        await import_(log, more)
    await import_(log, lines, dry_run=True)
    assert await log.tree() == before
    await log.append([other])
    assert await log.tree() == Tree(301, naive.root(await leaves(log)))


async def test_a_header_and_a_digest_make_the_leaf_again(log: EventLog) -> None:

    await log.append([note("a"), note("b")])
    stored = [event async for page in log.stored_pages() for event in page]
    assert [leaf_hash(header_of(s), digest_of(s)) for s in stored] == await leaves(log)


async def test_two_writers_of_one_file_grow_one_tree(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as one, await SqliteLog.open(path) as two:
        for n in range(600):
            await (one, two)[n % 3 % 2].append([note()])
        assert await one.tree() == await two.tree() == Tree(600, naive.root(await leaves(one)))
        assert list(await two.prove_inclusion(77, 513)) == naive.path(76, (await leaves(one))[:513])


async def test_a_file_of_format_1_gets_its_tree_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    async with await SqliteLog.open(tmp_path / "new.db", create=True) as log:
        await log.append([note(str(n)) for n in range(600)])
        stored = [event async for page in log.stored_pages() for event in page]
        expected = await log.tree()
    db = apsw.Connection(str(path))
    db.execute(SETTINGS + DDL).fetchall()

    with db:
        db.executemany(
            f"INSERT INTO events VALUES ({', '.join('?' * 12)})",
            (fields_of(s)[:12] for s in stored),
        )
        db.executemany(
            "INSERT INTO bodies VALUES (?, ?, ?)", ((s.position, s.salt, s.data) for s in stored)
        )
    db.close()
    logs = await asyncio.gather(*(SqliteLog.open(path) for _ in range(4)))
    for log in logs:
        assert await log.tree() == expected
        await log.append([note("more")])
        expected = Tree(expected.size + 1, (await log.tree()).root)
    assert await logs[0].tree() == Tree(604, naive.root(await leaves(logs[0])))
    assert [s async for page in logs[0].stored_pages(upto=600) for s in page] == stored
    assert (await logs[1].verify()).page_checksums is False
    await logs[1].backup(tmp_path / "copy.db")
    await asyncio.gather(*(log.aclose() for log in logs))
