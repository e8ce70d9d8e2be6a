"""The ASGI application and its routes."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from feedstream.bootstrap import App
from feedstream.live import Follower
from feedstream.web import problems
from feedstream.web.feeds import FeedFiles
from feedstream.web.gate import Gate
from feedstream.web.headers import SecurityHeaders
from feedstream.web.health import Health
from feedstream.web.live import LiveStream
from feedstream.web.pages import STATIC, Pages
from feedstream.web.past import PastPages
from feedstream.web.proofs import Proofs


def create_app(app: App, follower: Follower) -> Starlette:
    """The site of one newsroom.

    `state.live` of the result is its `LiveStream`: close it before stopping a server, which waits
    for open connections.
    """
    pages = Pages(app.views, app.settings.site)
    feeds = FeedFiles(app.home.feeds, app.views, lambda: follower.failed)
    past = PastPages(app, pages, feeds)
    health = Health(app.log, follower, app.checkpoints)
    live = LiveStream(follower)
    site = Starlette(
        routes=[
            Route("/", pages.index),
            Route("/stories/{slug}", past.story),
            Route("/stories/{slug}/history", pages.history),
            Route("/feeds", pages.feeds),
            Route("/feeds/", pages.feeds),
            Route("/feeds/{name:path}", past.feed),
            Route("/live", live.serve),
            *Proofs(app.log, app.home.feeds).routes(),
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Gate, follower=follower, pages=pages),
        ],
        exception_handlers=problems.handlers(pages),
    )
    site.state.live = live
    return site
