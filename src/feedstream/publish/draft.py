"""The next generation, in the making."""

import os
import shutil
from collections import deque
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from feedstream.publish import names
from feedstream.publish.files import sync_folder
from feedstream.publish.generations import ADDED, FORGET, GONE, RETIRED, Generations, note
from feedstream.publish.names import Names
from feedstream.publish.places import Place, file_name, local_name, place_of
from feedstream.publish.tree import grow
from feedstream.publish.versions import ENDS, Comparison, compare, share, write

WRITERS = 16  # threads: those that wait for the disk at once share its flushes
AHEAD = 64  # files that may wait to be written


@dataclass(slots=True)
class _Feed:
    files: tuple[str, ...]
    folder: Path | None = None
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    writing: list[Future[None]] = field(default_factory=list)


class Draft:
    """Feeds that are added to, changed in or taken from the generation that stands.

    `failed` says why a feed can't be published: it then stays as it was. A context manager: what
    was not published when it ends is removed.
    """

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._live = generations.live
        self.number = self._live + 1
        self._base = generations.base / str(self.number)
        self._feeds: dict[str, _Feed] = {}
        self._waiting: deque[Future[None]] = deque()
        self.failed: dict[str, OSError] = {}

    def __enter__(self) -> "Draft":
        self._base.mkdir()
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="publishing")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._generations.live != self.number:
            self._generations.undo(self.number)

    def put(
        self,
        feed: str,
        files: Mapping[str, bytes],
        modified: float,
        *,
        possible: Collection[str] = (),
    ) -> None:
        """Have `feed` consist of `files`; those that differ are dated `modified`, or later.

        Files that do not differ stay what they are, in bytes and time. Others that it had go, and
        those called one of `possible`, whoever wrote them.
        """
        one = self._feeds[feed] = _Feed(tuple(files))
        try:
            before = self._generations.version(feed)
            found = compare(self._generations.folder, feed, files, before)
            if not found.equal:
                one.changed = [*found.differ]
                one.gone = self._gone(feed, before, files, possible)
                one.folder = self._base / f"v{place_of(feed).key}"
                one.folder.mkdir()
                self._write(one, feed, files, found, at=max(modified, found.newest))
        except OSError as error:
            self._fail(feed, error)

    def _write(
        self, one: _Feed, feed: str, files: Mapping[str, bytes], found: Comparison, *, at: float
    ) -> None:
        assert one.folder  # noqa: S101  # it was made just now
        for file, content in files.items():
            local = local_name(feed, file)
            if found.before and file in found.shared:
                share(found.before, one.folder, local)
                continue
            one.writing.append(self._pool.submit(write, one.folder, local, file, content, at))
            self._waiting.append(one.writing[-1])
        while len(self._waiting) > AHEAD:
            self._waiting.popleft().exception()

    def drop(self, feed: str, possible: Collection[str] = ()) -> None:
        """Take a feed away: its files, and those called one of `possible`."""
        before = self._generations.version(feed)
        self._feeds[feed] = _Feed((), gone=self._gone(feed, before, (), possible))

    def _gone(
        self, feed: str, before: Path | None, files: Collection[str], possible: Collection[str]
    ) -> list[str]:
        stay = {file + end for file in files for end in ENDS}
        there = {file_name(feed, local) for local in os.listdir(before)} if before else set()
        named = {file + end for file in possible for end in ENDS} - stay
        folder = self._generations.folder
        there.update(name for name in named if os.path.lexists(folder / name))
        return sorted(there - stay)

    def _fail(self, feed: str, error: OSError) -> None:
        one = self._feeds.pop(feed)
        self.failed[feed] = error
        for writing in one.writing:
            writing.cancel()
            if not writing.cancelled():
                writing.exception()
        if one.folder:
            shutil.rmtree(one.folder, ignore_errors=True)

    def seal(self) -> None:
        """Wait until all that was put is on the disk, unseen yet, and its names can be had."""
        for feed, one in list(self._feeds.items()):
            errors = (writing.exception() for writing in one.writing)
            if error := next((error for error in errors if error), None):
                if not isinstance(error, OSError):
                    raise error
                self._fail(feed, error)
        self._look()
        for one in self._feeds.values():
            if one.folder:
                sync_folder(one.folder)

    def publish(self) -> None:
        """Have all of it appear at once.

        Where files are gone, no file of an earlier version is left: it may hold what was taken
        back. Raises `OSError` where nothing could be published.
        """
        self._link()
        changes = self._changes()
        if changes:
            self._switch(changes)
        for feed, one in list(self._feeds.items()):
            try:
                names.replace(self._generations.folder, feed, one.names.other)
            except OSError as error:
                self._fail(feed, error)
            names.unlink(self._generations.folder, one.gone)
        if changes:
            self._generations.tidy(self.number)

    def _look(self) -> None:
        for feed, one in list(self._feeds.items()):
            try:
                one.names = names.look(self._generations.folder, feed, one.files)
            except OSError as error:
                self._fail(feed, error)

    def _changes(self) -> dict[Place, str | None]:
        changes: dict[Place, str | None] = {}
        for feed, one in self._feeds.items():
            if one.folder:
                changes[place_of(feed)] = f"{self.number}/{one.folder.name}"
            elif not one.files and self._generations.version(feed):
                changes[place_of(feed)] = None
        return changes

    def _link(self) -> None:
        if self._changes():
            note(self._base / ADDED, [n for one in self._feeds.values() for n in one.names.missing])
        folders = set()
        for feed, one in list(self._feeds.items()):
            try:
                folders |= names.link(self._generations.folder, feed, one.names.missing)
            except OSError as error:
                self._fail(feed, error)
                names.unlink(self._generations.folder, one.names.missing, dangling=True)
        for folder in folders:
            sync_folder(folder)

    def _switch(self, changes: Mapping[Place, str | None]) -> None:
        made, retired = grow(self._generations.base, self._live, self.number, changes)
        root = self._generations.root(self.number)
        note(root / RETIRED, retired)
        note(root / GONE, (name for one in self._feeds.values() for name in one.gone))
        if any(one.gone for one in self._feeds.values()):
            (root / FORGET).touch()
        for folder in made:
            sync_folder(folder)
        self._generations.switch(self.number)

    def gone(self, feed: str) -> list[str]:
        """The files of a feed that will be there no more."""
        one = self._feeds.get(feed)
        return [name for name in one.gone if not name.endswith(ENDS[1:])] if one else []

    @property
    def written(self) -> list[str]:
        """The files that are others than before, or are to be found again."""
        return sorted(file for feed in self._feeds.values() for file in _written(feed))

    @property
    def removed(self) -> list[str]:
        """The files that are there no more."""
        return sorted(name for feed in self._feeds for name in self.gone(feed))


def _written(feed: _Feed) -> set[str]:
    found = {*feed.names.missing, *feed.names.other}
    return {*feed.changed, *(file for file in feed.files if file in found)}
