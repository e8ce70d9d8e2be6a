"""A replay in a folder of the reader's choice, and the list of what replays wrote there.

The list is a file of SHA-256 digests, so that `sha256sum -c` can read it too. Only what it names,
and only while it still has those bytes, is ever removed.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from feedstream.config import Settings
from feedstream.errors import Unavailable
from feedstream.projections.views import Views
from feedstream.publish import (
    FEED_NAME,
    Outputs,
    Published,
    digest_of,
    feed_of_file,
    is_list,
    replace_file,
)

LIST = "feedstream-replay.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (\S+\.(?:rss|atom|json|opml|xml))")


def render_to(views: Views, settings: Settings, folder: Path) -> Published:
    """Write every feed of `views` into `folder`, which need not exist.

    Files of the same names are replaced where they differ; others stay. No gzipped siblings are
    written: this is for people and comparisons, not for a server. Raises `Unavailable`.
    """
    with _faults(folder):
        return _write(views, settings, folder, {})


def replay_to(views: Views, settings: Settings, folder: Path) -> Published:
    """As `render_to`, and remove what an earlier replay left there and `views` has not.

    A file that no replay wrote, or that somebody changed since, stays. Raises `Unavailable`.
    """
    digests: dict[str, str] = {}
    with _faults(folder):
        before = _listed(folder / LIST)
        done = _write(views, settings, folder, digests)
        left = {file: digest for file, digest in before.items() if file not in digests}
        removed = [file for file, digest in left.items() if _remove(folder, file, digest)]
        _list(folder / LIST, digests)
    return Published(written=done.written, removed=tuple(removed), position=done.position)


def _write(views: Views, settings: Settings, folder: Path, digests: dict[str, str]) -> Published:
    """Write what differs; `digests` is told of every file."""
    written = []
    last = views.recorded_at
    for file, content in Outputs(views, settings.site, settings.feeds, settings.websub).files():
        path = folder / file
        if not path.is_file() or path.read_bytes() != content:
            replace_file(path, content, last.timestamp() if last else 0.0)
            written.append(file)
        digests[file] = digest_of(content)
    return Published(written=tuple(written), removed=(), position=views.checkpoint)


def _listed(path: Path) -> dict[str, str]:
    """What earlier replays wrote, by name; names that no feed could have are passed over."""
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    files = {m[2]: m[1] for m in found if m}
    return {
        file: digest
        for file, digest in files.items()
        if is_list(file) or FEED_NAME.fullmatch(feed_of_file(file))
    }


def _list(path: Path, digests: Mapping[str, str]) -> None:
    text = "".join(f"{digests[file]}  {file}\n" for file in sorted(digests)).encode()
    if not path.is_file() or path.read_bytes() != text:
        replace_file(path, text, 0.0)


def _remove(folder: Path, file: str, digest: str) -> bool:
    """Take a file away if it is still as a replay wrote it, and its folder if that is empty now."""
    path = folder / file
    if not path.is_file() or digest_of(path.read_bytes()) != digest:
        return False
    path.unlink()
    if path.parent != folder and not any(path.parent.iterdir()):
        path.parent.rmdir()
    return True


@contextmanager
def _faults(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{folder} can't be written: {error.strerror}.") from error
