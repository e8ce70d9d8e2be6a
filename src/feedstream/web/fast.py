"""Answers that are ready as bytes: the fast path for plain requests of known feeds.

Only what the application would say is said, byte for byte: the same functions make it. What it
takes some work to answer, or anything out of the ordinary, is left to the application.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from feedstream.config import Settings
from feedstream.web.codings import IDENTITY, choose
from feedstream.web.conditional import not_modified
from feedstream.web.feeds import FeedFiles, combined, link_header, respond
from feedstream.web.headers import RawHeaders, secured
from feedstream.web.plain import Plain, parse_plain
from feedstream.web.versions import Version, Versions

KNOWN = 2000  # requests that are known by their bytes


class Answer:
    """A ready answer: its head without what changes from second to second, and its body."""

    __slots__ = ("_first", "_head", "_rest", "_second", "body", "status")

    def __init__(self, response: Response, *, head_only: bool) -> None:
        self.status = response.status_code
        self.body = b"" if head_only else bytes(response.body)
        phrase = HTTPStatus(self.status).phrase
        self._first = f"HTTP/1.1 {self.status} {phrase}\r\n".encode("ascii")
        self._rest = _lines(secured(response.raw_headers)) + b"\r\n"
        self._second: RawHeaders | None = None
        self._head = b""

    def head(self, defaults: RawHeaders) -> bytes:
        """Status line and headers; `defaults` are uvicorn's, a new list each second."""
        if self._second is not defaults:
            self._second, self._head = defaults, self._first + _lines(defaults) + self._rest
        return self._head


class _File:
    """A file as it was found in this turn of the event loop."""

    __slots__ = ("looked", "name", "version")

    def __init__(self, name: str) -> None:
        self.name = name
        self.version: Version | None = None
        self.looked = False


class _Known:
    """A request that came before, and what it was answered."""

    __slots__ = ("answer", "file", "request", "version")

    def __init__(self, request: Plain, file: _File) -> None:
        self.request = request
        self.file = file
        self.version: Version | None = None
        self.answer: Answer | None = None


class FastFeeds:
    """Finds the ready answer to a request; for the thread of the event loop.

    Whether a file may be served, and whether it was replaced, is asked once in a turn of the loop,
    for all the requests that the turn brought. The feeds of single stories are left to the
    application, which asks the read model whether the story was killed. `answered` counts by
    status.
    """

    def __init__(
        self,
        files: FeedFiles,
        versions: Versions,
        settings: Settings,
        *,
        is_open: Callable[[], bool],
    ) -> None:
        """`is_open` tells whether feeds are served at all."""
        self._feeds = files
        self._versions = versions
        self._settings = settings
        self._is_open = is_open
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._files: dict[str, _File] = {}
        self._looked: list[_File] = []
        self.answered: Counter[int] = Counter()

    def find(self, data: bytes) -> Answer | None:
        """The answer to the request that `data` is; None where the application is to give it."""
        known = self._known.get(data) or self._learn(data)
        if known is None:
            return None
        file = known.file
        if not file.looked:
            self._look(file)
        if known.answer is None or known.version is not file.version:
            known.version, known.answer = file.version, self._answer(known.request, file.version)
        return known.answer

    def forget(self, files: Iterable[str]) -> None:
        """Keep none of these in memory."""
        for name in files:
            if file := self._files.get(name):
                file.version = None
        for known in self._known.values():
            if known.file.version is None:
                known.version = known.answer = None

    def _learn(self, data: bytes) -> _Known | None:
        request = parse_plain(data)
        if request is None or request.file.startswith("story/"):
            return None
        if self._versions.at_hand(request.file) is None:
            return None  # the application reads it first
        file = self._files.setdefault(request.file, _File(request.file))
        known = self._known[data] = _Known(request, file)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return known

    def _look(self, file: _File) -> None:
        served = self._is_open() and not self._feeds.has_failed(file.name)
        file.version = self._versions.at_hand(file.name) if served else None
        file.looked = True
        if not self._looked:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._looked.append(file)

    def _end_turn(self) -> None:
        for file in self._looked:
            file.looked = False
        self._looked.clear()

    def _answer(self, request: Plain, version: Version | None) -> Answer | None:
        if version is None or not _is_ready(request, version):
            return None
        link = link_header(version.file, self._settings)
        try:
            response = respond(version, combined(request.headers), link)
        except HTTPException:
            return None
        return Answer(response, head_only=request.head)


def _is_ready(request: Plain, version: Version) -> bool:
    """Whether nothing has to be packed: that would hold up the event loop."""
    coding = choose(request.headers.get("accept-encoding")) or IDENTITY
    if version.at_hand(coding) is not None:
        return True
    return not_modified(request.headers, version.tag.text(), version.modified)


def _lines(headers: RawHeaders) -> bytes:
    return b"".join(b"%s: %s\r\n" % pair for pair in headers)
