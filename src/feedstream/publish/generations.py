"""A folder of published files in which all that a change touches appears in one rename.

The layout is drawn in `places`. Everything that a generation adds lies in a folder of its number
and is durable before the one link `.live` is moved to it; a publisher that is killed before leaves
the generation that stands as it is, and what it had begun is removed by the next. What only an
earlier generation needs goes when the next but one stands, so that a reader who is on the way
to a file finds it; what was taken back goes at once. Whoever writes holds the publisher's lock.
"""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from feedstream.publish import names
from feedstream.publish.files import PART, WELL_KNOWN, sync_folder, write_file
from feedstream.publish.places import GENERATIONS, LIVE, ROOT, place_of
from feedstream.publish.versions import remove

IDENTITY = "id"
ADDED = "added"  # in a generation's folder: the links that it made, until it stands
RETIRED = ".retired"  # in its root: what only the generation before needs
GONE = ".gone"  # in its root: names to be removed
FORGET = ".forget"  # in its root: the files of the generation before go at once


class Generations:
    """The generations of the folder `folder`, of which one is live."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / GENERATIONS
        self._tidied = 0

    @property
    def live(self) -> int:
        """The number of the generation that stands; 0 where there is none."""
        try:
            number = int(Path(os.readlink(self.folder / LIVE)).parent.name)
        except (FileNotFoundError, ValueError):
            return 0
        except OSError as error:
            if error.errno != errno.EINVAL:  # a copy that followed links has a folder there
                raise
            return 0
        return number if self.root(number).is_dir() else 0

    def root(self, number: int) -> Path:
        """The root of a generation's tree."""
        return self.base / str(number) / ROOT

    def version(self, feed: str) -> Path | None:
        """The folder of a feed's files as they stand; None where there is no such feed."""
        place = place_of(feed)
        path = self.folder / LIVE / place.outer / place.inner / place.key
        try:
            return self.base / os.readlink(path).removeprefix("../../")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def prepare(self) -> str:
        """Have a generation stand, and nothing left of one that was cut off.

        Returns what tells this folder from any other, and from itself if it is made anew.
        """
        live = self.live
        if not live:
            self._begin()
        else:
            self.undo(live + 1)
            if live != self._tidied:  # another process made it, and may have been cut off
                self.tidy(live)
        return identity_of_folder(self.folder)

    def _begin(self) -> None:
        """The first generation, which is empty; plain files stay until they are replaced.

        So do those of a copy that followed links, in which nothing else is worth keeping.
        """
        for left in self.folder.rglob(f".*{PART}"):
            if left.relative_to(self.folder).parts[0] != WELL_KNOWN:
                left.unlink(missing_ok=True)
        for former in (self.folder / LIVE, self.base):
            _clear(former)
        self.root(1).mkdir(parents=True)
        write_file(self.base / IDENTITY, os.urandom(8).hex().encode())
        self.switch(1)

    def switch(self, number: int) -> None:
        """Have a generation stand, which is whole: the one step that readers see."""
        spare = self.base / "live"
        spare.unlink(missing_ok=True)
        try:
            os.symlink(f"{GENERATIONS}/{number}/{ROOT}", spare)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                what = "its file system has no symbolic links, which feeds are published by"
                raise OSError(error.errno, what) from error
            raise
        sync_folder(self.base / str(number))
        sync_folder(self.base)
        os.replace(spare, self.folder / LIVE)
        sync_folder(self.folder)

    def undo(self, number: int) -> None:
        """Remove a generation that never stood, and the links that it made."""
        begun = self.base / str(number)
        if begun.is_dir():
            names.unlink(self.folder, _lines(begun / ADDED), dangling=True)
            shutil.rmtree(begun)

    def tidy(self, live: int) -> None:
        """Remove what the live generation and the one before it do without; may be repeated."""
        root = self.root(live)
        names.unlink(self.folder, _lines(root / GONE))
        (root / GONE).unlink(missing_ok=True)  # a name may be what must not be seen
        (root.parent / ADDED).unlink(missing_ok=True)
        retired = _lines(root / RETIRED)
        for item in retired:
            if item.endswith(f"/{ROOT}"):
                self._remove(_lines(self.base / item / RETIRED))
        if (root / FORGET).exists():
            self._remove(item for item in retired if _holds_files(item))
        self._tidied = live

    def forget(self) -> None:
        """Remove the files that only earlier generations need, at once."""
        live = self.live
        if live:
            (self.root(live) / FORGET).touch()
            self.tidy(live)

    def _remove(self, items: Iterable[str]) -> None:
        remove(self.base / item for item in items)


def identity_of_folder(folder: Path) -> str:
    """What tells a folder of generations from any other; "" where it is none."""
    try:
        return (folder / GENERATIONS / IDENTITY).read_text("ascii")
    except FileNotFoundError:
        return ""


def note(path: Path, lines: Iterable[str]) -> None:
    """Keep `lines`, durably: they are what a crash is mended by."""
    if text := "".join(f"{line}\n" for line in lines):
        write_file(path, text.encode())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _clear(path: Path) -> None:
    """Remove a folder, or a file; a link stays until another takes its place."""
    if path.is_symlink():
        return
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _holds_files(item: str) -> bool:
    """Whether it is the folder of a feed, and no part of a tree."""
    return item.partition("/")[2].startswith("v")
