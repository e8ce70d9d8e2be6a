"""The sealed history of `updates`: whoever walks back gets everything, and nothing twice."""

import json
import random
import re
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from feedstream.bootstrap import open_app
from feedstream.config import Feeds, Settings
from feedstream.domain import commands as c
from feedstream.domain.events import FeedDefined
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream
from feedstream.publish import Outputs, feed_of_file
from feedstream.replay import render_to, views_at
from feedstream.replay.check import check_published
from tests.walk.conftest import SETTINGS

WINDOW = 6
SMALL = Settings(site=SETTINGS.site, feeds=Feeds(window=WINDOW))
BASE = f"{SETTINGS.site.base_url}/feeds/"
SEALED = re.compile(r"archive/updates/([0-9]+)-[0-9a-f]{16}\.(?:rss|atom|json)")


@pytest.fixture
async def app(tmp_path, clock):
    (tmp_path / "feedstream.toml").write_text("")
    async with open_app(tmp_path, settings=SMALL, clock=clock) as app:
        yield app


async def tell(app, command):
    return (await app.newsroom.execute(command, actor="editor")).story


async def begin(app, headline, updates=0):
    story = await tell(app, app.newsroom.begin(headline=headline, body=f"<p>{headline}.</p>"))
    for number in range(updates):
        await add(app, story.id, f"{headline}, part {number}")
    return story


async def add(app, story, headline):
    body = f"<p>{headline} in full.</p>"
    return await tell(app, app.newsroom.update(story, headline=headline, body=body))


async def kill(app, story):
    return await tell(app, c.KillStory(story=story, at=app.newsroom.clock(), reason="An order."))


def href(feed, rel):
    return next((link.href for link in feed.feed.links if link.rel == rel), None)


def read(folder: Path, url: str) -> bytes:
    return (folder / url.removeprefix(BASE)).read_bytes()


def walk(folder: Path, ending: str, rel: str = "prev-archive", start: str = "updates"):
    """The documents from `start` on, as a reader of RFC 5005 finds them."""
    url = f"{BASE}{start}.{ending}"
    while url:
        content = read(folder, url)
        if ending == "json":
            feed = json.loads(content)
            yield url, [item["id"] for item in feed["items"]], feed
            url = feed.get("next_url")
        else:
            feed = feedparser.parse(content)
            yield url, [entry.id for entry in feed.entries], feed
            url = href(feed, rel)


def all_ids(stories):
    """The id of every entry that readers may have."""
    for story in stories:
        yield f"{story.entry_id}/opening"
        yield from (one.entry_id for one in (*story.updates, *story.corrections))


def published(app):
    return [row.story for row in app.views.stories(limit=1000)]


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
async def test_who_walks_back_gets_every_entry_once(app, ending):
    for number in range(4):
        await begin(app, f"Story {number}", updates=4)
    await app.settle()
    pages = [ids for _, ids, _ in walk(app.home.feeds, ending)]
    assert all(len(ids) == WINDOW // 2 for ids in pages[1:])
    assert WINDOW // 2 <= len(pages[0]) <= WINDOW
    got = [one for ids in pages for one in ids]
    assert len(got) == len(set(got))
    assert set(got) == set(all_ids(published(app)))


async def test_a_sealed_page_says_what_it_is_and_where_the_others_are(app):
    await begin(app, "One", updates=11)
    await app.settle()
    current, *pages = walk(app.home.feeds, "atom")
    assert current[0] == f"{BASE}updates.atom"
    assert b"<fh:archive" not in read(app.home.feeds, current[0])
    for number, (url, _, feed) in zip(range(len(pages), 0, -1), pages, strict=True):
        content = read(app.home.feeds, url)
        assert SEALED.fullmatch(url.removeprefix(BASE))[1] == str(number)
        assert b"<fh:archive" in content
        assert href(feed, "current") == f"{BASE}updates.atom"
        assert href(feed, "next-archive") == f"{BASE}archive/updates/{number + 1}.atom"
        alias = app.home.feeds / f"archive/updates/{number}.atom"
        assert href(feed, "self") == f"{BASE}archive/updates/{number}.atom"
        assert alias.read_bytes() == content
    assert "prev-archive" not in {link.rel for link in pages[-1][2].feed.links}


async def test_sealed_pages_stay_what_they_are_while_more_is_sealed(app):
    story = await begin(app, "One", updates=8)
    await app.settle()
    before = {url: read(app.home.feeds, url) for url, _, _ in walk(app.home.feeds, "rss")}
    del before[f"{BASE}updates.rss"]
    await add(app, story.id, "One more")
    await begin(app, "Another", updates=6)
    written = (await app.settle()).written
    assert {url: read(app.home.feeds, url) for url in before} == before
    assert not {url.removeprefix(BASE) for url in before} & set(written)


async def test_a_kill_gives_the_pages_other_names_and_takes_the_old_ones_away(app):
    await begin(app, "Kept", updates=2)
    libel = await begin(app, "Libel", updates=2)
    await begin(app, "Later", updates=9)
    await app.settle()
    before = [url for url, _, _ in walk(app.home.feeds, "atom")][1:]
    await kill(app, libel.id)
    await app.settle()
    after = [url for url, _, _ in walk(app.home.feeds, "atom")][1:]
    assert len(after) == len(before) == 4
    assert after[-1] == before[-1]  # the first page had nothing of it
    assert not set(after[:-1]) & set(before)
    for url in before[:-1]:
        assert not (app.home.feeds / url.removeprefix(BASE)).exists()
    for path in (app.home.feeds / "archive").rglob("*"):
        assert path.is_dir() or b"Libel" not in path.read_bytes()
    got = [one for _, ids, _ in walk(app.home.feeds, "atom") for one in ids]
    assert sorted(got) == sorted(all_ids(published(app)))


async def test_a_correction_of_an_old_entry_reaches_its_page(app):
    story = await begin(app, "Old", updates=1)
    await begin(app, "New", updates=10)
    await app.settle()
    first = [url for url, _, _ in walk(app.home.feeds, "json")][-1]
    body = "<p>Put right.</p>"
    update = app.views.story(story.id).story.updates[0]
    await tell(
        app, c.EditUpdate(story=story.id, update=update.id, at=app.newsroom.clock(), body=body)
    )
    await app.settle()
    again = [url for url, _, _ in walk(app.home.feeds, "json")][-1]
    assert again != first
    assert b"Put right." in read(app.home.feeds, again)


async def test_a_long_story_that_appears_at_once_is_sealed_without_a_gap(app):
    await begin(app, "One")
    until = app.newsroom.clock() + timedelta(days=1)
    command = app.newsroom.begin(headline="Held", body="<p>Held.</p>", embargo_until=until)
    held = await tell(app, command)
    for number in range(14):
        await add(app, held.id, f"Held, part {number}")
    await app.settle()
    lift = c.LiftEmbargo(story=held.id, at=app.newsroom.clock(), reason="It is out.")
    await tell(app, lift)
    await app.settle()
    got = [one for _, ids, _ in walk(app.home.feeds, "atom") for one in ids]
    assert sorted(got) == sorted(all_ids(published(app)))


async def test_a_page_that_was_lost_from_the_ledger_is_published_again(app):
    story = await begin(app, "One", updates=12)
    await app.settle()
    before = tree_of(app.home.feeds)
    rows = [row.file for row in app.ledger.latest() if "archive/updates/2" in row.file]
    app.ledger.withhold(rows)
    await add(app, story.id, "One more")
    assert not (await app.settle()).trouble
    after = tree_of(app.home.feeds)
    assert {file: after[file] for file in rows} == {file: before[file] for file in rows}
    got = [one for _, ids, _ in walk(app.home.feeds, "atom") for one in ids]
    assert sorted(got) == sorted(all_ids(published(app)))


def tree_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


async def test_a_feed_of_an_earlier_version_in_the_place_of_the_pages_is_not_published(app):
    story = await begin(app, "One")
    feed = FeedDefinition(name="archive/foo", title="Foo")
    proposed = app.newsroom.envelope(
        FeedDefined(feed=feed), feed_stream(feed.name), effective=app.newsroom.clock(), actor="x"
    )
    await app.log.append([proposed])
    await app.settle()
    await kill(app, story.id)
    assert not (await app.settle()).trouble
    assert not (app.home.feeds / "archive" / "foo.rss").exists()


async def test_pages_go_when_the_window_grows(app, tmp_path):
    await begin(app, "One", updates=20)
    await app.settle()
    assert len(list(walk(app.home.feeds, "atom"))) == 7
    async with open_app(tmp_path, settings=SETTINGS) as wider:
        await wider.settle()
    assert [ids for _, ids, _ in walk(app.home.feeds, "atom")] == [
        [*reversed([*all_ids(published(app))])]
    ]
    assert not [path for path in (app.home.feeds / "archive").rglob("*") if path.is_file()]


async def test_other_processes_and_replays_name_the_pages_alike(app, tmp_path, clock):
    one = await begin(app, "One", updates=5)
    await begin(app, "Two", updates=5)
    await app.settle()
    async with open_app(tmp_path, settings=SMALL, clock=clock) as other:
        await add(other, one.id, "From elsewhere")
        await begin(other, "Three", updates=3)
        await other.settle()
    outputs = Outputs(app.views, SMALL.site, SMALL.feeds, SMALL.websub)
    await app.catch_up()
    for file, content in outputs.files():
        assert (app.home.feeds / file).read_bytes() == content, file
    out = tmp_path / "again"
    async with views_at(app.log) as views:
        render_to(views, SMALL, out)
    files = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert any(SEALED.fullmatch(file) for file in files)
    for file in files:
        assert (out / file).read_bytes() == (app.home.feeds / file).read_bytes()
    assert not (await check_published(app.log, app.ledger)).differences


@pytest.mark.parametrize("seed", range(2))
async def test_random_lives_lose_and_double_nothing(app, tmp_path, seed):
    dice = random.Random(seed)
    stories = []
    for step in range(30):
        pick = dice.random()
        if not stories or pick < 0.2:
            stories.append((await begin(app, f"Story {step}")).id)
        elif pick < 0.75:
            await add(app, dice.choice(stories), f"Update {step}")
        elif pick < 0.85:
            fix = {"was": f"was {step}", "now": "now", "why": "why"}
            await tell(app, app.newsroom.correction(dice.choice(stories), **fix))
        elif pick < 0.9:
            story = stories.pop(dice.randrange(len(stories)))
            await kill(app, story)
        if step % 3 == 0:
            await app.settle()
    await app.settle()
    for ending in ("atom", "json"):
        got = [one for _, ids, _ in walk(app.home.feeds, ending) for one in ids]
        assert sorted(got) == sorted(all_ids(published(app)))
    found = await check_published(app.log, app.ledger)
    assert not found.differences
    assert found.equal == found.files


async def test_a_rebuild_numbers_entries_as_following_did(app, tmp_path):
    for number in range(3):
        await begin(app, f"Story {number}", updates=3)
    await app.settle()
    async with views_at(app.log) as views:
        again = dict(Outputs(views, SMALL.site, SMALL.feeds, SMALL.websub).files())
    for file, content in again.items():
        assert (app.home.feeds / file).read_bytes() == content


@pytest.mark.parametrize(
    ("file", "feed"),
    [
        ("archive/updates/3.atom", "archive/updates/3"),
        ("archive/updates/3-0123456789abcdef.json", "archive/updates/3"),
        ("updates.rss", "updates"),
    ],
)
def test_a_file_of_a_page_belongs_to_the_page(file, feed):
    assert feed_of_file(file) == feed
