"""The versions of published files that are in memory, ready to be sent."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from feedstream.projections.ledger import Ledger
from feedstream.publish.codings import packed, unpacked
from feedstream.publish.reading import PublishedFile, identity_of, read_published
from feedstream.web.codings import IDENTITY
from feedstream.web.tags import Tag

KEPT = 64 * 1024 * 1024  # bytes of files in memory, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a published file: its bytes, its entity tag, when it last changed (UTC, whole
    seconds), and what tells it from any other (`publish.reading`)."""

    file: str
    body: bytes
    tag: Tag
    modified: datetime
    identity: tuple[int, ...]
    _found: Mapping[str, bytes]
    _packed: dict[str, bytes] = field(default_factory=dict)

    def at_hand(self, coding: str) -> bytes | None:
        """Its bytes in a coding, where nothing is left to do for that."""
        return self.body if coding == IDENTITY else self._packed.get(coding)

    def coded(self, coding: str) -> bytes:
        """Its bytes in a coding: as they were published, or packed now, once."""
        if (ready := self.at_hand(coding)) is not None:
            return ready
        found = self._found.get(coding)
        if found is None or not _holds(found, coding, self.body):
            found = packed(self.body)[coding]
        return self._packed.setdefault(coding, found)


class Versions:
    """The files of a folder, each read again only after it was replaced. For any thread."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._known: OrderedDict[str, Version] = OrderedDict()
        self._size = 0
        self._guard = Lock()

    def at_hand(self, file: str) -> Version | None:
        """The file as it stands, where it is in memory already: one look at the disk, no more."""
        known = self._known.get(file)
        if known is None or known.identity != identity_of(self._folder, file):
            return None
        return known

    def load(self, file: str) -> Version | None:
        """The file as it stands; None where there is none."""
        if known := self.at_hand(file):
            return known
        found = read_published(self._folder, file)
        version = self._version(file, found) if found else None
        self._keep(file, version)
        return version

    def forget(self, files: Iterable[str]) -> None:
        """Keep none of these in memory: they were replaced, perhaps because of what they hold."""
        for file in files:
            self._keep(file, None)

    def _version(self, file: str, found: PublishedFile) -> Version:
        digest = hashlib.sha256(found.body).hexdigest()
        row = self._ledger.row_of(file, digest)
        return Version(
            file=file,
            body=found.body,
            tag=Tag.of(row.position, row.settings, digest) if row else Tag.unrecorded(digest),
            modified=found.modified,
            identity=found.identity,
            _found=found.packed,
        )

    def _keep(self, file: str, version: Version | None) -> None:
        with self._guard:
            if old := self._known.pop(file, None):
                self._size -= len(old.body)
            if version is None:
                return
            self._known[file] = version
            self._size += len(version.body)
            while self._size > KEPT and len(self._known) > 1:
                _, old = self._known.popitem(last=False)
                self._size -= len(old.body)


def _holds(found: bytes, coding: str, body: bytes) -> bool:
    """A validator must never stand for the bytes of another version."""
    try:
        return unpacked(found, coding) == body
    except ValueError:
        return False
