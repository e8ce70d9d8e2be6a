"""While the outputs may be behind the log, nothing of them is served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from feedstream.bootstrap import App, open_app
from feedstream.domain import commands as c
from feedstream.errors import Integrity, Unavailable
from feedstream.live import Follower
from feedstream.web.app import create_app
from tests.web.site import make_home, order, publish

SITE = ("/", "/stories/pilot", "/stories/pilot/history", "/feeds/", "/feeds/stories.rss", "/live")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A newsroom whose log has a kill that neither read model nor feeds know of yet."""
    async with open_app(make_home(tmp_path / "home")) as app:
        story = await publish(app, "Pilot named in error", slug="pilot")
        await app.settle()
        await order(app, c.KillStory, story, reason="It named a private person.")
        yield app


async def ask(app: App, follower: Follower, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(app, follower))
    async with httpx.AsyncClient(transport=transport, base_url="http://post.example") as http:
        return await http.get(path)


@pytest.mark.parametrize("path", SITE)
async def test_what_was_killed_meanwhile_is_not_shown(app: App, path: str) -> None:
    follower = Follower(app.log, app.views, app.publisher)
    answer = await ask(app, follower, path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["cache-control"] == "no-store"
    assert "Pilot named" not in answer.text
    await follower._settle()
    if path != "/live":
        answer = await ask(app, follower, path)
        assert answer.status_code == (410 if path.startswith("/stories/") else 200)
        assert "Pilot named" not in answer.text


async def test_health_and_style_are_there_from_the_start(app: App) -> None:
    follower = Follower(app.log, app.views, app.publisher)
    assert (await ask(app, follower, "/healthz")).status_code == 200
    assert (await ask(app, follower, "/readyz")).json()["status"] == "failing"
    assert (await ask(app, follower, "/static/site.css")).status_code == 200


@pytest.mark.parametrize(("error", "status"), [(Unavailable, 503), (Integrity, 200)])
async def test_only_a_damaged_log_leaves_what_is_published_standing(
    app: App, error: type[Exception], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(app.log, app.views, app.publisher)

    def failing() -> None:
        raise error("The log is as it is.")

    monkeypatch.setattr(app.publisher, "run", failing)
    task = asyncio.create_task(follower.run())
    while not follower.trouble:
        await asyncio.sleep(0.01)
    assert (await ask(app, follower, "/")).status_code == status
    task.cancel()
    await asyncio.wait([task])


async def test_a_feed_that_could_not_be_written_is_not_served_as_it_was(app: App) -> None:
    (app.home.feeds / "updates.atom").unlink()
    (app.home.feeds / "updates.atom").mkdir()
    follower = Follower(app.log, app.views, app.publisher)
    task = asyncio.create_task(follower.run())
    while not follower.failed:
        await asyncio.sleep(0.01)
    assert (await ask(app, follower, "/feeds/updates.rss")).status_code == 503
    assert (await ask(app, follower, "/feeds/stories.rss")).status_code == 200
    assert (await ask(app, follower, "/readyz")).status_code == 503
    (app.home.feeds / "updates.atom").rmdir()
    while follower.failed:
        await asyncio.sleep(0.01)
    assert (await ask(app, follower, "/feeds/updates.rss")).status_code == 200
    task.cancel()
    await asyncio.wait([task])
