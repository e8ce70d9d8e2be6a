"""An erasure and push: subscribers are told that a topic ended, and nothing keeps its name."""

from collections import deque
from pathlib import Path

import pytest

from feedstream.bootstrap import App, open_app
from feedstream.erasing import Eraser
from tests.deliver.site import Site, Subscriber, eventually, listening, running

TOPIC = "tag/secretname.atom"


async def erase(app: App, story: str) -> None:
    eraser = Eraser(app.newsroom)
    plan = await eraser.of_story(story)
    await eraser.carry_out(plan, kind="legal", reason="R", actor="ana")


def named(home: Path) -> list[str]:
    """The files of push in which the name is still to be found."""
    files = (home / "events").glob("websub.db*")
    return [path.name for path in files if b"secretname" in path.read_bytes()]


def is_forgotten(site: Site) -> bool:
    store = site.app.push.store
    return not store.subscriptions() and store.withheld() == site.app.ledger.withheld > 0


@pytest.mark.parametrize("served", [True, False])
async def test_subscribers_of_an_erased_name_are_denied_and_forgotten(
    tmp_path: Path, reader: Subscriber, served: bool
) -> None:
    home = tmp_path / "home"
    async with listening() as hub:
        more = f'[websub]\nhubs = ["{hub.address}/"]\n'
        async with running(home, more=more) as site:
            await site.publish("Buoy adrift", tags=("Buoys",))
            story = await site.publish("Pilot", tags=("Secretname",))
            await site.settled()
            await site.subscribe(reader, topic=site.topic(TOPIC))
            await site.subscribe(reader, f"{reader.address}/2", topic=site.topic("tag/buoys.rss"))
            await eventually(lambda: not site.app.push.store.hubs()[0].waiting)
            assert named(home)
            if served:
                await erase(site.app, story)
                await eventually(lambda: reader.denials)
        hub.calls.clear()
        if not served:
            async with open_app(home) as app:
                await erase(app, story)
                await app.settle()
        async with running(home, more=more) as site:
            await eventually(lambda: len(site.app.push.store.subscriptions()) == 1)
            await eventually(lambda: site.app.push.store.withheld() == site.app.ledger.withheld > 0)
            assert named(home) == []
            await site.publish("Tide turns")
            await eventually(lambda: any(b"stories.atom" in one.body for one in hub.deliveries))
        (denied,) = {one.asked("hub.topic").rpartition("/feeds/")[2] for one in reader.denials}
        assert denied == TOPIC
        told = b"".join(one.body for one in hub.deliveries)
        assert (b"withheld" in told, b"secretname" in told) == (False, False)


async def test_a_hub_that_could_not_be_told_hears_nothing_of_an_erased_name(tmp_path: Path) -> None:
    async with listening() as hub:
        hub.statuses = deque([500] * 10_000)
        more = f'[websub]\nhubs = ["{hub.address}/"]\nhub = false\n'
        home = tmp_path / "home"
        async with running(home, more=more) as site:
            story = await site.publish("Pilot", tags=("Secretname",))
            await eventually(lambda: any(b"secretname" in one.body for one in hub.deliveries))
            await site.settled()
            await erase(site.app, story)
            await eventually(lambda: is_forgotten(site))
            assert named(home) == []
            count = len(hub.deliveries) + 1  # one may be on its way
            await eventually(lambda: len(hub.deliveries) > count + 1)
            assert all(b"secretname" not in one.body for one in hub.deliveries[count:])


async def test_a_ledger_that_was_lost_ends_no_subscription(
    tmp_path: Path, reader: Subscriber
) -> None:
    home = tmp_path / "home"
    async with running(home) as site:
        await site.publish("Buoy adrift", tags=("Buoys",))
        await site.settled()
        await site.subscribe(reader, topic=site.topic("tag/buoys.atom"))
    for path in (home / "events").glob("published.db*"):
        path.unlink()
    async with open_app(home) as app:
        await app.settle()
        await app.push.ping_now()  # takes account of what was published
        assert app.push.topics.is_gone("tag/buoys.atom")
        (one,) = app.push.store.subscriptions()
        assert one.wanted == one.delivered
    assert reader.denials == []
