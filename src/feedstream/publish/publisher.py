"""The publisher: keeps a folder equal to what the read model says."""

import gzip
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feedstream import __version__
from feedstream.config import Home, Settings
from feedstream.errors import Unavailable
from feedstream.projections.ledger import REMOVED, Ledger
from feedstream.projections.views import Views
from feedstream.publish.comparing import stale_files
from feedstream.publish.files import PART, WELL_KNOWN, digest_of, locked, replace_file, zipped
from feedstream.publish.outputs import OPML, Outputs, feed_of_file, nameable, rendering_settings
from feedstream.render import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a run of the publisher did: files written, files removed, up to which position.

    `changed` names the files whose bytes are others than at the run before, whichever process
    wrote them. `failed` names the feeds that could not be written, and `trouble` says why: they
    stay marked, and the next run tries again.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    position: int
    changed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    trouble: str = ""


class Publisher:
    """Keeps a folder equal to what the read model says is published.

    Several processes may run one: a lock file lets one of them publish at a time, and what was
    touched is forgotten only after it has been written, so that a kill in between costs nothing.
    Each file has a gzipped sibling for the server. Every change of a file is noted in the `ledger`
    first. `outputs` is what it renders.
    `settings` is asked at every run: whoever publishes does so with those of today.
    """

    def __init__(
        self,
        views: Views,
        settings: Callable[[], Settings],
        folder: Path,
        lock: Path,
        ledger: Ledger,
    ) -> None:
        self._ledger = ledger
        self._stopping = threading.Event()
        self._views = views
        self._current = settings
        self._folder = folder
        self._lock = lock
        self._settings = ""
        self._adopt()
        self._swept = False
        self._seen = ledger.last

    def _adopt(self) -> None:
        """Take up the settings of today."""
        settings = self._current()
        rendered_with = rendering_settings(settings)
        # The version belongs to what bytes depend on: a row says which one made it.
        digest = digest_of(f"{__version__}\n{rendered_with}".encode())
        if digest == self._settings:
            return
        self._settings = digest
        self.outputs = Outputs(self._views, settings.site, settings.feeds)
        self._ledger.know_settings(digest, __version__, rendered_with)

    def stop(self) -> None:
        """Have a run that goes on in another thread end soon; the rest stays for the next one."""
        self._stopping.set()

    def run_after_rebuild(self) -> Published:
        """As `run`, and remove the files of feeds that the read model knows nothing of any more."""
        return self.run(
            also={feed_of_file(file) for file in stale_files(self.outputs, self._ledger)}
        )

    def run(self, *, also: Iterable[str] = ()) -> Published:
        """Write every touched feed, and those named in `also`, or remove what is no feed any more.

        A feed that can't be written holds up no other: it is in the answer. Raises `Unavailable`
        where the lock can't be taken.
        """
        try:
            with locked(self._lock):
                return self._run(also)
        except OSError as error:
            raise Unavailable(self._sentence(error)) from error

    def _sentence(self, error: OSError) -> str:
        return (
            f"The feeds can't be written to {self._folder}: {error.strerror}; what was touched is"
            " kept and written as soon as that is mended."
        )

    def _run(self, also: Iterable[str]) -> Published:
        self._adopt()
        self._views.touch_all("settings", self._settings)
        self._sweep()
        work = _Work()
        with self._views.snapshot() as checkpoint:
            names = sorted({*self._views.dirty(), *also})
            self._publish(names, checkpoint, work)
        self._views.clean([n for n in names if n not in work.failed], checkpoint=checkpoint)
        return Published(
            written=tuple(work.written),
            removed=tuple(work.removed),
            position=checkpoint,
            changed=self._changed(),
            failed=tuple(work.failed),
            trouble=next((self._sentence(error) for error in work.failed.values()), ""),
        )

    def _sweep(self) -> None:
        """Remove what a writer that was killed left: nobody else writes under the lock, but for the
        signer, in a folder of its own."""
        if not self._swept:
            for left in self._folder.rglob(f".*{PART}"):
                if left.relative_to(self._folder).parts[0] != WELL_KNOWN:
                    left.unlink(missing_ok=True)
        self._swept = True

    def _publish(self, names: Sequence[str], checkpoint: int, work: "_Work") -> None:
        for name in names:
            if self._stopping.is_set():
                raise Unavailable("Publishing was stopped; what is left is written next time.")
            try:
                if files := self.outputs.files_of(name):
                    work.written.extend(self._write_all(files, checkpoint))
                else:
                    work.removed.extend(self._remove(name, checkpoint))
            except OSError as error:
                work.failed[name] = error
        if names:
            try:
                work.written.extend(self._write_all({OPML: self.outputs.opml()}, checkpoint))
            except OSError as error:
                work.failed[names[0]] = error  # so that the next run comes here again

    def _changed(self) -> tuple[str, ...]:
        """Asked while the lock is held: no row is there whose file is not written yet."""
        since, self._seen = self._seen, self._ledger.last
        return tuple(self._ledger.files_after(since))

    def _write_all(self, files: dict[str, bytes], position: int) -> list[str]:
        self._note(position, {name: digest_of(content) for name, content in files.items()})
        return [name for file, content in files.items() for name in self._write(file, content)]

    def _note(self, position: int, digests: dict[str, str]) -> None:
        self._ledger.record(position, digests, self._settings)

    def _write(self, name: str, content: bytes) -> list[str]:
        path = self._folder / name
        if zipped(path).is_file() and path.is_file() and path.read_bytes() == content:
            return []
        stamp = self._stamp(path)
        replace_file(zipped(path), gzip.compress(content, 9, mtime=0), stamp)
        replace_file(path, content, stamp)
        return [name]

    def _stamp(self, path: Path) -> float:
        """When a file last changed: with its event, or after what it held, if settings changed it.

        It is what `If-Modified-Since` is answered by, in whole seconds.
        """
        modified = self._views.recorded_at
        stamp = modified.timestamp() if modified else 0.0
        return max(stamp, path.stat().st_mtime + 1) if path.exists() else stamp

    def _remove(self, name: str, position: int) -> list[str]:
        if not nameable(name):
            return []
        self._note(position, {f"{name}.{ending}": REMOVED for ending in FORMATS})
        gone = []
        for ending in FORMATS:
            path = self._folder / f"{name}.{ending}"
            zipped(path).unlink(missing_ok=True)
            if path.exists():
                path.unlink()
                gone.append(f"{name}.{ending}")
        return gone


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run has come to so far."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, OSError] = field(default_factory=dict)


def publisher_of(
    home: Home, views: Views, settings: Callable[[], Settings], ledger: Ledger
) -> Publisher:
    """The publisher of a newsroom's own `feeds/`."""
    return Publisher(views, settings, home.feeds, home.lock, ledger)
