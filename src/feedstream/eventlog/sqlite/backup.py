"""Copies of the log: taken while others append, verified, and put back."""

import asyncio
import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from feedstream.errors import Conflict, Integrity, NotFound, Unavailable
from feedstream.eventlog.base import Head
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.placing import EMPTY, Tail, head_of
from feedstream.eventlog.sqlite import broken, checksums, rows, trees
from feedstream.eventlog.sqlite.checking import Range, verify
from feedstream.eventlog.sqlite.connection import Place, reading, sync_folder
from feedstream.eventlog.sqlite.faults import faults
from feedstream.eventlog.sqlite.schema import PAGE_SIZE
from feedstream.eventlog.verify import Verified

Pages = Callable[[int, int], None]
"""Told how many pages are copied, of how many. Called in another thread."""

_STEP: Final = 1000
_BESIDE: Final = ("-wal", "-shm", "-journal")
_DRAFT: Final = re.compile(r"\..+\.\d+\.new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy: where it is, its size in bytes, and what its verification found."""

    path: Path
    size: int
    verified: Verified


def back_up(
    lend: Callable[[], contextlib.AbstractContextManager[apsw.Connection]],
    target: Path,
    progress: Pages,
) -> Backup:
    """Copy the log of the connection that `lend` gives to `target`, as of one moment.

    Appends go on meanwhile. The copy stands at `target` only once all of it is verified; what is
    there is never written over. Raises `Conflict`, `NotFound`, `Unavailable`, `Integrity`.
    """
    with _draft(target) as draft:
        with lend() as db:
            tree = _copy(db, draft, progress)
        return _accept(draft, target, tree)


async def restore_backup(
    source: Path, target: Path, progress: Pages = lambda _done, _all: None
) -> Backup:
    """Put a copy of the backup at `source` in the empty place `target`, verified before it is.

    Page checksums of `source` are not looked at, only what it holds: so this also mends a file
    that another program wrote to without them. Raises as `SqliteLog.backup`, and `Integrity`
    where `source` does not hold what was recorded.
    """
    return await asyncio.to_thread(_restore, source, target, progress)


def _restore(source: Path, target: Path, progress: Pages) -> Backup:
    place = Place(source)
    with _draft(target) as draft:
        with closing(reading(place, check_pages=False)) as db, faults(place.path):
            tree = _copy(db, draft, progress)
        answer = _accept(draft, target, tree)
    broken.clear(target)
    return answer


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A place beside `target` for a copy that is not whole yet; nothing stays there."""
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder {target.parent} for a copy of the log: create it.")
    if found := next((path for path in (target, *_beside(target)) if path.exists()), None):
        raise Conflict(f"{found} exists already: copies of the log write over nothing.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        sweep_drafts(target.parent)
        with _held(draft):
            yield draft
    except OSError as exc:
        raise Unavailable(
            f"The copy {target} cannot be written ({exc.strerror}): see to the rights and the "
            "space of its folder."
        ) from exc
    finally:
        for path in (draft, *_beside(draft)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _held(draft: Path) -> Iterator[None]:
    """Make the draft, and hold a lock on it that goes with this process."""
    handle = _locked(draft)
    while os.fstat(handle).st_nlink == 0:  # swept before it was locked
        os.close(handle)
        handle = _locked(draft)
    try:
        yield
    finally:
        os.close(handle)


def _locked(draft: Path, how: int = fcntl.LOCK_EX, flags: int = os.O_CREAT) -> int:
    handle = os.open(draft, os.O_RDWR | flags, 0o644)
    try:
        fcntl.flock(handle, how)
    except BaseException:
        os.close(handle)
        raise
    return handle


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts of processes that were killed: nobody lists them, and they hold content."""
    for draft in [path for path in folder.iterdir() if _DRAFT.fullmatch(path.name)]:
        with contextlib.suppress(OSError):  # held: a copy in the making
            handle = _locked(draft, fcntl.LOCK_EX | fcntl.LOCK_NB, 0)
            try:
                for path in (draft, *_beside(draft)):
                    path.unlink(missing_ok=True)
            finally:
                os.close(handle)


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in _BESIDE]


def _copy(db: apsw.Connection, draft: Path, progress: Pages) -> Tree:
    """Copy all pages within one reading transaction: else each append would begin it anew."""
    db.execute("BEGIN")
    try:
        tree = trees.frontier(db).tree()
        with faults(draft):
            _prime(draft, db.reserve_bytes())
            with closing(apsw.Connection(str(draft), vfs=checksums.vfs())) as copy:
                copy.execute("SELECT * FROM sqlite_schema").fetchall()
                _steps(db, copy, progress)
    finally:
        if db.in_transaction:  # some faults have ended it
            db.execute("ROLLBACK")
    return tree


def _prime(draft: Path, reserved: int) -> None:
    """Give the copy a first page, which tells that its pages get checksums, before all others."""
    with closing(apsw.Connection(str(draft), vfs=checksums.vfs())) as db:
        db.pragma("page_size", PAGE_SIZE)
        db.reserve_bytes(reserve=reserved)
        db.execute("CREATE TABLE primer (x)")


def _steps(db: apsw.Connection, copy: apsw.Connection, progress: Pages) -> None:
    with copy.backup("main", db, "main") as work:
        while not work.done:
            work.step(_STEP)
            progress(work.page_count - work.remaining, work.page_count)


def _accept(draft: Path, target: Path, tree: Tree) -> Backup:
    """Verify the copy and put it in its place."""
    try:
        with closing(reading(Place(draft))) as db:
            verified = verify(db, draft, Range(trees=(tree,)))
    except Damaged as exc:
        raise Integrity(f"The copy for {target} did not pass its verification: {exc}") from exc
    size = draft.stat().st_size
    try:
        os.link(draft, target)
    except FileExistsError:
        raise Conflict(f"{target} exists already: copies of the log write over nothing.") from None
    sync_folder(target.parent)
    return Backup(path=target, size=size, verified=verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """What a copy of a log holds: up to where it goes, its size in bytes, and which of the bodies
    that were asked for are still in it."""

    head: Head
    size: int
    holds: tuple[int, ...]


def look_at_backup(path: Path, positions: Sequence[int] = ()) -> BackupInfo:
    """What the copy at `path` holds, and which of the bodies at `positions`.

    Raises `NotFound`, `Invalid`, `Integrity`, `Unavailable`.
    """
    place = Place(path.absolute())
    with closing(reading(place, check_pages=False)) as db, faults(place.path):
        row = db.execute(rows.TAIL).fetchone()
        held = [
            position
            for position in positions
            if db.execute("SELECT 1 FROM bodies WHERE position = ?", (position,)).get
        ]
    head = head_of(EMPTY if row is None else Tail(*row))
    return BackupInfo(head=head, size=path.stat().st_size, holds=tuple(held))
