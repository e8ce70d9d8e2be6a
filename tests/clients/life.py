"""A newsroom that is served over HTTP while one story goes through all of its life."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from feedstream.bootstrap import App
from feedstream.domain import commands as c
from feedstream.domain.media import Media
from tests.web import site

FEEDS = ("stories", "updates", "corrections")
STAGES = ("publication", "update", "correction", "retraction", "kill")
PICTURE = Media(url="https://pictures.example/bridge.jpg", type="image/jpeg", length=1234)


@dataclass(slots=True)
class Life:
    """The served newsroom, and the story in it once that is published."""

    home: Path
    address: str
    story: str = ""
    update: str = ""

    def feed(self, name: str, fmt: str) -> str:
        return f"{self.address}/feeds/{name}.{fmt}"

    def live(self, stage: str) -> None:
        """Let one thing happen, and wait until all feeds that it concerns are served."""
        head = site.at_desk(self.home, getattr(self, f"_{stage}"))
        site.wait_for(
            lambda: httpx.get(f"{self.address}/readyz").json()["published"],
            lambda published: published >= head,
            seconds=20,
        )

    async def _publication(self, app: App) -> int:
        self.story = await site.publish(
            app, "Harbour bridge closes", tags=("bridges",), media=(PICTURE,), effective=None
        )
        return await _head(app)

    async def _update(self, app: App) -> int:
        self.update = await site.update(app, self.story, "Divers go down")
        return await _head(app)

    async def _correction(self, app: App) -> int:
        """Of the update: the opening report stays as it was."""
        command = app.newsroom.correction(
            self.story, was="two", now="three", why="A miscount.", update=self.update
        )
        await app.newsroom.execute(command, actor="desk")
        return await _head(app)

    async def _retraction(self, app: App) -> int:
        command = app.newsroom.retraction(self.story, reason="The bridge never closed.")
        await app.newsroom.execute(command, actor="desk")
        return await _head(app)

    async def _kill(self, app: App) -> int:
        await site.order(app, c.KillStory, self.story, reason="It named a private person.")
        return await _head(app)


async def _head(app: App) -> int:
    return (await app.log.head()).position


async def _other(app: App) -> None:
    """A story to which nothing happens, so that no feed of stories is ever empty."""
    await site.publish(app, "Ferry resumes")


@contextmanager
def served(place: Path) -> Iterator[Life]:
    """A newsroom in that folder, and a server of it on a free port."""
    home = site.make_home(place)
    site.at_desk(home, _other)
    with site.running(home) as address:
        yield Life(home, address)
