"""Erasure: the bytes are gone, the proof stays."""

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedstream.domain.events import ContentErased, Proposed, StoryEdited, UpdateAdded, Withheld
from feedstream.errors import Conflict, IdTaken, Invalid, NotFound
from feedstream.eventlog.base import EventLog, Placed
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.transfer import export, import_
from tests.eventlog.conftest import STORES, OpenLog, new_log, note
from tests.eventlog.test_sqlite_processes import worker
from tests.strategies import histories


def erasure(*positions: int, **changes: Any) -> Proposed:
    event = ContentErased(positions=positions, kind="legal", reason="a court said so")
    return note(event=event, stream="record", **changes)


def update(secret: str = "the secret") -> Proposed:
    return note(
        event=UpdateAdded(update="u-1", entry_id="tag:e.org,2021:u-1", headline=secret, body=secret)
    )


async def exported(log: EventLog) -> list[bytes]:
    return [line async for line in export(log)]


async def test_an_erased_event_keeps_its_place_and_loses_its_content(log: EventLog) -> None:
    await log.append([note("before"), update(), note("after")])
    leaves = [e.leaf async for e in log.read_all()]
    tree, path = await log.tree(), await log.prove_inclusion(2, 3)
    assert await log.erase(erasure(2)) == Placed(4, 1)
    event = [e async for e in log.read_all()][1]
    assert event.event == Withheld(by=4, kept={"update": "u-1", "entry_id": "tag:e.org,2021:u-1"})
    assert (event.type, event.schema, event.salt, event.stream) == (
        "update.added",
        UpdateAdded.SCHEMA,
        b"",
        "story-a",
    )
    assert [e.leaf async for e in log.read_all(upto=3)] == leaves
    assert await log.by_id(event.id) == event
    assert [e.event async for e in log.read_stream("story-a")][1] == event.event
    assert (await log.tree(3), await log.prove_inclusion(2, 3)) == (tree, path)
    verified = await log.verify(trees=[tree])
    assert (verified.events, verified.erased) == (4, 1)
    assert log.residue == ""


async def test_what_is_kept_holds_no_text(log: EventLog) -> None:
    from feedstream.domain.wire import WireRef

    origin = WireRef(item="wire-1", source="A Partner", revision=2, url="https://p.example/1")
    odd = note(event=UpdateAdded(update="free text", entry_id="e-1", headline="h", body="b"))
    await log.append([note(event=StoryEdited(headline="h", minor=True, origin=origin)), odd])
    await log.erase(erasure(1, 2))
    one, two = [e.event async for e in log.read_all(upto=2)]
    assert one == Withheld(by=3, kept={"minor": True, "origin": {"item": "wire-1", "revision": 2}})
    assert two == Withheld(by=3, kept={"entry_id": "e-1"})


async def test_to_erase_again_with_the_same_id_gives_the_first_answer(log: EventLog) -> None:
    await log.append([note("a"), note("b")])
    once = erasure(1)
    placed = await log.erase(once)
    assert await log.erase(once) == placed
    assert (await log.head()).position == 3


async def test_what_cannot_be_erased(log: EventLog) -> None:
    await log.append([note("a"), note("b")])
    for positions, kind, says in (
        ((), Invalid, "one position or more"),
        ((1, 1), Invalid, "each once"),
        ((3,), NotFound, "no event at position 3 to erase: the log ends at 2"),
        ((1, 2**62), NotFound, "no event"),
        ((0,), NotFound, "no event"),
    ):
        with pytest.raises(kind, match=says):
            await log.erase(erasure(*positions))
    with pytest.raises(Invalid, match=r"Only a content\.erased"):
        await log.erase(note())
    await log.erase(erasure(1))
    with pytest.raises(Invalid, match="erased already, by position 3"):
        await log.erase(erasure(2, 1))
    with pytest.raises(Invalid, match="stands for ever"):
        await log.erase(erasure(3))
    with pytest.raises(Conflict):
        await log.erase(erasure(2), expect={"record": 0})
    assert (await log.head()).position == 3
    assert (await log.verify()).erased == 1


async def test_to_append_what_was_erased_says_that_it_is_known(log: EventLog) -> None:
    secret = update()
    placed = await log.append([secret])
    await log.erase(erasure(1))
    assert await log.append([secret]) == placed
    from dataclasses import replace

    with pytest.raises(IdTaken):
        await log.append([replace(secret, actor="somebody else")])
    assert (await log.verify()).erased == 1


async def test_an_export_after_an_erasure_is_the_same_log_without_the_bytes(
    open_log: OpenLog,
) -> None:
    log, copy, other = await open_log(), await open_log(), await open_log()
    await log.append([note("before"), update("hush"), note("after")])
    before = await exported(log)
    await import_(other, before)
    await log.erase(erasure(2))
    lines = await exported(log)
    assert b"hush" not in b"".join(lines)
    report = await import_(copy, lines)
    assert (report.new, report.known) == (4, 0)
    assert await exported(copy) == lines
    assert [e async for e in copy.read_all()] == [e async for e in log.read_all()]
    assert await copy.tree() == await log.tree()
    assert (await copy.verify()).erased == 1
    assert (await import_(copy, before)).known == 3  # which brings nothing back
    assert await exported(copy) == lines
    await import_(other, lines, dry_run=True)
    assert await exported(other) == before
    assert (await import_(other, lines)).new == 1  # what the origin erased goes here too
    assert await exported(other) == lines
    assert (await other.verify()).erased == 1


async def test_a_changed_line_of_an_erased_event_is_refused() -> None:
    log = MemoryLog()
    await log.append([update()])
    await log.erase(erasure(1))
    first, second = await exported(log)
    for old, new, says in (
        (b'"actor":"desk"', b'"actor":"forger"', "leaf of position 1 does not match"),
        (b'"digest":"', b'"digest":"!', "base64"),
        (b'"erasedby":2', b'"erasedby":0', "erasedby"),
        (b'"kept":"{', b'"kept":"[', "kept"),
        (b'"leaf"', b'"leef"', "“leaf” is missing"),
    ):
        with pytest.raises(Invalid, match=f"line 1: .*{says}"):
            await import_(MemoryLog(), [first.replace(old, new), second])


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.data())
def test_whatever_is_erased_all_that_is_left_can_be_proved_and_moved(
    store: str, history: list[list[Proposed]], data: st.DataObject
) -> None:
    async def law(folder: Path) -> None:
        async with (
            await new_log(store, folder) as log,
            await new_log(store, folder) as copy,
        ):
            for batch in history:
                await log.append(batch)
            tree = await log.tree()
            erasable = [e.position async for e in log.read_all() if e.type != ContentErased.TYPE]
            chosen = data.draw(st.lists(st.sampled_from(erasable or [0]), unique=True))
            for position in chosen if erasable else []:
                await log.erase(erasure(position))
            verified = await log.verify(trees=[tree])
            assert verified.erased == len(chosen if erasable else [])
            lines = await exported(log)
            await import_(copy, lines)
            assert await exported(copy) == lines
            assert await copy.verify(trees=[tree]) == verified

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(law(Path(name)))


# ── the bytes ─────────────────────────────────────────────────────────────────────────────────
def bytes_of(path: Path) -> bytes:
    wal = path.with_name(path.name + "-wal")
    return path.read_bytes() + (wal.read_bytes() if wal.exists() else b"")


@pytest.mark.parametrize("size", [1, 30, 20_000])
async def test_the_bytes_are_gone_from_the_disk(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log.db"
    secret = "Xyzzy the name of a minor" * size
    async with await SqliteLog.open(path, create=True) as log, await SqliteLog.open(path) as other:
        for n in range(40):
            await log.append([note(str(n))])
        await log.append([update(secret)])
        await log.append([note(str(n)) for n in range(400)])
        [stored] = [s async for page in log.stored_pages(40, 41) for s in page]
        assert b"Xyzzy" in bytes_of(path)
        [e async for e in other.read_all()]
        await log.erase(erasure(41))
        found = bytes_of(path)
        assert b"Xyzzy" not in found
        assert stored.salt not in found
        assert stored.leaf in found
        assert log.residue == ""
        assert (await other.verify()).erased == 1
        assert (await other.by_id(stored.id)).event.by == 442  # type: ignore[union-attr]


async def test_a_reader_in_the_way_is_told_of_and_the_next_append_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedstream.eventlog.sqlite.writer.PATIENCE", 0.2)
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([update("Xyzzy")])
        with worker("look", path) as process:
            assert process.stdout
            assert process.stdout.readline() == "looking\n"
            await log.erase(erasure(1))
            assert "log.db-wal" in log.residue
            assert b"Xyzzy" in bytes_of(path)
            await asyncio.to_thread(process.communicate, "")
        await log.append([note()])
        assert log.residue == ""
        assert b"Xyzzy" not in bytes_of(path)


async def test_a_writer_killed_after_an_erasure_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SqliteLog.open(path, create=True) as log:
        await log.append([update("Xyzzy")])
    with worker("erase", path) as process:
        assert process.stdout
        assert process.stdout.readline() == "erased\n"
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    assert b"Xyzzy" in bytes_of(path)
    async with await SqliteLog.open(path) as log:
        assert b"Xyzzy" not in bytes_of(path)
        assert (await log.verify()).erased == 1
