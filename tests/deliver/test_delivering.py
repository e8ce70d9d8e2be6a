"""Content distribution (§7): the latest bytes, in order, at least once, and not for ever."""

import asyncio
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from feedstream.bootstrap import open_app
from feedstream.clock import utc_now
from feedstream.deliver.callbacks import Callbacks, Message
from feedstream.domain import commands as c
from feedstream.newsroom import story_command
from feedstream.publish import locked
from feedstream.renewal import publish_renewed
from tests.deliver.site import (
    QUICK,
    Site,
    Subscriber,
    configure,
    eventually,
    listening,
    running,
)


async def test_a_failed_delivery_is_repeated_until_it_is_taken(
    site: Site, reader: Subscriber
) -> None:
    reader.statuses = deque([500, 503, 404])
    await site.subscribe(reader)
    await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == 4)
    assert len({d.body for d in reader.deliveries}) == 1
    await eventually(lambda: site.app.push.store.subscriptions()[0].delivered_at)
    (after,) = site.app.push.store.subscriptions()
    assert (after.failures, after.error, after.delivered) == (0, "", after.wanted)


async def test_a_redirect_is_a_failure_and_not_followed(site: Site) -> None:
    async with listening() as other, listening(Subscriber(location="")) as reader:
        await site.subscribe(reader)
        reader.location = f"{other.address}/elsewhere"
        reader.statuses = deque([307, 308, 301])
        await site.publish("Buoy adrift")
        await eventually(lambda: len(reader.deliveries) == 4)
        assert other.calls == []


async def test_410_ends_the_subscription(site: Site, reader: Subscriber) -> None:
    reader.statuses = deque([410])
    await site.subscribe(reader)
    story = await site.publish("Buoy adrift")
    await eventually(lambda: not site.app.push.store.subscriptions())
    await site.update(story, "Buoy caught")
    await site.settled()
    assert len(reader.deliveries) == 1


async def test_a_version_is_given_up_in_the_end_and_the_subscription_is_not(
    tmp_path: Path,
) -> None:
    ahead = [timedelta()]

    def clock() -> datetime:
        return utc_now() + ahead[0]

    async with running(tmp_path / "home", clock=clock) as site, listening() as reader:
        await site.publish()
        await site.settled()
        await site.subscribe(reader)
        reader.statuses = deque([500] * 1000)
        story = await site.publish("Buoy adrift")
        await eventually(lambda: len(reader.deliveries) > 2)
        ahead[0] = timedelta(days=1, minutes=1)
        await eventually(lambda: site.app.push.store.subscriptions()[0].given_up == 1)
        reader.statuses.clear()
        await asyncio.sleep(0.3)
        count = len(reader.deliveries)
        await site.update(story, "Buoy caught")
        await eventually(lambda: len(reader.deliveries) == count + 1)
        assert b"Buoy caught" in reader.deliveries[-1].body


async def test_only_the_latest_is_delivered_of_several_changes(
    site: Site, reader: Subscriber
) -> None:
    await site.subscribe(reader)
    reader.held = asyncio.Event()
    story = await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == 1)
    for number in range(4):
        await site.update(story, f"Sighting {number}")
    await site.settled()
    reader.held.set()
    await eventually(lambda: len(reader.deliveries) == 2)
    assert b"Sighting 3" in reader.deliveries[1].body
    assert reader.most_at_once == 1
    await asyncio.sleep(0.3)
    assert len(reader.deliveries) == 2


async def test_a_killed_story_is_never_sent_after_the_kill(site: Site, reader: Subscriber) -> None:
    """The version that held it was to be repeated when the kill came."""
    await site.subscribe(reader)
    reader.statuses = deque([500] * 1000)
    story = await site.publish("Pilot named in error")
    await eventually(lambda: len(reader.deliveries) > 1)
    kill = story_command(c.KillStory, story, site.app.newsroom.clock(), reason="Private.")
    await site.app.newsroom.execute(kill, actor="desk")
    before = len(reader.deliveries) + 1  # one may be on its way
    await site.settled()
    await eventually(lambda: len(reader.deliveries) > before + 2)
    reader.statuses.clear()
    await eventually(lambda: site.app.push.store.subscriptions()[0].delivered_at)
    assert all(b"Pilot named" not in d.body for d in reader.deliveries[before:])
    assert reader.deliveries[-1].body == (await site.http.get("/feeds/stories.atom")).content


async def test_a_kill_that_is_not_published_yet_holds_deliveries_back(
    tmp_path: Path, reader: Subscriber
) -> None:
    async with running(tmp_path / "home") as site:
        await site.publish()
        await site.settled()
        await site.subscribe(reader)
        reader.statuses = deque([500] * 1000)
        story = await site.publish("Pilot named in error")
        await eventually(lambda: len(reader.deliveries) > 1)
        site.app.publisher.stop()  # from here on every run fails: the feeds stay as they were
        kill = story_command(c.KillStory, story, site.app.newsroom.clock(), reason="Private.")
        await site.app.newsroom.execute(kill, actor="desk")
        count = len(reader.deliveries) + 1
        await asyncio.sleep(0.6)
        assert len(reader.deliveries) <= count


@pytest.mark.parametrize("file", ["index.opml", "sitemap-1.xml"])
async def test_a_list_names_nothing_of_a_kill_that_is_recorded(
    site: Site, reader: Subscriber, file: str
) -> None:
    """Another process holds the publisher's lock, so that the kill can't be published yet."""
    await site.publish("Buoy adrift", tags=("Buoys",))
    await site.settled()
    await site.subscribe(reader, topic=site.topic(file))
    reader.statuses = deque([500] * 1000)
    story = await site.publish("Pilot named", slug="pilot-named", tags=("Pilot named",))
    await eventually(lambda: len(reader.deliveries) > 1)
    assert b"pilot-named" in reader.deliveries[0].body
    await site.settled()
    kill = story_command(c.KillStory, story, site.app.newsroom.clock(), reason="Private.")
    with locked(site.app.home.lock):
        await site.app.newsroom.execute(kill, actor="desk")
        count = len(reader.deliveries) + 1  # one may be on its way
        await asyncio.sleep(0.6)  # ten attempts, if nothing holds them back
        assert len(reader.deliveries) <= count
    reader.statuses.clear()
    await eventually(lambda: site.app.push.store.subscriptions()[0].delivered_at)
    assert all(b"pilot-named" not in one.body for one in reader.deliveries[count:])


async def test_what_is_on_its_way_is_held_back_by_what_the_log_has_by_then(site: Site) -> None:
    story = await site.publish("Pilot named in error")
    await site.settled()
    topics = site.app.push.topics
    content = topics.content("index.opml", await topics.head())
    assert await topics.still_holds("index.opml", content)
    kill = story_command(c.KillStory, story, site.app.newsroom.clock(), reason="Private.")
    with locked(site.app.home.lock):
        await site.app.newsroom.execute(kill, actor="desk")
        assert not await topics.still_holds("index.opml", content)
        await eventually(lambda: site.app.views.checkpoint == 3)
        assert not await topics.still_holds("index.opml", content)


async def test_each_subscriber_is_served_however_the_others_fare(tmp_path: Path) -> None:
    limits = replace(QUICK, at_once=2, at_once_of_host=2, timeout=0.5)
    async with (
        running(tmp_path / "home", limits=limits) as site,
        listening() as bad,
        listening() as reader,
    ):
        await site.publish()
        await site.settled()
        port = bad.address.rpartition(":")[2]
        for number in range(4):
            await site.subscribe(bad, f"http://localhost:{port}/{number}")
        await site.subscribe(reader)
        bad.silent = True
        story = await site.publish("Buoy adrift")
        await eventually(lambda: reader.deliveries)
        await eventually(lambda: sum(s.failures > 0 for s in _all(site)) == 4)
        await site.update(story, "Buoy caught")
        await eventually(lambda: len(reader.deliveries) == 2, seconds=3)


def _all(site: Site) -> list:  # type: ignore[type-arg]
    return site.app.push.store.subscriptions()


async def test_an_endless_answer_is_not_read(site: Site) -> None:
    async with listening() as reader:
        await site.subscribe(reader)
        reader.endless = True
        reader.statuses = deque([200])
        await site.publish("Buoy adrift")
        await eventually(lambda: site.app.push.store.subscriptions()[0].delivered_at)


async def test_a_rebuild_delivers_nothing_and_asking_again_does(
    site: Site, reader: Subscriber
) -> None:
    await site.subscribe(reader)
    await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == 1)
    app = site.app
    await asyncio.to_thread(publish_renewed, app.home, app.views, app.ledger, app.publisher)
    site.app.push.wake()
    await asyncio.sleep(0.3)
    assert len(reader.deliveries) == 1
    await site.app.push.ping_now(["stories.atom"])
    await eventually(lambda: len(reader.deliveries) == 2)
    assert reader.deliveries[0].body == reader.deliveries[1].body


async def test_hubs_elsewhere_are_told_which_topics_changed(tmp_path: Path) -> None:
    async with listening() as hub:
        hub.statuses = deque([503, 200])
        more = f'[websub]\nhubs = ["{hub.address}/publish"]\n'
        async with running(tmp_path / "home", more=more) as site:
            await site.publish("Buoy adrift")
            await eventually(lambda: len(hub.deliveries) >= 2)
            await eventually(lambda: not site.app.push.store.hubs()[0].waiting)
            told = hub.deliveries[1]
            assert told.path == "/publish"
            assert told.header("content-type") == "application/x-www-form-urlencoded"
            assert told.body.startswith(b"hub.mode=publish&hub.url=")
            assert (
                httpx.QueryParams(told.body.decode())
                .get_list("hub.url")
                .count(site.topic("stories.atom"))
            )


async def test_a_hub_elsewhere_that_moved_is_followed_with_the_form(tmp_path: Path) -> None:
    async with listening() as new, listening() as old:
        old.location, old.statuses = f"{new.address}/hub", deque([308] * 99)
        more = f'[websub]\nhubs = ["{old.address}/"]\n'
        async with running(tmp_path / "home", more=more) as site:
            await site.publish("Buoy adrift")
            await eventually(lambda: new.deliveries)
            assert new.deliveries[0].body == old.deliveries[0].body


@pytest.mark.parametrize("files", [(), ("stories.rss",)])
async def test_a_command_tells_them_where_no_server_runs(
    tmp_path: Path, files: tuple[str, ...]
) -> None:
    async with listening() as hub:
        home = tmp_path / "home"
        configure(home, "https://news.example", f'[websub]\nhubs = ["{hub.address}/"]\n')
        async with open_app(home) as app:
            assert (await app.push.ping_now())[:] == []
            site = Site(app, "https://news.example", None)  # type: ignore[arg-type]
            await site.publish("Buoy adrift")
            await app.settle()
            (state,) = await app.push.ping_now(files)
            assert (state.waiting, state.error) == (0, "")
            assert state.pinged_at
    assert b"https%3A%2F%2Fnews.example%2Ffeeds%2Fstories.rss" in hub.deliveries[-1].body


async def test_content_that_holds_no_more_is_not_sent_though_its_connection_stands(
    reader: Subscriber,
) -> None:
    message = Message(
        callback=f"{reader.address}/cb", body=b"named", media_type="x/y", links=(), secret=""
    )
    callbacks = Callbacks(QUICK)

    async def no() -> bool:
        return False

    async def yes() -> bool:
        return True

    try:
        reply = await callbacks.distribute(message, holds=no)
        assert (reply.superseded, reply.ok, reader.deliveries) == (True, False, [])
        assert (await callbacks.distribute(message, holds=yes)).ok
    finally:
        await callbacks.close()
    assert reader.deliveries[0].body == b"named"
