"""The files for news systems and search engines beside the feeds, in a real newsroom's folder."""

import json
from pathlib import Path

import pytest
from lxml import etree

from feedstream.bootstrap import App, open_app
from feedstream.config import Settings, Site
from feedstream.domain import commands as c
from feedstream.domain.events import Event, StoryKilled, StoryMergedInto
from feedstream.domain.ids import story_stream
from feedstream.newsroom import story_command
from feedstream.publish import coming_changes, feed_of_file
from feedstream.replay import replay_to, views_at
from feedstream.replay.check import check_published
from feedstream.replay.site import site_diff
from tests.conformance.agreed import (
    newsml_faults,
    ninjs_faults,
    sitemap_faults,
    sitemap_index_faults,
)
from tests.walk.conftest import SETTINGS, TickingClock

LISTS = ("sitemap.xml", "sitemap-1.xml", "news-sitemap.xml")


@pytest.fixture
async def app(tmp_path: Path):
    (tmp_path / "feedstream.toml").touch()
    async with open_app(tmp_path, settings=SETTINGS, clock=TickingClock()) as app:
        yield app


async def publish(app: App, headline: str = "Harbour bridge closes", **fields: object) -> str:
    command = app.newsroom.begin(headline=headline, body="<p>Shut since dawn.</p>", **fields)
    return (await app.newsroom.execute(command, actor="editor")).story.id


async def order(app: App, kind: type, story: str, **fields: object) -> None:
    await app.newsroom.execute(
        story_command(kind, story, app.newsroom.clock(), **fields), actor="editor"
    )


async def happen(app: App, story: str, event: Event) -> None:
    """As a log that another hand wrote may have it: nobody asked whether it may be."""
    at = app.newsroom.clock()
    envelope = app.newsroom.envelope(event, story_stream(story), effective=at, actor="editor")
    await app.log.append([envelope])


def read(app: App, file: str) -> bytes:
    return (app.home.feeds / file).read_bytes()


def listed(app: App, file: str) -> list[str]:
    found = etree.fromstring(read(app, file)).xpath("//*[local-name() = 'loc']/text()")
    return [one.rpartition("/")[2] for one in found]


async def test_a_story_comes_with_its_records_and_is_in_the_sitemaps(app: App):
    story = await publish(app)
    await app.settle()
    assert ninjs_faults(read(app, f"story/{story}.ninjs.json")) == []
    assert newsml_faults(read(app, f"story/{story}.newsml.xml")) == []
    assert sitemap_faults(read(app, "sitemap-1.xml")) == []
    assert sitemap_faults(read(app, "news-sitemap.xml")) == []
    assert sitemap_index_faults(read(app, "sitemap.xml")) == []
    assert listed(app, "sitemap.xml") == ["sitemap-1.xml"]
    assert listed(app, "sitemap-1.xml") == listed(app, "news-sitemap.xml")
    assert listed(app, "sitemap-1.xml") == ["harbour-bridge-closes"]


async def test_a_killed_story_stays_as_canceled_and_leaves_the_sitemaps(app: App):
    killed, other = await publish(app), await publish(app, "Ferry resumes")
    await app.settle()
    await order(app, c.KillStory, killed, reason="It named a child.")
    done = await app.settle()
    gone = {f"story/{killed}.{ending}" for ending in ("rss", "atom", "json")}
    assert gone <= set(done.removed)
    ninjs = json.loads(read(app, f"story/{killed}.ninjs.json"))
    assert ninjs["pubStatus"] == "canceled"
    whole = b"".join(read(app, f"story/{killed}.{one}") for one in ("ninjs.json", "newsml.xml"))
    assert b"bridge" not in whole.lower()
    assert b"stat:canceled" in whole
    assert listed(app, "sitemap-1.xml") == listed(app, "news-sitemap.xml") == ["ferry-resumes"]
    await order(app, c.KillStory, other, reason="Likewise.")
    assert set(LISTS) <= set((await app.settle()).removed)


async def test_what_happens_to_a_story_after_it_was_taken_back_is_told(app: App):
    old, new = await publish(app), await publish(app, "Ferry resumes")
    await happen(app, old, StoryMergedInto(target=new))
    await app.settle()
    before = json.loads(read(app, f"story/{old}.ninjs.json"))
    await happen(app, old, StoryKilled(reason="It named a child."))
    await app.settle()
    after = json.loads(read(app, f"story/{old}.ninjs.json"))
    assert "another" in before["edNote"]
    assert "removed" in after["edNote"]
    assert int(after["version"]) == int(before["version"]) + 1


async def test_an_embargo_and_a_kill_before_it_ends_leave_no_trace(app: App):
    later = app.newsroom.clock().replace(year=2030)
    story = await publish(app, effective=None, embargo_until=later)
    await app.settle()
    await order(app, c.KillStory, story, reason="Never mind.")
    await app.settle()
    assert not list(app.home.feeds.glob("story/*"))
    assert not (app.home.feeds / "sitemap.xml").exists()


async def test_a_replay_gives_these_files_again_and_the_ledger_proves_it(app: App, tmp_path: Path):
    story = await publish(app, tags=("harbour",))
    await app.settle()
    await order(app, c.CloseStory, story)
    other = await publish(app, "Ferry resumes")
    await app.settle()
    await order(app, c.KillStory, story, reason="It named a child.")
    await app.settle()
    found = await check_published(app.log, app.ledger)
    assert (found.first, found.equal) == (None, found.files)
    async with views_at(app.log) as views:
        replay_to(views, app.settings, tmp_path / "out")
    for file in (f"story/{story}.ninjs.json", f"story/{other}.newsml.xml", *LISTS):
        assert (tmp_path / "out" / file).read_bytes() == read(app, file), file
    async with views_at(app.log, position=1) as views:
        replay_to(views, app.settings, tmp_path / "out")
    assert not (tmp_path / "out" / f"story/{other}.newsml.xml").exists()
    head = (await app.log.head()).position
    diff = await site_diff(app.log, app.settings, head - 1, head)
    changes = {one.file: one.change for one in diff.files}
    assert changes[f"story/{story}.ninjs.json"] == "changed"
    assert changes[f"story/{story}.rss"] == "removed"
    assert changes["sitemap-1.xml"] == "changed"


async def test_other_settings_reach_what_was_taken_back_too(tmp_path: Path):
    (tmp_path / "feedstream.toml").touch()
    clock = TickingClock()
    async with open_app(tmp_path, settings=SETTINGS, clock=clock) as app:
        story = await publish(app)
        await app.settle()
        await order(app, c.KillStory, story, reason="It named a child.")
        await app.settle()
    evening = Settings(site=Site(title="The Evening Post", base_url="https://post.example.org"))
    async with open_app(tmp_path, settings=evening, clock=clock) as app:
        await app.settle()
        assert b"The Evening Post" in read(app, f"story/{story}.newsml.xml")
        outputs = app.publisher.outputs
        assert list(coming_changes(outputs, app.home.feeds, app.ledger)) == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("tag/a-b.rss", "tag/a-b"),
        ("story/1.ninjs.json", "story/1"),
        ("story/1.newsml.xml", "story/1"),
        ("sitemap-12.xml", "sitemap-12.xml"),
        ("index.opml", "index.opml"),
        ("sitemap.rss", "sitemap"),
    ],
)
def test_a_file_belongs_to_a_feed_or_to_itself(file: str, name: str):
    assert feed_of_file(file) == name
