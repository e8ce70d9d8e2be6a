"""Verifying the file: its events, its tree, its erasures, and the bytes that hold none of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw
import orjson

from feedstream.domain.events import ContentErased
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Frontier, Node, Tree
from feedstream.eventlog.sqlite import checksums, rows, trees
from feedstream.eventlog.sqlite.faults import translated
from feedstream.eventlog.sqlite.looking import ROWS
from feedstream.eventlog.sqlite.stretches import looked_at
from feedstream.eventlog.stretch import STRETCH
from feedstream.eventlog.verify import Checker, Progress, Verified, fail

_PATIENCE: Final = 20
_PAGES: Final = 64
_HOLD = """
WITH RECURSIVE page(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM page WHERE at + 1 < ?3)
SELECT min(coalesce(verify_checksum(substr(?1, at * ?2 + 1, ?2)), 0)) FROM page
"""
_LEAVES = "SELECT position, leaf FROM events WHERE position > ? AND position <= ? ORDER BY position"
_ENDS = """
SELECT (SELECT coalesce(max(position), 0) FROM events),
       (SELECT coalesce(max(position), 0) FROM bodies)
"""
_BEFORE = (
    "SELECT revision FROM events WHERE stream = ? AND position < ? ORDER BY position DESC LIMIT 1"
)
_ERASED = """
SELECT x.position, x.by_position, e.type, b.data
FROM erased x LEFT JOIN events e ON e.position = x.by_position
LEFT JOIN bodies b ON b.position = x.by_position
WHERE x.by_position <= ? ORDER BY x.position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which events to verify: after `after`, up to `upto` or the end; and the `trees` known."""

    after: int = 0
    upto: int | None = None
    trees: Sequence[Tree] = ()

    @property
    def whole(self) -> bool:
        """Whether these are all events."""
        return self.after <= 0 and self.upto is None


def verify(
    db: apsw.Connection, path: Path, which: Range, progress: Progress = lambda _done, _all: None
) -> Verified:
    """Verify the log that `db` reads. Raises `Damaged` for the first broken position."""
    verifying = _Verifying(db, path, which, progress)
    try:
        verified = verifying.run()
        checked = _file(db, path) if which.whole else None
    except apsw.Error as exc:
        raise verifying.located(translated(exc, path)) from exc
    return Verified(
        events=verified.events,
        erased=verified.erased,
        tree=verified.frontier.tree(),
        page_checksums=checked,
    )


class _Verifying:
    def __init__(self, db: apsw.Connection, path: Path, which: Range, progress: Progress) -> None:
        self._db, self._path, self._which, self._progress = db, path, which, progress
        self._landmarks: list[Node] = []
        self._checker = Checker(
            0,
            trees=which.trees,
            keep=self._landmarks.append,
            revision_before=self._revision_before,
        )

    def run(self) -> Checker:
        stored, checker = self._begin(), self._checker
        first = max(0, min(self._which.after, checker.size))
        last = checker.size if self._which.upto is None else min(self._which.upto, checker.size)
        for start, end in _batches(0, first):
            self._leaves(start, end)
        for (start, end), stretch in looked_at(self._db, self._path, _batches(first, last)):
            if stretch is None or not checker.take(stretch):
                checker.rows(self._db.execute(ROWS, (start, end)))
            self._compare_landmarks()
            self._progress(end - first, last - first)
        for start, end in _batches(max(first, last), checker.size):
            self._leaves(start, end)
        checker.finish(stored)
        self._nothing_more(checker.size)
        return checker

    def _begin(self) -> Frontier:
        """The frontier and the end of the log, of one moment; later appends are not looked at."""
        self._db.execute("BEGIN")
        try:
            frontier = trees.frontier(self._db)
            ends: tuple[Any, ...] = self._db.execute(_ENDS).fetchall()[0]
        finally:
            if self._db.in_transaction:  # some faults have ended it
                self._db.execute("ROLLBACK")
        events, bodies = ends
        self._checker.size = max(frontier.size, events)
        if bodies > self._checker.size:
            end = f"position {self._checker.size} or before"
            fail(bodies, "There is a body without an event", end, f"position {bodies}")
        return frontier

    def located(self, fault: Exception) -> Exception:
        """A fault of SQLite with the position that could not be read any more."""
        if isinstance(fault, Damaged) and not fault.position:
            fault.position = min(self._checker.position + 1, self._checker.size)
        return fault

    def _leaves(self, start: int, end: int) -> None:
        self._checker.leaves(self._db.execute(_LEAVES, (start, end)))
        self._compare_landmarks()

    def _revision_before(self, stream: str, position: int) -> int:
        return int(self._db.execute(_BEFORE, (stream, position)).get or 0)

    def _compare_landmarks(self) -> None:
        for node in self._landmarks:
            kept = trees.hashes(self._db, node.level, node.index, node.index + 1)
            if kept != [node.hash]:
                first = (node.index << node.level) + 1
                fail(
                    first,
                    f"The tree's hash over the {1 << node.level} events from position {first} is "
                    "not that of these events",
                    node.hash.hex(),
                    kept[0].hex() if kept else "none",
                )
        self._landmarks.clear()

    def _nothing_more(self, size: int) -> None:
        """What else the file holds must belong to the events."""
        for position, by, type_, data in self._db.execute(_ERASED, (size,)):
            if type_ != ContentErased.TYPE or position not in _positions(data):
                fail(
                    position,
                    f"The body of position {position} was taken away, but no event says so",
                    f"a {ContentErased.TYPE} at position {by}",
                    f"{type_}",
                )
        if self._which.whole:
            missing = self._checker.kinds - set(rows.kinds(self._db))
            if missing:
                fail(0, "The list of stored types is not whole", str(sorted(missing)), "none")


def _positions(data: bytes | None) -> Sequence[int]:
    if data is None:
        return ()
    found = orjson.loads(data).get("positions")
    return found if isinstance(found, list) else ()


def _batches(first: int, last: int) -> list[tuple[int, int]]:
    """The ranges (after, up to) of stretches between two positions."""
    begin = range(first // STRETCH * STRETCH, last, STRETCH)
    return [(max(first, start), min(start + STRETCH, last)) for start in begin]


# ── the file as a file ────────────────────────────────────────────────────────────────────────
def _file(db: apsw.Connection, path: Path) -> bool:
    """Whether pages have checksums, which then hold; the file's structure is in order."""
    checked = checksums.present(db)
    if checked:
        _pages(db, path)
    found = db.execute("PRAGMA integrity_check(1)").get
    if found != "ok":
        fail(0, "The file of the log is not in order", "a sound file", str(found).strip())
    return checked


def _pages(db: apsw.Connection, path: Path) -> None:
    """Every page as it stands on the disk, in use or not.

    Read through SQLite's own file, since to close another would take away this process's locks.
    """
    size = int(db.pragma("page_size"))
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]
    file = apsw.VFSFile("unix", str(path), flags)
    try:
        pages = file.xFileSize() // size
        for first in range(0, pages, _PAGES):
            count = min(_PAGES, pages - first)
            if not _hold(db, file.xRead(count * size, first * size), count):
                _page_by_page(db, file, range(first, first + count))
    finally:
        file.xClose()


def _page_by_page(db: apsw.Connection, file: apsw.VFSFile, pages: Sequence[int]) -> None:
    """Name the damaged page, unless it was only being written just then."""
    size = int(db.pragma("page_size"))
    for page in pages:
        for _ in range(_PATIENCE):
            if _hold(db, file.xRead(size, page * size), 1):
                break
            time.sleep(0.01)
        else:
            fail(0, f"Page {page + 1} of the file is damaged", "its checksum", "another")


def _hold(db: apsw.Connection, pages: bytes, count: int) -> bool:
    return bool(db.execute(_HOLD, (pages, len(pages) // count, count)).get)
