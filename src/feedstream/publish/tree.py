"""A persistent tree of links: a new generation shares all that a change does not touch."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from feedstream.publish.places import ROOT, Place


@dataclass(frozen=True, slots=True)
class _Folder:
    """The links of a folder: those that a folder of the old tree has, and those that are new."""

    old: Path | None = None
    shared: set[str] = field(default_factory=set)
    new: dict[str, str] = field(default_factory=dict)

    def take(self, entry: str) -> str | None:
        """The item that a link of the old tree leads to, which is left out here; None for none."""
        if entry not in self.shared or self.old is None:
            return None
        self.shared.remove(entry)
        return os.readlink(self.old / entry).removeprefix("../../")


def grow(
    base: Path, live: int, number: int, changes: Mapping[Place, str | None]
) -> tuple[list[Path], list[str]]:
    """Write the tree of generation `number` beside that of `live`, with `changes` made.

    A change gives a place the folder `<number>/<name>` below `base`, or takes it away. Returns the
    folders that were made, and the items (`<number>/<name>`) that only the old tree needs.
    Costs at most 64 links for the root and for each branch, and a leaf's, that a change lies in.
    """
    growing = _Growing(base, number)
    root = growing.old(f"{live}/{ROOT}")
    for outer, inside in groupby(sorted(changes), key=lambda place: place.outer):
        growing.branch(root, outer, list(inside), changes)
    growing.make(ROOT, root)
    return growing.made, growing.retired


class _Growing:
    def __init__(self, base: Path, number: int) -> None:
        self._base = base
        self._number = number
        self.made: list[Path] = []
        self.retired: list[str] = []

    def old(self, item: str | None) -> _Folder:
        """A folder of the old tree, which the new one does without."""
        if item is None:
            return _Folder()
        self.retired.append(item)
        return _Folder(self._base / item, links_in(self._base / item))

    def branch(
        self,
        root: _Folder,
        outer: str,
        places: Iterable[Place],
        changes: Mapping[Place, str | None],
    ) -> None:
        branch = self.old(root.take(outer))
        for inner, inside in groupby(places, key=lambda place: place.inner):
            leaf = self.old(branch.take(inner))
            for place in inside:
                self._change(leaf, place.key, changes[place])
            self._put(branch, inner, f"l{outer}{inner}", leaf)
        self._put(root, outer, f"m{outer}", branch)

    def _change(self, leaf: _Folder, key: str, item: str | None) -> None:
        if (former := leaf.take(key)) is not None:
            self.retired.append(former)
        if item is not None:
            leaf.new[key] = f"../../{item}"

    def _put(self, above: _Folder, entry: str, name: str, inside: _Folder) -> None:
        if inside.shared or inside.new:
            self.make(name, inside)
            above.new[entry] = f"../../{self._number}/{name}"

    def make(self, name: str, links: _Folder) -> None:
        folder = self._base / str(self._number) / name
        folder.mkdir()
        for entry in links.shared:
            _share(f"{links.old}/{entry}", f"{folder}/{entry}")
        for entry, target in links.new.items():
            os.symlink(target, f"{folder}/{entry}")
        self.made.append(folder)


def _share(source: str, target: str) -> None:
    """A second name for a link costs a tenth of another link: no inode is made."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # not every file system does that
        os.symlink(os.readlink(source), target)


def links_in(folder: Path) -> set[str]:
    """The names of the links in a folder of the tree."""
    with os.scandir(folder) as entries:
        return {one.name for one in entries if one.is_symlink()}
