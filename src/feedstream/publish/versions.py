"""One feed's files of one version: written once, durable, then never changed."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from feedstream.publish.codings import is_sealed, packed
from feedstream.publish.files import SUFFIXES, write_file
from feedstream.publish.places import local_name

ENDS = ("", *SUFFIXES.values())
"""What the names of the files that belong to one published file end in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A file as it stands, and when it was last changed (seconds since 1970)."""

    content: bytes
    modified: float


def standing(path: Path) -> Standing | None:
    """The file at `path`; None where there is none."""
    try:
        with path.open("rb") as file:
            return Standing(content=file.read(), modified=os.fstat(file.fileno()).st_mtime)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A feed's files beside those of the version before: which differ, and which may be shared."""

    before: Path | None
    differ: tuple[str, ...]
    shared: frozenset[str]
    newest: float
    same_names: bool

    @property
    def equal(self) -> bool:
        """Whether the version before is the same, whole."""
        return not self.differ and self.same_names


def compare(folder: Path, feed: str, files: Mapping[str, bytes], before: Path | None) -> Comparison:
    """Look at the version `before`; where there is none, at what stands in `folder` by name."""
    differ: list[str] = []
    newest = 0.0
    for file, content in files.items():
        found = standing(before / local_name(feed, file) if before else folder / file)
        if found is None or found.content != content:
            differ.append(file)
            newest = max(newest, found.modified + 1 if found else 0.0)
    wanted = {local_name(feed, file) + end for file in files for end in ENDS}
    there = set(os.listdir(before)) if before else set()
    whole = {f for f in files if {local_name(feed, f) + end for end in ENDS} <= there}
    return Comparison(
        before=before,
        differ=tuple(differ),
        shared=frozenset(whole.difference(differ)),
        newest=newest,
        same_names=wanted == there,
    )


def share(before: Path, folder: Path, local: str) -> None:
    """Have the new version hold a file of the one before: the same file, untouched."""
    for end in ENDS:
        source, target = before / (local + end), folder / (local + end)
        try:
            os.link(source, target)
        except OSError:  # no hard links here, or too many: a copy with the same time is as good
            target.unlink(missing_ok=True)
            write_file(target, source.read_bytes(), source.stat().st_mtime)


def write(folder: Path, local: str, file: str, content: bytes, modified: float) -> None:
    """Write a file and its packed siblings, with one time."""
    codings = packed(content, sealed=is_sealed(file))
    for coding, suffix in SUFFIXES.items():
        write_file(folder / (local + suffix), codings[coding], modified)
    write_file(folder / local, content, modified)


def remove(folders: Iterable[Path], at: Callable[[Path], None] = shutil.rmtree) -> None:
    """Remove folders that nobody needs any more, as far as they are there."""
    for folder in folders:
        with suppress(FileNotFoundError):
            at(folder)
        with suppress(OSError):  # others may lie in it still
            folder.parent.rmdir()
