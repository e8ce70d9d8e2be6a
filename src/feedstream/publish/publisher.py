"""The publisher: keeps a folder equal to what the read model says."""

import threading
from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feedstream import __version__
from feedstream.config import Home, Settings
from feedstream.errors import Unavailable
from feedstream.projections.archive import marked
from feedstream.projections.ledger import REMOVED, Ledger
from feedstream.projections.views import Views
from feedstream.publish.archive import ARCHIVED, number_of
from feedstream.publish.draft import Draft
from feedstream.publish.files import digest_of, locked
from feedstream.publish.generations import Generations
from feedstream.publish.lists import is_list
from feedstream.publish.outputs import (
    Outputs,
    nameable,
    possible_files,
    rendering_settings,
)
from feedstream.publish.places import place_of

TOGETHER = 500
"""How many feeds at most appear at once: a change of the settings touches all of a great site's,
and a kill does not wait for that."""


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
    All that a run changes appears at once, each file with packed siblings for the server (see
    `generations`). Every change of a file is noted in the `ledger` first. `outputs` is what it
    renders. `settings` is asked at every run: whoever publishes does so with those of today.
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
        self._generations = Generations(folder)
        self._lock = lock
        self._settings = ""
        self._adopt()
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
        self.outputs = Outputs(
            self._views,
            settings.site,
            settings.feeds,
            settings.websub,
            published=self._ledger.digest_of,
        )
        self._ledger.know_settings(digest, __version__, rendered_with)

    def stop(self) -> None:
        """Have a run that goes on in another thread end soon; the rest stays for the next one."""
        self._stopping.set()

    def run(self, *, also: Iterable[str] = (), forget: bool = False) -> Published:
        """Publish every touched feed, and those named in `also`; remove what is no feed any more.

        All of it appears at once, unless more than `TOGETHER` feeds were touched; with `forget`,
        what stood before is not kept for readers who are on their way.
        A feed that can't be written holds up no other: it is in the answer. Raises `Unavailable`
        where the lock can't be taken.
        """
        try:
            with locked(self._lock):
                return self._run(also, forget=forget)
        except OSError as error:
            raise Unavailable(self._sentence(error)) from error

    def _sentence(self, error: OSError) -> str:
        return (
            f"The feeds can't be written to {self._folder}: {error.strerror}; what was touched is"
            " kept and written as soon as that is mended."
        )

    def _run(self, also: Iterable[str], *, forget: bool) -> Published:
        self._adopt()
        self._views.touch_all("settings", self._settings)
        self._views.touch_all("folder", self._generations.prepare())
        work = _Work()
        touched = {*self._views.dirty(), *also}
        # Sealed pages that are merely others come last, where there is much to publish, and so
        # does the feed that names the last of them; `_with_pages` has it come with any page.
        last = {name for name in touched if name == ARCHIVED or marked(name) is not None}
        waiting = sorted(touched - last, key=place_of)
        now = self._views.hidden_marks() if len(waiting) > TOGETHER else sorted(last)
        seen = position = self._publish_some([*_with_pages(now), *waiting[:TOGETHER]], work)
        while waiting := waiting[TOGETHER:]:
            # What was touched meanwhile comes first, and what is no feed any more: no kill waits.
            first = {*self._views.dirty()}.difference(waiting, last)
            first = first.union(self._views.hidden_marks()).difference(work.failed)
            if seen != self._views.checkpoint:
                first |= {name for name in waiting if not self._views.feed(name)}
            if len(waiting) <= TOGETHER:
                first |= last
            some = dict.fromkeys((*_with_pages(first), *waiting[:TOGETHER]))
            seen = self._publish_some([*some], work)
        if forget:
            self._generations.forget()
        return Published(
            written=tuple(work.written),
            removed=tuple(work.removed),
            position=position,
            changed=self._changed(),
            failed=tuple(work.failed),
            trouble=next((self._sentence(error) for error in work.failed.values()), ""),
        )

    def _publish_some(self, names: Sequence[str], work: "_Work") -> int:
        """Have these feeds, as of one position, appear at once; returns the position."""
        with self._views.snapshot() as checkpoint:
            if not names:
                return checkpoint
            with Draft(self._generations) as draft:
                digests = self._put(draft, names)
                draft.seal()
                told = [digests[name] for name in digests if name not in draft.failed]
                self._ledger.record(checkpoint, dict(ChainMap(*told)), self._settings)
                draft.publish()
            work.add(draft, names)
        self._views.clean([n for n in names if n not in work.failed], checkpoint=checkpoint)
        return checkpoint

    def _changed(self) -> tuple[str, ...]:
        """Asked while the lock is held: no row is there whose file is not written yet."""
        since, self._seen = self._seen, self._ledger.last
        return tuple(self._ledger.files_after(since))

    def _put(self, draft: Draft, names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Put feeds, and the lists of all, into the draft; the digest of each file, by feed."""
        digests = {}
        for name in self.outputs.names_touched(names):
            if self._stopping.is_set():
                raise Unavailable("Publishing was stopped; what is left is written next time.")
            files, possible = self.outputs.files_of(name), _possible(name)
            if files:
                draft.put(name, files, self._stamp(), possible=possible)
            else:
                draft.drop(name, possible)
            gone = {*possible, *draft.gone(name)}
            digests[name] = dict.fromkeys(sorted(gone), REMOVED) | {
                file: digest_of(content) for file, content in files.items()
            }
        return digests

    def _stamp(self) -> float:
        """When what is published now was recorded: what `If-Modified-Since` is answered by."""
        modified = self._views.recorded_at
        return modified.timestamp() if modified else 0.0


def _with_pages(names: Collection[str]) -> list[str]:
    """Names, with that of the feed that leads to the sealed pages where one of them may change."""
    pages = any(marked(name) for name in names)
    return [*names, *([ARCHIVED] if pages and ARCHIVED not in names else [])]


def _possible(name: str) -> tuple[str, ...]:
    """The files that a feed or list of this name may have; none where it is no name for a feed."""
    return possible_files(name) if is_list(name) or nameable(name) else ()


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run has come to so far."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, OSError] = field(default_factory=dict)

    def add(self, draft: Draft, names: Sequence[str]) -> None:
        self.written.extend(draft.written)
        self.removed.extend(draft.removed)
        for name, error in draft.failed.items():
            # A list belongs to no feed: one of these stays marked, so that the next run comes here.
            self.failed[names[0] if is_list(name) else name] = error
            if number_of(name) is not None:
                self.failed.update({one: error for one in names if marked(one)})


def publisher_of(
    home: Home, views: Views, settings: Callable[[], Settings], ledger: Ledger
) -> Publisher:
    """The publisher of a newsroom's own `feeds/`."""
    return Publisher(views, settings, home.feeds, home.lock, ledger)
