"""Deltas of feeds (RFC 3229, instance manipulation `feed`): only the entries that a reader lacks.

A reader says by an entity tag which version it has. Where the publish ledger has that version, the
delta is the present document without the entries that stood in it byte for byte. What stood there
is known because the version was in memory once, or is rendered again from the log; bytes that are
not those the ledger noted count for nothing, and the reader gets the whole document.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from starlette.datastructures import Headers
from starlette.responses import Response

from feedstream.asof import Past, point_of
from feedstream.bootstrap import App
from feedstream.errors import FeedstreamError
from feedstream.projections.ledger import LedgerRow
from feedstream.publish import digest_of
from feedstream.publish.codings import packed
from feedstream.web.codings import IDENTITY, choose
from feedstream.web.cutting import entry_digests, without_entries
from feedstream.web.feeds import described, feed_of, validators
from feedstream.web.issued import row_issued
from feedstream.web.media import FEEDS, is_sealed
from feedstream.web.tags import Tag, listed, parse_tag
from feedstream.web.versions import Version

V = TypeVar("V")
LOOKED_AT = 4  # tags of one request
BASES = 500  # versions whose entries are remembered by their digests
DELTAS = 100  # deltas kept for the next reader
_NOTHING: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What changed in a file since the version `base`."""

    base: Tag
    body: bytes


class Deltas:
    """Makes deltas, with bounds to the memory and the work that this takes: versions are rendered
    again one at a time, and meanwhile others get the whole document."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._bases: _Recent[frozenset[bytes]] = _Recent(BASES)
        self._made: _Recent[bytes] = _Recent(DELTAS)
        self._rendering = False

    def forget(self, files: Iterable[str]) -> None:
        """Keep no bytes of these files: they were replaced, perhaps because of what they hold."""
        self._made.drop(set(files))

    async def answer(self, version: Version, headers: Headers, link: str) -> Response | None:
        """226 to a GET or HEAD with these headers; None where the whole document is the answer."""
        coding = choose(headers.get("accept-encoding"))
        found = await self._find(version, listed(headers.get("if-none-match", "")))
        if found is None or coding is None:
            return None
        told = {
            **validators(version, version.tag.text(coding)),
            # Caches go by Vary, which knows nothing of the base: they must not keep this.
            "Cache-Control": "no-store",
            "IM": "feed",
            "Delta-Base": found.base.text(),
            **described(version.file, coding, link),
        }
        return Response(await asyncio.to_thread(_coded, found.body, coding), 226, told)

    async def _find(self, version: Version, tags: Sequence[str]) -> Delta | None:
        if not version.file.endswith(tuple(FEEDS)) or is_sealed(version.file):
            return None
        await asyncio.to_thread(self._remember, version.file, version.tag.body, version.body)
        row = await asyncio.to_thread(self._base, version.file, tags[:LOOKED_AT])
        if row is None:
            return None
        base = Tag.of(row.position, row.settings, row.digest)
        body = await self._between(version, base, row)
        return Delta(base=base, body=body) if body and len(body) < len(version.body) else None

    def _base(self, file: str, tags: Iterable[str]) -> LedgerRow | None:
        found = (row_issued(self._app.ledger, file, tag) for tag in map(parse_tag, tags) if tag)
        return next((row for row in found if row), None)

    async def _between(self, version: Version, base: Tag, row: LedgerRow) -> bytes | None:
        key = version.file, f"{base.body} {version.tag.body}"
        if (made := self._made.get(key)) is not None:
            return made
        known = await self._entries(row, base)
        if not known:
            return None
        made = await asyncio.to_thread(without_entries, version.file, version.body, known)
        self._made.put(key, made)
        return made

    async def _entries(self, row: LedgerRow, base: Tag) -> frozenset[bytes]:
        """The digests of the entries of an earlier version; none where they can't be had now."""
        known = self._bases.get((row.file, base.body))
        if known is not None or self._rendering:
            return known or _NOTHING
        self._rendering = True
        try:
            body = await self._rendered(row)
        finally:
            self._rendering = False
        return await asyncio.to_thread(self._remember, row.file, base.body, body)

    def _remember(self, file: str, digest: str, body: bytes | None) -> frozenset[bytes]:
        known = self._bases.get((file, digest))
        if known is None:
            known = _NOTHING if body is None else entry_digests(file, body)
            self._bases.put((file, digest), known)
        return known

    async def _rendered(self, row: LedgerRow) -> bytes | None:
        """A version from the log; None where what comes out is not what was published."""
        app, (_, _, ending) = self._app, row.file.rpartition(".")
        try:
            point = await point_of(app.log, row.position, app.settings.site)
            past = Past(app.log, app.views, point)
            body = await past.feed(
                feed_of(row.file), ending, app.publisher.outputs, lambda story: story
            )
        except FeedstreamError:
            return None
        return body if digest_of(body) == row.digest else None


def _coded(body: bytes, coding: str) -> bytes:
    return body if coding == IDENTITY else packed(body)[coding]


class _Recent(Generic[V]):
    """At most so many values by file and version: those last asked for. For any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str], V] = OrderedDict()
        self._guard = Lock()

    def get(self, key: tuple[str, str]) -> V | None:
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[str, str], value: V) -> None:
        with self._guard:
            self._kept[key] = value
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)

    def drop(self, files: Container[str]) -> None:
        with self._guard:
            for key in [key for key in self._kept if key[0] in files]:
                del self._kept[key]
