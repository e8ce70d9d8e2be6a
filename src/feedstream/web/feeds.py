"""Published files over HTTP, with the validators and codings of RFC 9110."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feedstream.projections.views import Views
from feedstream.web.pages import Pages

TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
}
_NAME = re.compile(r"[a-z0-9]+(?:[-/_][a-z0-9]+)*\.(?:rss|atom|json|opml)")
CACHE = "public, max-age=30, stale-while-revalidate=60"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A file as it is sent: its bytes, their digest, when they last changed."""

    body: bytes
    digest: str
    modified: datetime


class FeedFiles:
    """Answers `/feeds/…` from the published folder; nothing else is reachable through it."""

    def __init__(self, folder: Path, views: Views, pages: Pages) -> None:
        self._folder = folder
        self._views = views
        self._pages = pages
        self._ready: dict[str, tuple[tuple[int, int, int], Ready]] = {}

    async def serve(self, request: Request) -> Response:
        """One feed: 200, 304, 404, or 410 where its story was killed."""
        name = request.path_params["name"]
        if not _NAME.fullmatch(name):
            raise HTTPException(404, "There is no such feed; /feeds/ lists them all.")
        plain = await asyncio.to_thread(self._load, name)
        if plain is None:
            await asyncio.to_thread(self._gone, name)
            raise HTTPException(404, "There is no such feed; /feeds/ lists them all.")
        return await asyncio.to_thread(self._answer, request, name, plain)

    def _answer(self, request: Request, name: str, plain: Ready) -> Response:
        zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
        packed = self._load(f"{name}.gz") if zipped else None
        tag = f'"{plain.digest}-gz"' if packed else f'"{plain.digest}"'
        headers = {
            "ETag": tag,
            "Last-Modified": format_datetime(plain.modified, usegmt=True),
            "Cache-Control": CACHE,
            "Vary": "Accept-Encoding",
        }
        if _not_modified(request, plain):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = TYPES[Path(name).suffix]
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(packed.body if packed else plain.body, headers=headers)

    def _load(self, name: str) -> Ready | None:
        """The file's bytes, read again only after it was replaced."""
        path = self._folder / name
        try:
            status = path.stat()
            identity = (status.st_ino, status.st_mtime_ns, status.st_size)
            known = self._ready.get(name)
            if known and known[0] == identity:
                return known[1]
            body = path.read_bytes()
        except (OSError, ValueError):
            self._ready.pop(name, None)
            return None
        ready = Ready(
            body=body,
            digest=hashlib.sha256(body).hexdigest()[:32],
            modified=datetime.fromtimestamp(int(status.st_mtime), UTC),
        )
        self._ready[name] = (identity, ready)
        return ready

    def _gone(self, name: str) -> None:
        """A story's own feed after a kill says that it is gone for good."""
        kind, _, rest = name.partition("/")
        row = self._views.story(rest.rpartition(".")[0]) if kind == "story" else None
        if row and row.story.killed:
            raise HTTPException(451 if row.story.killed.legal else 410, "This story was removed.")


def accepts_gzip(header: str) -> bool:
    """Whether gzip is preferred or equal to identity (RFC 9110 §12.5.3)."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, _, parameter = part.strip().partition(";")
        value = parameter.strip().removeprefix("q=")
        try:
            weights[coding.strip()] = float(value) if parameter.strip() else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _not_modified(request: Request, plain: Ready) -> bool:
    """If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2); codings share their digest."""
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/").strip('"') for tag in wanted.split(",")}
        return "*" in tags or bool(tags & {plain.digest, f"{plain.digest}-gz"})
    since = request.headers.get("if-modified-since")
    try:
        moment = parsedate_to_datetime(since) if since else None
    except ValueError:
        return False
    if moment is None:
        return False
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return plain.modified <= aware
