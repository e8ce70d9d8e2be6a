"""Permanent names: links below the public folder that lead into the generation that is live.

A link is made once, when its file appears, and removed when that is gone for good; a change of the
file moves none of them.
"""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from feedstream.publish.places import GENERATIONS, target_of
from feedstream.publish.versions import ENDS


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a feed's files: those without a link, and those where something else stands.

    The first get their link before the change: it leads nowhere until then, and is answered like
    no file. The others, plain files of an earlier version of feedstream among them, are replaced
    after it, so that there is no moment without an answer.
    """

    missing: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def look(folder: Path, feed: str, files: Iterable[str]) -> Names:
    """How the names of `files` stand.

    Raises `IsADirectoryError` where one is that of a folder, `NotADirectoryError` where something
    else stands in the place of a folder that one lies in.
    """
    missing: list[str] = []
    other: list[str] = []
    for file in files:
        target = target_of(feed, file)
        for end in ENDS:
            now = _now(folder / (file + end))
            if now is None:
                missing.append(file + end)
            elif now != target + end:
                other.append(file + end)
    return Names(tuple(missing), tuple(other))


def _now(path: Path) -> str | None:
    """Where a link points; "" for a file that is none; None for nothing."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise _no_folder(path) from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    if stat.S_ISDIR(path.lstat().st_mode):
        raise IsADirectoryError(errno.EISDIR, f"{path} is a folder", str(path))
    return ""


def _no_folder(path: Path) -> NotADirectoryError:
    """What stands in the way of `path`, of which a parent is no folder."""
    stands = next(one for one in path.parents if os.path.lexists(one))
    what = f"{stands} is no folder, and files are to lie in one"
    return NotADirectoryError(errno.ENOTDIR, what, str(stands))


def _target(feed: str, name: str) -> str:
    end = next((end for end in ENDS[1:] if name.endswith(end)), "")
    return target_of(feed, name.removesuffix(end)) + end


def link(folder: Path, feed: str, names: Iterable[str]) -> set[Path]:
    """Make links that are missing; returns the folders that they lie in.

    Raises `OSError`: some of them may be made by then.
    """
    folders = set()
    for name in names:
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise _no_folder(path) from error
        os.symlink(_target(feed, name), path)
        folders.add(path.parent)
    return folders


def replace(folder: Path, feed: str, names: Iterable[str]) -> None:
    """Put links where something else stands, each in one step."""
    spare = folder / GENERATIONS / "link"
    for name in names:
        spare.unlink(missing_ok=True)
        os.symlink(_target(feed, name), spare)
        os.replace(spare, folder / name)


def unlink(folder: Path, names: Iterable[str], *, dangling: bool = False) -> None:
    """Remove names; with `dangling`, only links that lead nowhere."""
    for name in names:
        path = folder / name
        if dangling and (not path.is_symlink() or path.exists()):
            continue
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            path.unlink()
