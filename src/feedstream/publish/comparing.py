"""What a run of the publisher would change, without changing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedstream.projections.ledger import REMOVED, WITHHELD, Ledger
from feedstream.publish.outputs import Outputs, feed_of_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A published file whose bytes would be others."""

    file: str
    change: Literal["added", "changed", "removed"]


def coming_changes(outputs: Outputs, folder: Path, ledger: Ledger) -> Iterator[FileChange]:
    """The files in `folder` that a publisher of `outputs` would write or remove."""
    for file, content in outputs.files():
        if (now := _content(folder / file)) != content:
            yield FileChange(file=file, change="added" if now is None else "changed")
    for file in stale_files(outputs, ledger):
        if (folder / file).is_file():
            yield FileChange(file=file, change="removed")


def stale_files(outputs: Outputs, ledger: Ledger) -> list[str]:
    """The files that stand by the ledger and of whose feeds `outputs` knows nothing."""
    known = set(outputs.names())
    standing = [row.file for row in ledger.latest() if row.digest != REMOVED]
    named = (file for file in standing if not file.startswith(WITHHELD))
    return [file for file in named if feed_of_file(file) not in known]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
