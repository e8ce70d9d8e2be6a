"""The ASGI application and its routes."""

from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from feedstream.bootstrap import App
from feedstream.live import Follower
from feedstream.publish import Published
from feedstream.web import problems
from feedstream.web.delta import Deltas
from feedstream.web.endpoint import FeedEndpoint
from feedstream.web.fast import FastFeeds
from feedstream.web.feeds import FeedFiles
from feedstream.web.gate import Gate, is_open
from feedstream.web.headers import SecurityHeaders
from feedstream.web.health import Health
from feedstream.web.hub import HubRequests
from feedstream.web.live import LiveStream
from feedstream.web.pages import STATIC, Pages
from feedstream.web.past import PastPages
from feedstream.web.proofs import Proofs
from feedstream.web.versions import Versions


def create_app(app: App, follower: Follower) -> Starlette:
    """The site of one newsroom.

    `state.live` of the result is its `LiveStream`: close it before stopping a server, which waits
    for open connections. `state.fast` is what `protocol_for` takes.
    """
    pages = Pages(app.views, app.settings.site)
    versions, deltas = Versions(app.home.feeds, app.ledger), Deltas(app)
    files = FeedFiles(versions, app.views, app.ledger, lambda: follower.failed)
    past = PastPages(app, pages, FeedEndpoint(files, deltas, app.settings))
    fast = FastFeeds(files, versions, app.settings, is_open=lambda: is_open(follower))
    for cache in (fast, versions, deltas):
        follower.listen(partial(_forget, cache))
    health = Health(app.log, follower, app.checkpoints)
    live = LiveStream(follower)
    site = Starlette(
        routes=[
            Route("/", past.index),
            Route("/stories/{slug}", past.story),
            Route("/stories/{slug}/history", pages.history),
            Route("/feeds", pages.feeds),
            Route("/feeds/", pages.feeds),
            Route("/feeds/{name:path}", past.feed),
            Route("/live", live.serve),
            *Proofs(app.log, app.home.feeds).routes(),
            *HubRequests(app.push).routes(),
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
    site.state.fast = fast
    return site


def _forget(cache: FastFeeds | Versions | Deltas, published: Published) -> None:
    cache.forget(published.changed)
