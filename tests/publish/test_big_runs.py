"""A run in several steps: no reader is led to what a later one brings."""

from pathlib import Path

import feedparser
import pytest

from feedstream.bootstrap import open_app
from feedstream.config import Feeds, Settings, Site
from feedstream.publish import publisher
from feedstream.publish.generations import Generations
from tests.walk.conftest import TickingClock

SITE = Site(base_url="https://post.example.org")
FEEDS = f"{SITE.base_url}/feeds/"


def archive_named(folder: Path) -> Path | None:
    """The sealed page that the feed of updates names as it stands."""
    if not (folder / "updates.rss").exists():
        return None
    links = feedparser.parse((folder / "updates.rss").read_bytes()).feed.links
    named = [link.href for link in links if link.rel == "prev-archive"]
    return folder / named[0].removeprefix(FEEDS) if named else None


@pytest.mark.parametrize("window", [4, 1000])
async def test_the_feed_of_updates_comes_with_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    steps: list[bool] = []
    switch = Generations.switch

    def looked_at(self: Generations, number: int) -> None:
        switch(self, number)
        named = archive_named(self.folder)
        assert named is None or named.is_file()
        steps.append(named is not None)

    (tmp_path / "feedstream.toml").write_text("")
    settings = Settings(site=SITE, feeds=Feeds(window=window))
    async with open_app(tmp_path, settings=settings, clock=TickingClock()) as app:
        for number in range(12):
            tags = (f"a{number}", f"b{number}")  # enough that some come after `updates`
            told = {"headline": f"Story {number}", "body": "<p>Shut.</p>"}
            command = app.newsroom.begin(**told, tags=tags)
            await app.newsroom.execute(command, actor="desk")
        monkeypatch.setattr(publisher, "TOGETHER", 3)
        monkeypatch.setattr(Generations, "switch", looked_at)
        await app.settle()
        assert list(app.views.dirty()) == []
    assert len(steps) > 4
    assert steps[-1] == (window == 4)
    assert (tmp_path / "feeds" / "updates.rss").is_file()
