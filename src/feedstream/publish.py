"""Touched feeds → bytes → files: atomically, and only where the bytes differ."""

import fcntl
import gzip
import hashlib
import logging
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from feedstream import __version__
from feedstream.config import Feeds, Home, Settings, Site
from feedstream.domain.feed import FeedDefinition
from feedstream.errors import Unavailable
from feedstream.projections.ledger import REMOVED, Ledger
from feedstream.projections.views import Views
from feedstream.render import FORMATS, Article, build_document, render_opml

logger = logging.getLogger("feedstream.publish")
OPML = "index.opml"
FEED_NAME = re.compile(r"[a-z0-9]+(?:[-/_][a-z0-9]+)*")
"""What a feed may be called: also the path of its files, so that nothing else will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a run of the publisher did: files written, files removed, up to which position.

    `changed` names the files whose bytes are others than at the run before, whichever process
    wrote them.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    position: int
    changed: tuple[str, ...] = ()


class Publisher:
    """Keeps a folder equal to what the read model says is published.

    Several processes may run one: a lock file lets one of them publish at a time, and what was
    touched is forgotten only after it has been written, so that a kill in between costs nothing.
    Each file has a gzipped sibling for the server, unless `compress` is off: then there is none.
    With a `ledger`, every change of a file is noted there first.
    """

    def __init__(
        self,
        views: Views,
        settings: Settings,
        folder: Path,
        lock: Path,
        *,
        compress: bool = True,
        ledger: Ledger | None = None,
    ) -> None:
        self._compress = compress
        self._ledger = ledger
        self._stopping = threading.Event()
        self._views = views
        self._site: Site = settings.site
        self._feeds: Feeds = settings.feeds
        self._folder = folder
        self._lock = lock
        rendered_with = rendering_settings(settings)
        self._settings = hashlib.sha256(rendered_with.encode()).hexdigest()
        self._views.touch_all("settings", f"{__version__} {self._settings}")
        self._seen = 0
        if ledger:
            ledger.know_settings(self._settings, __version__, rendered_with)
            self._seen = ledger.last

    def stop(self) -> None:
        """Have a run that goes on in another thread end soon; the rest stays for the next one."""
        self._stopping.set()

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
        with self._views.snapshot() as checkpoint:
            names = self._views.dirty()
            written, removed = self._publish(names, checkpoint)
        self._views.clean(names, checkpoint=checkpoint)
        return Published(
            written=tuple(written),
            removed=tuple(removed),
            position=checkpoint,
            changed=self._changed(written, removed),
        )

    def _publish(self, names: Sequence[str], checkpoint: int) -> tuple[list[str], list[str]]:
        written: list[str] = []
        removed: list[str] = []
        for name in names:
            if self._stopping.is_set():
                raise Unavailable("Publishing was stopped; what is left is written next time.")
            feed = self._views.feed(name) if self._nameable(name) else None
            if feed is None:
                removed += self._remove(name, checkpoint)
            else:
                written += self._write_all(self._rendered(feed), checkpoint)
        if names:
            opml = render_opml([self._cut(f) for f in self._listed()], self._site)
            written += self._write_all({OPML: opml}, checkpoint)
        return written, removed

    def _changed(self, written: list[str], removed: list[str]) -> tuple[str, ...]:
        """Asked while the lock is held: no row is there whose file is not written yet."""
        if self._ledger is None:
            return (*written, *removed)
        since, self._seen = self._seen, self._ledger.last
        return tuple(self._ledger.files_after(since))

    def _listed(self) -> list[FeedDefinition]:
        return [feed for feed in self._views.feeds() if self._nameable(feed.name)]

    def _nameable(self, name: str) -> bool:
        """No name leads out of the folder, whatever a log that another hand wrote says."""
        if FEED_NAME.fullmatch(name):
            return True
        logger.error("The feed “%s” is not published: that is no name for a feed.", name)
        return False

    def _cut(self, feed: FeedDefinition) -> FeedDefinition:
        """The feed with the site's window where it has a greater one of its own, or the default."""
        if feed.story or feed.window < self._feeds.window:
            return feed
        return replace(feed, window=self._feeds.window)

    def _rendered(self, feed: FeedDefinition) -> dict[str, bytes]:
        """A feed's files and their bytes."""
        cut = self._cut(feed)
        rows = self._views.selected(cut)
        articles = [Article(story=row.story, slug=row.slug) for row in rows]
        document = build_document(cut, articles, self._site, ttl=self._feeds.ttl)
        return {
            f"{feed.name}.{ending}": output.render(document) for ending, output in FORMATS.items()
        }

    def _write_all(self, files: dict[str, bytes], position: int) -> list[str]:
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self._note(position, digests)
        return [name for file, content in files.items() for name in self._write(file, content)]

    def _note(self, position: int, digests: dict[str, str]) -> None:
        if self._ledger:
            self._ledger.record(position, digests, self._settings)

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

    def _remove(self, name: str, position: int) -> list[str]:
        if not self._nameable(name):
            return []
        self._note(position, {f"{name}.{ending}": REMOVED for ending in FORMATS})
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


def rendering_settings(settings: Settings) -> str:
    """The settings that published bytes depend on, as JSON."""
    return settings.model_dump_json(include={"site", "feeds"})


def publisher_of(home: Home, views: Views, settings: Settings, ledger: Ledger) -> Publisher:
    """The publisher of a newsroom's own `feeds/`."""
    return Publisher(views, settings, home.feeds, home.lock, ledger=ledger)
