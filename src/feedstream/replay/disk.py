"""The published files as they are on the disk now, against the ledger's last word on each."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedstream.errors import Unavailable
from feedstream.projections.ledger import REMOVED, WITHHELD, Ledger, LedgerRow
from feedstream.publish import digest_of, feed_of_file, is_list, page_of_file
from feedstream.publish.codings import unpacked
from feedstream.publish.files import SUFFIXES

Fault = Literal["changed", "missing", "not removed", "other coding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFault:
    """A file that is not as the publisher left it at `position`; "" stands for no file."""

    file: str
    fault: Fault
    position: int
    expected: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """How many files were compared, those that differ, and those that the next run will write."""

    files: int
    faults: tuple[FileFault, ...]
    unfinished: tuple[str, ...]


def check_disk(folder: Path, ledger: Ledger, pending: Collection[str]) -> OnDisk:
    """Compare the files under `folder`; hold the publisher's lock meanwhile.

    `pending` names the feeds that are still to be written: a publisher that was cut off between
    ledger and file leaves an earlier version there, and the next run mends it.
    Raises `Unavailable` where a file cannot be read.
    """
    faults: list[FileFault] = []
    unfinished: list[str] = []
    count = 0
    try:
        for row in ledger.latest():
            if row.file.startswith(WITHHELD):
                continue  # where it stood nobody can say any more
            count += 1
            found = _look(folder / row.file, row)
            if found and _is_pending(row, found, ledger, pending):
                unfinished.append(row.file)
            elif found:
                faults.append(found)
    except OSError as error:
        raise Unavailable(f"{folder} can't be read: {error.strerror}.") from error
    return OnDisk(files=count, faults=tuple(faults), unfinished=tuple(unfinished))


def _look(path: Path, row: LedgerRow) -> FileFault | None:
    actual = _digest(path)
    if actual != row.digest:
        return _fault(row, _word(row, actual), actual)
    for coding, suffix in SUFFIXES.items():
        inside = _unpacked(path.with_name(path.name + suffix), coding)
        if inside not in (None, row.digest):
            return _fault(row, "other coding", inside or REMOVED, suffix)
    return None


def _word(row: LedgerRow, actual: str) -> Fault:
    if row.digest == REMOVED:
        return "not removed"
    return "changed" if actual else "missing"


def _fault(row: LedgerRow, fault: Fault, actual: str, suffix: str = "") -> FileFault:
    return FileFault(
        file=row.file + suffix,
        fault=fault,
        position=row.position,
        expected=row.digest,
        actual=actual,
    )


def _is_pending(row: LedgerRow, found: FileFault, ledger: Ledger, pending: Collection[str]) -> bool:
    follows = is_list(row.file) or page_of_file(row.file) is not None  # any change may change it
    touched = feed_of_file(row.file) in pending or (follows and bool(pending))
    ours = found.actual == REMOVED or ledger.has_held(row.file, found.actual)
    return touched and ours


def _digest(path: Path) -> str:
    try:
        return digest_of(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return REMOVED


def _unpacked(path: Path, coding: str) -> str | None:
    """The digest of what is packed there; None where there is no such file."""
    try:
        return digest_of(unpacked(path.read_bytes(), coding))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return REMOVED
