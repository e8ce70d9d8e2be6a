"""`?at=`: a story or a feed as it stood at a position, an instant or a day; for the public.

Nothing that was taken back since is shown again: see `asof.as_public`.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feedstream.asof import Past, as_public, parse_moment, point_of
from feedstream.bootstrap import App
from feedstream.domain.story import Story
from feedstream.publish import FEED_NAME, Outputs
from feedstream.web.conditional import not_modified
from feedstream.web.feeds import CACHE, TYPES, UNKNOWN, FeedFiles
from feedstream.web.pages import Pages

NOT_THEN = "This story was not public then."
Endpoint = Callable[[Request], Awaitable[Response]]


class PastPages:
    """The endpoints that take `at`; without it they answer as `Pages` and `FeedFiles` do."""

    def __init__(self, app: App, pages: Pages, feeds: FeedFiles) -> None:
        self._app = app
        self._pages = pages
        self._feeds = feeds
        self._outputs = Outputs(app.views, app.settings.site, app.settings.feeds)

    async def story(self, request: Request) -> Response:
        """A story as it stands, or stood."""
        if "at" not in request.query_params:
            return await run_in_threadpool(self._pages.story, request)
        present = await run_in_threadpool(self._pages.find, request.path_params["slug"])
        past = await self._past(request)
        then = await past.story(present.story.id)
        story = as_public(then.story, present.story)
        if story is None:
            raise HTTPException(404, NOT_THEN)
        return await run_in_threadpool(
            lambda: self._pages.past(request, story, present, past.point)
        )

    async def feed(self, request: Request) -> Response:
        """A feed as it is published, or was."""
        name, _, ending = request.path_params["name"].rpartition(".")
        if "at" not in request.query_params or f".{ending}" not in TYPES:
            return await run_in_threadpool(self._feeds.serve, request)
        if not FEED_NAME.fullmatch(name):
            raise HTTPException(404, UNKNOWN)
        if await run_in_threadpool(self._app.views.feed, name) is None:
            # A feed that is gone has a title that may be what must not be seen.
            return await run_in_threadpool(self._feeds.serve, request)
        past = await self._past(request)
        body = await past.feed(name, ending, self._outputs, self._shown)
        tag = f'"{sha256(body).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": CACHE, "X-Robots-Tag": "noindex"}
        if not_modified(request.headers, tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers={**headers, "Content-Type": TYPES[f".{ending}"]})

    async def _past(self, request: Request) -> Past:
        moment = parse_moment(request.query_params["at"])
        point = await point_of(self._app.log, moment, self._app.settings.site)
        return Past(self._app.log, self._app.views, point)

    def _shown(self, then: Story) -> Story | None:
        row = self._app.views.story(then.id)
        return as_public(then, row.story if row else None)
