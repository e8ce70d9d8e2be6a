"""`/feeds/…`: the published files as they stand."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from feedstream.config import Settings
from feedstream.web.conditional import not_modified, wants_delta
from feedstream.web.delta import Deltas
from feedstream.web.feeds import FeedFiles, combined, link_header, respond
from feedstream.web.versions import Version


class FeedEndpoint:
    """Answers GET and HEAD with a file, a delta of it, or that it was not modified."""

    def __init__(self, files: FeedFiles, deltas: Deltas, settings: Settings) -> None:
        self._files = files
        self._deltas = deltas
        self._settings = settings

    async def serve(self, request: Request) -> Response:
        """One file; see `FeedFiles.find` for what is raised."""
        version = await run_in_threadpool(self._files.find, request.path_params["name"])
        headers = combined(request.headers)
        link = link_header(version.file, self._settings)
        if _asks_for_delta(version, headers):
            delta = await self._deltas.answer(version, headers, link)
            if delta is not None:
                # That may have taken a while: what was taken back meanwhile is not sent.
                now = await run_in_threadpool(self._files.find, version.file)
                if now.tag == version.tag:
                    return delta
                version = now
        return await run_in_threadpool(respond, version, headers, link)


def _asks_for_delta(version: Version, headers: Headers) -> bool:
    return wants_delta(headers) and not not_modified(headers, version.tag.text(), version.modified)
