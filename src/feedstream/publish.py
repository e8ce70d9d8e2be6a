"""Touched feeds → bytes → files: atomically, and only where the bytes differ."""

import fcntl
import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from feedstream.config import Feeds, Home, Settings, Site
from feedstream.domain.feed import FeedDefinition
from feedstream.errors import Unavailable
from feedstream.projections.views import Views
from feedstream.render import FORMATS, Article, build_document, render_opml

OPML = "index.opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a run of the publisher did: files written, files removed, up to which position."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    position: int


class Publisher:
    """Keeps a folder equal to what the read model says is published.

    Several processes may run one: a lock file lets one of them publish at a time, and what was
    touched is forgotten only after it has been written, so that a kill in between costs nothing.
    Each file has a gzipped sibling for the server, unless `compress` is off: then there is none.
    """

    def __init__(
        self,
        views: Views,
        settings: Settings,
        folder: Path,
        lock: Path,
        *,
        compress: bool = True,
    ) -> None:
        self._compress = compress
        self._views = views
        self._site: Site = settings.site
        self._feeds: Feeds = settings.feeds
        self._folder = folder
        self._lock = lock
        digest = hashlib.sha256(
            (self._site.model_dump_json() + self._feeds.model_dump_json()).encode()
        )
        self._views.touch_all("settings", digest.hexdigest())

    def run(self) -> Published:
        """Write every touched feed. Raises `Unavailable` where the folder cannot be written."""
        try:
            with _locked(self._lock):
                return self._run()
        except OSError as error:
            raise Unavailable(
                f"The feeds can't be written to {self._folder}: {error.strerror}; what was touched"
                " is kept and written as soon as that is mended."
            ) from error

    def _run(self) -> Published:
        checkpoint = self._views.checkpoint
        names = self._views.dirty()
        written: list[str] = []
        removed: list[str] = []
        for name in names:
            feed = self._views.feed(name)
            if feed is None:
                removed += self._remove(name)
            else:
                written += self._write_feed(feed)
        if names:
            opml = render_opml([self._cut(f) for f in self._views.feeds()], self._site)
            written += self._write(OPML, opml)
        self._views.clean(names, checkpoint=checkpoint)
        return Published(written=tuple(written), removed=tuple(removed), position=checkpoint)

    def _cut(self, feed: FeedDefinition) -> FeedDefinition:
        """The feed with the site's window where it has a greater one of its own, or the default."""
        if feed.story or feed.window < self._feeds.window:
            return feed
        return replace(feed, window=self._feeds.window)

    def _write_feed(self, feed: FeedDefinition) -> list[str]:
        cut = self._cut(feed)
        rows = self._views.selected(cut)
        articles = [Article(story=row.story, slug=row.slug) for row in rows]
        document = build_document(cut, articles, self._site, ttl=self._feeds.ttl)
        written: list[str] = []
        for ending, output in FORMATS.items():
            written += self._write(f"{feed.name}.{ending}", output.render(document))
        return written

    def _write(self, name: str, content: bytes) -> list[str]:
        path = self._folder / name
        settled = _zipped(path).is_file() == self._compress
        if settled and path.is_file() and path.read_bytes() == content:
            return []
        modified = self._views.recorded_at
        stamp = modified.timestamp() if modified else 0.0
        if self._compress:
            replace_file(_zipped(path), gzip.compress(content, 9, mtime=0), stamp)
        else:
            _zipped(path).unlink(missing_ok=True)
        replace_file(path, content, stamp)
        return [name]

    def _remove(self, name: str) -> list[str]:
        gone = []
        for ending in FORMATS:
            path = self._folder / f"{name}.{ending}"
            _zipped(path).unlink(missing_ok=True)
            if path.exists():
                path.unlink()
                gone.append(f"{name}.{ending}")
        return gone


def _zipped(path: Path) -> Path:
    return path.with_name(path.name + ".gz")


def replace_file(path: Path, content: bytes, modified: float) -> None:
    """Put `content` at `path` in one step: a reader sees the old bytes or the new, never a mix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.utime(temporary, (modified, modified))
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is: the mark that asked for it goes next."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def publisher_of(home: Home, views: Views, settings: Settings) -> Publisher:
    """The publisher of a newsroom's own `feeds/`."""
    return Publisher(views, settings, home.feeds, home.lock)
