"""`?at=`: a story or a feed as it stood at a position, an instant or a day; for the public.

Nothing that was taken back since is shown again: see `asof.as_public`.
"""

from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feedstream.asof import Past, as_public, parse_moment, point_of
from feedstream.bootstrap import App
from feedstream.domain.story import Story
from feedstream.errors import Invalid
from feedstream.publish import FEED_NAME
from feedstream.web.conditional import not_modified
from feedstream.web.endpoint import FeedEndpoint
from feedstream.web.feeds import CACHE, UNKNOWN, combined
from feedstream.web.media import FEEDS, is_name, media_type
from feedstream.web.pages import Pages

NOT_THEN = "This story was not public then."
NO_PAST = (
    "Only a story and a feed can be had as they stood: ask for /stories/<slug>?at=…, or for a"
    " feed's .rss, .atom or .json with ?at=…."
)


class PastPages:
    """The endpoints that take `at`; without it they answer as `Pages` and `FeedEndpoint` do."""

    def __init__(self, app: App, pages: Pages, feeds: FeedEndpoint) -> None:
        self._app = app
        self._pages = pages
        self._feeds = feeds

    async def index(self, request: Request) -> Response:
        """The front page, which has no past of its own. Raises `Invalid` where one is asked for."""
        if "at" in request.query_params:
            raise Invalid(NO_PAST)
        return await run_in_threadpool(self._pages.index, request)

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
        file = request.path_params["name"]
        if "at" not in request.query_params:
            return await self._feeds.serve(request)
        name, _, ending = file.rpartition(".")
        if not FEED_NAME.fullmatch(name) or f".{ending}" not in FEEDS:
            raise Invalid(NO_PAST) if is_name(file) else HTTPException(404, UNKNOWN)
        if await run_in_threadpool(self._app.views.feed, name) is None:
            # A feed that is gone has a title that may be what must not be seen.
            return await self._feeds.serve(request)
        past = await self._past(request)
        body = await past.feed(name, ending, self._app.publisher.outputs, self._shown)
        tag = f'"{sha256(body).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": CACHE, "X-Robots-Tag": "noindex"}
        if not_modified(combined(request.headers), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers={**headers, "Content-Type": media_type(file)})

    async def _past(self, request: Request) -> Past:
        moment = parse_moment(request.query_params["at"])
        point = await point_of(self._app.log, moment, self._app.settings.site)
        return Past(self._app.log, self._app.views, point)

    def _shown(self, then: Story) -> Story | None:
        row = self._app.views.story(then.id)
        return as_public(then, row.story if row else None)
