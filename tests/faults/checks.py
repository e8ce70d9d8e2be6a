"""What must hold of a log after anything: compared with what its processes told."""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import orjson

from feedstream.domain.events import ContentErased
from feedstream.eventlog.base import Placed
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.stored import Stored
from tests.faults.journal import Told
from tests.faults.load import text_of, token_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A log that holds what it must: its events, and which deeds without an answer were done."""

    stored: Sequence[Stored]
    erased: int
    done: frozenset[str]
    undone: frozenset[str]


async def check(log: SqliteLog, told: Told) -> Found:
    """Hold the log against `told`, which was read before: later events may be there as well."""
    deeds = told.open_deeds()
    stored = [event async for page in log.stored_pages() for event in page]
    assert [event.position for event in stored] == list(range(1, len(stored) + 1))
    by_id = {event.id: event for event in stored}
    assert len(by_id) == len(stored)
    verified = await log.verify(trees=told.trees)
    assert verified.tree.size >= len(stored)
    assert verified.page_checksums is True
    _check_appends(told, by_id)
    _check_erasures(told, stored, by_id)
    _check_seen(told, stored)
    done = frozenset(key for key in deeds if _done(told, key, by_id))
    return Found(
        stored=stored,
        erased=sum(event.erased is not None for event in stored),
        done=done,
        undone=frozenset(deeds) - done,
    )


def _done(told: Told, key: str, by_id: Mapping[str, Stored]) -> bool:
    return key in by_id if key in told.erasing else told.sent[key][0].id in by_id


def _check_appends(told: Told, by_id: Mapping[str, Stored]) -> None:
    """Each append is there whole or not at all, with its content, where it was answered."""
    for key, sent in told.sent.items():
        events = [by_id[one.id] for one in sent if one.id in by_id]
        assert len(events) in (0, len(sent)), f"{key} is there by half"
        if key in told.placed:
            at = [Placed(event.position, event.revision) for event in events]
            assert at == told.placed[key], f"{key} was acknowledged"
        assert not (key in told.conflicts and events), f"{key} was refused and is there"
        assert all(b.position == a.position + 1 for a, b in pairwise(events))
        for one, event in zip(sent, events, strict=bool(events)):
            assert (event.stream, event.correlation_id) == (one.stream, key)
            if event.erased is None:
                assert event.data == orjson.dumps({"note": text_of(one.id, one.size)})


def _check_erasures(told: Told, stored: Sequence[Stored], by_id: Mapping[str, Stored]) -> None:
    """A body is gone exactly where an erasure that is in the log says so."""
    erasures = {event.position: event.erased.by for event in stored if event.erased is not None}
    # One that came while the log was being read stands behind what was read.
    gone = {position: by for position, by in erasures.items() if by <= len(stored)}
    said = {
        position: event.position
        for event in stored
        if event.type == ContentErased.TYPE
        for position in orjson.loads(event.data)["positions"]
    }
    assert said == gone
    for key in told.erasing.keys() & told.placed.keys():
        [place] = told.placed[key]
        assert by_id[key].position == place.position
        assert all(said[position] == place.position for position in told.erasing[key])


def _check_seen(told: Told, stored: Sequence[Stored]) -> None:
    """The reader saw every position once, in order, and what it saw is there."""
    positions = [position for position, _ in told.seen]
    assert positions == list(range(1, len(positions) + 1))
    assert told.seen == [(event.position, event.id) for event in stored[: len(positions)]]


def check_bytes_are_gone(path: Path, stored: Sequence[Stored]) -> None:
    """No erased text is in the file, nor in what SQLite keeps beside it."""
    erased = {token_of(event.id) for event in stored if event.erased is not None}
    for file in (path, path.with_name(f"{path.name}-wal")):
        content = file.read_bytes() if erased and file.exists() else b""
        assert erased.isdisjoint(_tokens(content)), f"erased bytes in {file.name}"


def _tokens(content: bytes) -> Iterator[bytes]:
    """Whatever in `content` may be a token, in one pass: a search for each would take minutes."""
    for run in re.findall(rb"[0-9a-f]{64,}", content):
        for at in range(len(run) - 63):
            yield run[at : at + 64]


def torn(path: Path) -> bytes:
    """The last frame's header of a transaction that a kill cut in two; empty where there is none.

    A frame of SQLite's write-ahead log begins with its page, the size of the database after a
    commit (0 for all but a transaction's last frame) and the two salts of the log's header.
    """
    wal = path.with_name(f"{path.name}-wal")
    if not wal.exists() or wal.stat().st_size < 32:
        return b""
    last = b""
    with wal.open("rb") as file:
        head = file.read(32)
        page, salts = struct.unpack_from(">I", head, 8)[0], head[16:24]
        while len(frame := file.read(24)) == 24 and frame[8:16] == salts:
            last = b"" if frame[4:8] != b"\0\0\0\0" else frame
            file.seek(page, 1)
    return last
