"""A newsroom in an empty folder, on the real log, read model and publisher."""

from datetime import UTC, datetime, timedelta

import pytest

from feedstream.bootstrap import open_app
from feedstream.config import Settings, Site

SETTINGS = Settings(site=Site(title="The Harbour Post", base_url="https://post.example.org"))


class TickingClock:
    """Real enough: each look at it is a second later."""

    def __init__(self):
        self.now = datetime(2021, 12, 3, 9, tzinfo=UTC)

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock():
    return TickingClock()


@pytest.fixture
async def app(tmp_path, clock):
    (tmp_path / "feedstream.toml").write_text("")
    async with open_app(tmp_path, settings=SETTINGS, clock=clock) as app:
        yield app


@pytest.fixture
def publish(app):
    async def publish(headline="Harbour bridge closes", **fields):
        command = app.newsroom.begin(headline=headline, body="<p>Shut since dawn.</p>", **fields)
        outcome = await app.newsroom.execute(command, actor="editor")
        return outcome.story

    return publish
