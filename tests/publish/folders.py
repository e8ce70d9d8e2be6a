"""A folder of generations with feeds of a few words, and what stands in it by name."""

import os
from collections.abc import Mapping
from pathlib import Path

from feedstream.publish.codings import unpacked
from feedstream.publish.draft import Draft
from feedstream.publish.files import SUFFIXES
from feedstream.publish.generations import RETIRED, Generations
from feedstream.publish.places import GENERATIONS, LIVE

ENDINGS = ("rss", "atom", "json")
Content = Mapping[str, str | None]


def files_of(feed: str, words: str) -> dict[str, bytes]:
    return {f"{feed}.{ending}": f"{ending} of {feed}: {words}".encode() for ending in ENDINGS}


def change(folder: Path, content: Content, *, at: float = 1000.0) -> Draft:
    """Publish feeds with these words, or take them away (None), in one generation."""
    generations = Generations(folder)
    generations.prepare()
    with Draft(generations) as draft:
        for feed, words in content.items():
            if words is None:
                draft.drop(feed, [*files_of(feed, "")])
            else:
                draft.put(feed, files_of(feed, words), at)
        draft.seal()
        draft.publish()
    return draft


def served(folder: Path) -> dict[str, bytes]:
    """What a web server would answer, by the name of each file, packed ones as well."""
    names = [path for path in folder.rglob("*") if GENERATIONS not in path.parts]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in names if path.is_file()
    }


def expected(content: Content) -> dict[str, bytes]:
    """The files that stand for `content`, without siblings."""
    feeds = [files_of(feed, words) for feed, words in content.items() if words is not None]
    return {file: found for files in feeds for file, found in files.items()}


def plain(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files without their siblings, which must hold the same."""
    for name, found in files.items():
        for coding, suffix in SUFFIXES.items():
            if name.endswith(suffix):
                assert unpacked(found, coding) == files[name.removesuffix(suffix)], name
    return {n: found for n, found in files.items() if not n.endswith(tuple(SUFFIXES.values()))}


def dangling(folder: Path) -> list[str]:
    """The names that lead nowhere."""
    paths = (path for path in folder.rglob("*") if GENERATIONS not in path.parts)
    return [str(path) for path in paths if path.is_symlink() and not path.exists()]


def leftovers(folder: Path) -> set[str]:
    """What lies in the folder of generations and is neither live nor kept for late readers."""
    base = folder / GENERATIONS
    items = {f"{p.parent.name}/{p.name}" for p in base.glob("*/*") if p.is_dir()}
    root = Path(os.readlink(folder / LIVE)).relative_to(GENERATIONS).as_posix()
    retired = base / root / RETIRED
    kept = set(retired.read_text().splitlines()) if retired.exists() else set()
    return items - _reachable(base, root) - kept


def _reachable(base: Path, item: str) -> set[str]:
    links = [os.readlink(path) for path in (base / item).iterdir() if path.is_symlink()]
    inside = (_reachable(base, link.removeprefix("../../")) for link in links)
    return {item}.union(*inside)
