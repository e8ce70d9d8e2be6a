"""Real readers of feeds, subscribed over real HTTP through the life of a story."""

import asyncio
import contextlib
from datetime import timedelta

import feedparser
import httpx
import pytest
from reader import make_reader

from feedstream.serve import address_of, listen, serve_on


@pytest.fixture
async def address(app):
    """The newsroom's server, running on a free port."""
    ready = asyncio.Event()
    listener = listen("127.0.0.1", 0, find_port=False)
    running = asyncio.create_task(serve_on(app, listener, ready=lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 10)
    yield address_of(listener)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def published(app, address, position=None):
    """Wait until the server has published the head of the log."""
    head = position or (await app.log.head()).position
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            answer = (await client.get(f"{address}/readyz")).json()
            if answer["published"] >= head:
                return
            await asyncio.sleep(0.05)
    raise AssertionError(f"position {head} was not published: {answer}")


class Subscriber:
    """The `reader` library with two subscriptions; its clock is its own."""

    def __init__(self, address, file):
        self.stories = f"{address}/feeds/stories.atom"
        self.updates = f"{address}/feeds/updates.rss"
        self.reader = make_reader(str(file))
        for url in (self.stories, self.updates):
            self.reader.add_feed(url)

    def look(self):
        # the feeds' own ttl would let it rest between two looks
        return {f.url: (f.new, f.modified) for f in map(self._update, (self.stories, self.updates))}

    def _update(self, url):
        result = self.reader.update_feed(url)
        return type(
            "Look",
            (),
            {
                "url": url,
                "new": result.new if result else 0,
                "modified": result.modified if result else 0,
            },
        )

    def entries(self, url):
        return list(self.reader.get_entries(feed=url))


async def test_a_reader_sees_publication_update_correction_and_retraction(
    app, publish, address, clock, tmp_path
):
    story = await publish()
    await published(app, address)
    subscriber = await asyncio.to_thread(Subscriber, address, tmp_path / "reader.db")
    look = lambda: asyncio.to_thread(subscriber.look)  # noqa: E731
    try:
        first = await look()
        assert first == {subscriber.stories: (1, 0), subscriber.updates: (1, 0)}

        clock.now += timedelta(minutes=10)
        update = app.newsroom.update(story.id, headline="Divers go down", body="<p>Two divers.</p>")
        await app.newsroom.execute(update, actor="editor")
        await published(app, address)
        assert await look() == {subscriber.stories: (0, 1), subscriber.updates: (1, 0)}
        assert "Two divers." in subscriber.entries(subscriber.stories)[0].content[0].value

        # the correction is an entry of its own, and stands on top of the report that it corrects
        clock.now += timedelta(minutes=10)
        correction = app.newsroom.correction(story.id, was="two", now="three", why="A miscount.")
        await app.newsroom.execute(correction, actor="editor")
        await published(app, address)
        assert await look() == {subscriber.stories: (0, 1), subscriber.updates: (1, 1)}

        clock.now += timedelta(minutes=10)
        retraction = app.newsroom.retraction(story.id, reason="The bridge never closed.")
        await app.newsroom.execute(retraction, actor="editor")
        await published(app, address)
        seen = await look()
        assert seen[subscriber.stories] == (0, 1)
        assert seen[subscriber.updates][0] == 1
        entry = subscriber.entries(subscriber.stories)[0]
        assert "RETRACTED" in entry.title.upper()
        assert "Two divers." not in entry.content[0].value
        assert "The bridge never closed." in entry.content[0].value
    finally:
        await asyncio.to_thread(subscriber.reader.close)


async def test_another_writer_is_served_within_a_second_or_so(app, publish, address, tmp_path):
    from feedstream.bootstrap import open_app

    await publish()
    async with open_app(tmp_path, settings=app.settings) as other:
        begin = other.newsroom.begin(headline="From elsewhere", body="<p>x</p>")
        await other.newsroom.execute(begin, actor="cli")
    await published(app, address)
    async with httpx.AsyncClient() as client:
        assert "From elsewhere" in (await client.get(f"{address}/feeds/stories.json")).text


@pytest.mark.parametrize("ending", ["rss", "atom"])
async def test_feedparser_finds_nothing_wrong(app, publish, address, ending):
    await publish("Tom & Jerry <b>]]></b> 🌉 العربية", tags=("a & b",), section="City")
    await published(app, address)
    feed = await asyncio.to_thread(feedparser.parse, f"{address}/feeds/stories.{ending}")
    assert not feed.bozo
    assert feed.status == 200
    assert (
        feed.entries[0].title == "Tom & Jerry <b>]]></b> 🌉 العربية"
        or "&lt;b&gt;" in feed.entries[0].title
    )
    again = await asyncio.to_thread(
        feedparser.parse, f"{address}/feeds/stories.{ending}", etag=feed.etag
    )
    assert again.status == 304


async def test_an_embargo_is_lifted_by_the_scheduler(app, publish, address, clock):
    until = clock.now + timedelta(seconds=3)  # each look at the clock is a second
    await publish("Secret until now", embargo_until=until)
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            if "Secret until now" in (await client.get(f"{address}/feeds/stories.json")).text:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the embargo was not lifted")
    feed = await asyncio.to_thread(feedparser.parse, f"{address}/feeds/stories.atom")
    assert feed.entries[0].published.startswith(f"{until:%Y-%m-%dT%H:%M:%S}")
