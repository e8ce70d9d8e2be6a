"""websub.rocks' tests of hubs and publishers, one by one, by a subscriber of our own.

Hubs 100 to 106, and a publisher that is discovered, subscribed to and heard of.
"""

import re

from tests.deliver.site import Site, Subscriber, eventually, signed


async def test_hub_100_a_typical_request(site: Site, reader: Subscriber) -> None:
    answer = await site.ask(f"{reader.address}/cb")
    assert answer.status_code == 202
    await eventually(lambda: reader.questions)
    question = reader.questions[0]
    assert question.asked("hub.mode") == "subscribe"
    assert question.asked("hub.topic") == site.topic()
    assert len(question.asked("hub.challenge")) >= 32
    assert int(question.asked("hub.lease_seconds")) == 10 * 86_400
    await eventually(site.app.push.store.subscriptions)
    await site.publish("Buoy adrift")
    await eventually(lambda: reader.deliveries)
    got, there = reader.deliveries[0], await site.http.get("/feeds/stories.atom")
    assert got.body == there.content
    assert b"Buoy adrift" in got.body
    assert got.header("content-type") == there.headers["content-type"]
    links = got.header("link")
    assert f'<{site.url}/hub>; rel="hub"' in links
    assert f'<{site.topic()}>; rel="self"' in links
    assert "x-hub-signature" not in dict(got.headers)


async def test_hub_101_a_secret_signs(site: Site, reader: Subscriber) -> None:
    await site.subscribe(reader, secret="geheim ü")
    await site.publish("Buoy adrift")
    await eventually(lambda: reader.deliveries)
    got = reader.deliveries[0]
    assert got.header("x-hub-signature") == signed("geheim ü", got.body)


async def test_hub_102_additional_parameters_are_passed_over(
    site: Site, reader: Subscriber
) -> None:
    await site.subscribe(reader, foo="bar", verify="async")
    await site.publish("Buoy adrift")
    await eventually(lambda: reader.deliveries)


async def test_hub_103_to_subscribe_again_takes_the_old_ones_place(
    site: Site, reader: Subscriber
) -> None:
    await site.subscribe(reader, lease_seconds="3600", secret="old")
    before = site.app.push.store.subscriptions()[0]
    await site.subscribe(reader, lease_seconds="7200", secret="new")
    assert reader.questions[1].asked("hub.lease_seconds") == "7200"
    assert reader.questions[0].asked("hub.challenge") != reader.questions[1].asked("hub.challenge")
    (after,) = site.app.push.store.subscriptions()
    assert after.until > before.until + 3000
    story = await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == 1)
    await site.update(story, "Buoy caught")
    await eventually(lambda: len(reader.deliveries) == 2)
    assert [b"Buoy caught" in d.body for d in reader.deliveries] == [False, True]
    got = reader.deliveries[0]
    assert got.header("x-hub-signature") == signed("new", got.body)


async def test_hub_104_who_unsubscribes_hears_no_more(site: Site, reader: Subscriber) -> None:
    await site.subscribe(reader)
    await site.subscribe(reader, mode="unsubscribe")
    assert reader.questions[1].asked("hub.mode") == "unsubscribe"
    assert reader.questions[1].asked("hub.topic") == site.topic()
    assert site.app.push.store.subscriptions() == []
    await site.subscribe(reader, f"{reader.address}/other")
    await site.publish("Buoy adrift")
    await eventually(lambda: reader.deliveries)
    assert [d.path for d in reader.deliveries] == ["/other"]


async def test_hub_105_and_106_each_type_arrives_as_it_is_served(
    site: Site, reader: Subscriber
) -> None:
    """websub.rocks sends text and JSON; this site has RSS and JSON beside Atom."""
    files = ("stories.rss", "updates.json")
    for file in files:
        await site.subscribe(reader, f"{reader.address}/{file}", topic=site.topic(file))
    await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == len(files))
    for file in files:
        (got,) = [d for d in reader.deliveries if d.path == f"/{file}"]
        there = await site.http.get(f"/feeds/{file}")
        assert got.body == there.content
        assert got.header("content-type") == there.headers["content-type"]
        assert f'<{site.topic(file)}>; rel="self"' in got.header("link")


async def test_publisher_is_discovered_by_headers_and_in_the_body_and_then_heard_of(
    site: Site, reader: Subscriber
) -> None:
    for ending in ("atom", "rss", "json"):
        answer = await site.http.get(f"/feeds/stories.{ending}")
        links = re.findall(r'<([^>]+)>;\s*rel="?(hub|self)"?', answer.headers["link"])
        hubs = [address for address, rel in links if rel == "hub"]
        selves = [address for address, rel in links if rel == "self"]
        assert hubs == [f"{site.url}/hub"]
        assert selves == [site.topic(f"stories.{ending}")]
        assert f"{site.url}/hub" in answer.text
        assert selves[0] in answer.text
        form = {
            "hub.callback": f"{reader.address}/{ending}",
            "hub.mode": "subscribe",
            "hub.topic": selves[0],
        }
        assert (await site.http.post(hubs[0], data=form)).status_code == 202
    await eventually(lambda: len(site.app.push.store.subscriptions()) == 3)
    await site.publish("Buoy adrift")
    await eventually(lambda: len(reader.deliveries) == 3)
    assert all(b"Buoy adrift" in d.body for d in reader.deliveries)
