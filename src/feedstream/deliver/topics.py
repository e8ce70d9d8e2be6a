"""Topics are the addresses of published files, and what they hold is the published bytes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import httpx

from feedstream.errors import FeedstreamError, NotFound
from feedstream.eventlog.base import EventLog
from feedstream.projections.ledger import REMOVED, WITHHELD, Ledger
from feedstream.projections.views import Views
from feedstream.publish import digest_of, feed_of_file, is_list, page_of_file
from feedstream.publish.reading import read_published

ARCHIVE = "archive/"  # sealed documents (RFC 5005 §4), named after what they hold
UNKNOWN = "“hub.topic” is no feed of this site: give the rel=“self” address of one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a topic holds: the published bytes and their SHA-256 (hex). None in it: it is gone."""

    body: bytes | None
    digest: str


def is_topic(file: str) -> bool:
    """Whether a published file may change, so that it is worth a subscription."""
    return bool(file) and not file.startswith((ARCHIVE, WITHHELD))


def topic_of(file: str, base_url: str) -> str:
    """The canonical address of a feed's file."""
    return f"{base_url}/feeds/{file}"


def file_of(topic: str, base_url: str) -> str:
    """The file that a topic is the address of; empty where it is none of this site.

    Percent-encoded characters count as what they stand for (§5.1.1).
    """
    try:
        asked, base = httpx.URL(topic), httpx.URL(f"{base_url}/feeds/")
    except (httpx.InvalidURL, ValueError):
        return ""
    if _origin(asked) != _origin(base) or asked.query or asked.fragment or asked.userinfo:
        return ""
    path, root = unquote(asked.path), unquote(base.path)
    return path.removeprefix(root) if path.startswith(root) else ""


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class Topics:
    """The feeds of a newsroom as topics: which there are, and what each holds now."""

    def __init__(self, *, folder: Path, ledger: Ledger, views: Views, log: EventLog) -> None:
        self._folder = folder
        self._ledger = ledger
        self._views = views
        self._log = log

    def check(self, topic: str, base_url: str) -> str:
        """The file of a topic. Raises `NotFound` for what this site does not publish."""
        file = file_of(topic, base_url)
        if not is_topic(file) or self.is_gone(file):
            raise NotFound(UNKNOWN)
        return file

    def is_gone(self, file: str) -> bool:
        """Whether a file was taken away, or was never there."""
        return self.digest_of(file) == REMOVED

    def is_left(self, file: str) -> bool:
        """Whether nothing is there of a file any more, neither by the ledger nor on the disk.

        A ledger that was lost knows of no file until it is written again, and denies none.
        """
        return self.is_gone(file) and not (self._folder / file).exists()

    def is_forgotten(self, file: str) -> bool:
        """Whether the ledger has no row of it either: its name was erased."""
        return self.is_left(file) and not self._ledger.positions_of([file])

    def digest_of(self, file: str) -> str:
        """The digest of what a file holds or is about to hold; empty where it is gone."""
        return self._ledger.digest_of(file)

    @property
    def last(self) -> int:
        """The number of the publish ledger's last row."""
        return self._ledger.last

    @property
    def withheld(self) -> int:
        """What grows whenever names of files were erased."""
        return self._ledger.withheld

    def changed_after(self, number: int) -> tuple[int, list[str]]:
        """The ledger's last row, and the files that rows after `number` are about."""
        last = self._ledger.last
        if last < number:  # the ledger was lost and made anew: nothing in it was told yet
            number = 0
        return last, self._ledger.files_after(number) if last != number else []

    async def head(self) -> int:
        """The log's last position."""
        return (await self._log.head()).position

    def content(self, file: str, head: int) -> Content | None:
        """What a topic holds; None as long as it is not what it should be.

        A row of the ledger stands before its file does, and an event before both: what was killed
        at `head` or before must not be sent because its feed was not written yet.
        """
        if not self._is_settled(file, head):
            return None
        noted = self._ledger.digest_of(file)
        if noted == REMOVED:
            return Content(body=None, digest=REMOVED)
        found = read_published(self._folder, file)
        if found is None or digest_of(found.body) != noted:
            return None
        return Content(body=found.body, digest=noted)

    async def still_holds(self, file: str, content: Content) -> bool:
        """Whether a topic still holds `content`, as of the log's head now."""
        try:
            head = await self.head()
        except FeedstreamError:
            return False
        return await asyncio.to_thread(self._holds, file, content, head)

    def _holds(self, file: str, content: Content, head: int) -> bool:
        return self._is_settled(file, head) and self.digest_of(file) == content.digest

    def _is_settled(self, file: str, head: int) -> bool:
        """Whether nothing that is recorded is still to be written into a file."""
        views = self._views
        if views.checkpoint < head or views.stale or self._ledger.renewal:
            return False
        dirty = views.dirty()
        if is_list(file) or page_of_file(file) is not None:  # any feed's change may change it
            return not dirty
        return feed_of_file(file) not in dirty
