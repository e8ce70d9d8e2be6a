"""A newsroom in an empty folder, and random histories of one."""

import errno
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from feedstream.bootstrap import App, open_app
from feedstream.config import Feeds, Settings, Site
from feedstream.domain import commands as c
from feedstream.domain.events import FeedChanged, FeedDefined, FeedRemoved, StoryMergedInto
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream, story_stream, wire_item_id
from feedstream.domain.wire import Source, WireItem
from feedstream.errors import FeedstreamError, Unavailable
from feedstream.publish.files import SUFFIXES
from feedstream.publish.generations import Generations
from feedstream.publish.places import GENERATIONS
from tests.cli.conftest import bare, cli, home
from tests.walk.conftest import SETTINGS, TickingClock

__all__ = ["bare", "cli", "home"]  # fixtures of the command line's tests
OTHER_SETTINGS = Settings(
    site=Site(title="The Harbour Post, Evening", base_url="https://post.example.org", author="Ana"),
    feeds=Feeds(window=2, ttl=30),
)
SOURCE = Source(
    name="baltic", url="https://wire.example.org/rss", credit="Baltic", policy="publish"
)
GUIDS = ("1", "2")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    home = tmp_path / "newsroom"
    async with opened(home) as app:
        yield app


def make_home(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "feedstream.toml").touch()


@asynccontextmanager
async def opened(
    home: Path, settings: Settings = SETTINGS, clock: TickingClock | None = None
) -> AsyncIterator[App]:
    make_home(home)
    async with open_app(home, settings=settings, clock=clock or TickingClock()) as app:
        yield app


async def publish(app: App, headline: str = "Harbour bridge closes", **fields: object) -> str:
    command = app.newsroom.begin(headline=headline, body="<p>Shut since dawn.</p>", **fields)
    return (await app.newsroom.execute(command, actor="editor")).story.id


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in SUFFIXES.values() and GENERATIONS not in path.parts
    }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def cut_off(app: App) -> None:
    """Publish as a publisher that dies between its rows in the ledger and the files."""
    dying = patch.object(Generations, "switch", side_effect=OSError(errno.EIO, "cut off"))
    with dying, suppress(Unavailable):
        app.publisher.run()


STORY_ACTS = (
    *("update", "edit", "minor edit", "tag", "correct", "retract", "reinstate", "kill", "embargo"),
    *("lift", "slug", "close", "withdraw", "redate", "merge"),
)
OTHER_ACTS = ("wire", "wire withdrawn", "detach", "define", "redefine", "undefine")
RUNS = ("publish", "publish elsewhere", "cut off", "other settings")
ACTS = (*STORY_ACTS, *OTHER_ACTS, *RUNS)


class History:
    """A newsroom to which one thing after the other happens; what the rules refuse does not."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = TickingClock()
        self.settings = SETTINGS
        self.stories: list[str] = []
        self.published: dict[int, dict[str, bytes]] = {}

    async def begin(self) -> None:
        async with opened(self.home, self.settings, self.clock) as app:
            for number in range(2):
                tags = ("t0", f"only{number}")
                self.stories.append(await publish(app, f"Story {number}", slug="s0", tags=tags))

    async def act(self, kind: str, which: int) -> None:
        if kind == "other settings":
            self.settings = OTHER_SETTINGS if self.settings is SETTINGS else SETTINGS
        async with opened(self.home, self.settings, self.clock) as app:
            await app.catch_up()
            try:
                await self._act(app, kind, which)
            except FeedstreamError:
                return

    async def _act(self, app: App, kind: str, which: int) -> None:
        if kind in STORY_ACTS:
            await self._on_story(app, kind, self.stories[which])
        elif kind in OTHER_ACTS:
            await self._on_site(app, kind, which)
        elif kind == "cut off":
            cut_off(app)
        elif kind.startswith("publish"):
            await self.publish(app)

    async def publish(self, app: App) -> None:
        await app.settle()
        self.published[app.views.checkpoint] = tree(app.home.feeds)

    async def _on_story(self, app: App, kind: str, story: str) -> None:
        room, at = app.newsroom, self.clock()
        if kind == "merge":
            event = StoryMergedInto(target=self.stories[0])
            proposed = room.envelope(event, story_stream(story), effective=at, actor="editor")
            await app.log.append([proposed])
            return
        updates = (await room.load(story)).updates
        last = updates[-1].id if updates else "none"
        command = {
            "update": lambda: room.update(story, headline="News", body="<p>n</p>"),
            "edit": lambda: c.EditStory(story=story, at=at, body=f"<p>{at}</p>"),
            "minor edit": lambda: c.EditStory(story=story, at=at, headline=f"S {at}", minor=True),
            "tag": lambda: c.TagStory(
                story=story, at=at, add=(f"t{at.second % 3}",), remove=("t0",)
            ),
            "correct": lambda: room.correction(story, was="a", now="b", why="c"),
            "retract": lambda: room.retraction(story, reason="It never happened."),
            "reinstate": lambda: c.ReinstateStory(story=story, at=at, reason="It did."),
            "kill": lambda: c.KillStory(story=story, at=at, reason="Safety."),
            "embargo": lambda: c.EmbargoStory(story=story, at=at, until=at + timedelta(days=1)),
            "lift": lambda: c.LiftEmbargo(story=story, at=at, reason="Now."),
            "slug": lambda: c.ChangeSlug(story=story, at=at, slug=f"s{at.second % 4}"),
            "close": lambda: c.CloseStory(story=story, at=at),
            "withdraw": lambda: c.WithdrawUpdate(story=story, at=at, update=last, reason="Wrong."),
            "redate": lambda: c.EditUpdate(story=story, at=at, update=last, dated=at.date()),
        }[kind]()
        await room.execute(command, actor="editor")

    async def _on_site(self, app: App, kind: str, which: int) -> None:
        item = WireItem(
            source="baltic", guid=GUIDS[which], headline="Ice", body=f"<p>{self.clock()}"
        )
        front = FeedDefinition(name="front", title="Front", tag="t1", window=1 + which)
        events = {
            "define": FeedDefined(feed=front),
            "redefine": FeedChanged(feed=replace(front, title=f"Front {which}")),
            "undefine": FeedRemoved(name="front"),
        }
        if kind in events:
            proposed = app.newsroom.envelope(
                events[kind], feed_stream("front"), effective=self.clock(), actor="editor"
            )
            await app.log.append([proposed])
        elif kind == "detach":
            item_id = wire_item_id("baltic", GUIDS[which])
            await app.ingest.detach(item_id, reason="Not ours.", actor="editor")
        else:
            status = "canceled" if kind == "wire withdrawn" else "usable"
            source = replace(SOURCE, policy="attach" if which else "publish")
            await app.ingest.deliver(source, [replace(item, status=status)])
