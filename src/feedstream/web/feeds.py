"""Published files over HTTP, with the validators and codings of RFC 9110."""

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feedstream.errors import Unavailable
from feedstream.projections.views import Views
from feedstream.publish import FEED_NAME
from feedstream.web.conditional import accepts_gzip, not_modified
from feedstream.web.shown import check_shown

TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
}
_NAME = re.compile(FEED_NAME.pattern + r"\.(?:rss|atom|json|opml)")
OUTDATED = "This feed can't be brought up to date at the moment: try again soon."
UNKNOWN = "There is no such feed; /feeds/ lists them all."
KEPT = 500  # files in memory
CACHE = "public, max-age=30, stale-while-revalidate=60"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A file as it is sent: its bytes in both codings, their digest, when they last changed."""

    body: bytes
    packed: bytes
    digest: str
    modified: datetime


class FeedFiles:
    """Answers `/feeds/…` from the published folder; nothing else is reachable through it."""

    def __init__(
        self, folder: Path, views: Views, failed: Callable[[], Container[str]] = tuple
    ) -> None:
        self._failed = failed
        self._folder = folder
        self._views = views
        self._ready: dict[str, tuple[tuple[int, ...], Ready]] = {}

    def serve(self, request: Request) -> Response:
        """One feed: 200, 304, 404, or 410 (451) where its story was killed, 503 where its
        file could not be written: what it holds may have been taken back since."""
        name = request.path_params["name"]
        if not _NAME.fullmatch(name):
            raise HTTPException(404, UNKNOWN)
        if name.startswith("story/"):
            # Asked before the file is looked for: a kill counts before the publisher's next run.
            check_shown(self._views.story(name[len("story/") :].rpartition(".")[0]), UNKNOWN)
        if name.rpartition(".")[0] in self._failed():
            raise Unavailable(OUTDATED)
        file = self._load(name)
        if file is None:
            raise HTTPException(404, UNKNOWN)
        return _answer(request, name, file)

    def _load(self, name: str) -> Ready | None:
        """The file's bytes, read again only after it was replaced."""
        path = self._folder / name
        try:
            with path.open("rb") as handle:
                status = os.fstat(handle.fileno())
                # The change time as well: one second may see two files of the same size.
                identity = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
                known = self._ready.get(name)
                if known and known[0] == identity:
                    return known[1]
                body = handle.read()
        except (OSError, ValueError):
            self._ready.pop(name, None)
            return None
        ready = Ready(
            body=body,
            packed=_packed(path.with_name(f"{path.name}.gz"), body),
            digest=hashlib.sha256(body).hexdigest(),
            modified=datetime.fromtimestamp(int(status.st_mtime), UTC),
        )
        if len(self._ready) >= KEPT:
            self._ready.clear()
        self._ready[name] = (identity, ready)
        return ready


def _packed(path: Path, body: bytes) -> bytes:
    """The published sibling, unless it holds another version: the two files are replaced one after
    the other, and a validator must never stand for the bytes of another version."""
    try:
        packed = path.read_bytes()
        if gzip.decompress(packed) == body:
            return packed
    except (OSError, EOFError, zlib.error):
        pass
    return gzip.compress(body, 6, mtime=0)


def _answer(request: Request, name: str, file: Ready) -> Response:
    zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{file.digest}-gz"' if zipped else f'"{file.digest}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(file.modified, usegmt=True),
        "Cache-Control": CACHE,
        "Vary": "Accept-Encoding",
    }
    if not_modified(request.headers, tag, file.modified):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = TYPES[Path(name).suffix]
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(file.packed if zipped else file.body, headers=headers)
