"""Verification of intent (§5.3): nothing counts but the exact echo."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feedstream.clock import utc_now
from tests.deliver.site import QUICK, Site, Subscriber, eventually, listening, running

NOES: dict[str, dict[str, Any]] = {
    "404": {"confirm": lambda call: False},
    "one more byte": {"echo": lambda challenge: challenge + "\n"},
    "one less": {"echo": lambda challenge: challenge[:-1]},
    "nothing": {"echo": lambda challenge: ""},
    "a redirect": {"confirm_status": 302, "location": "/elsewhere"},
    "500": {"confirm_status": 500},
    "endless": {"endless": True},
}


async def test_anything_else_is_a_no(site: Site) -> None:
    for name, how in NOES.items():
        async with listening(Subscriber(**how)) as reader:
            await site.subscribe(reader)
            assert site.app.push.store.subscriptions() == [], name
            assert [call.path for call in reader.questions] == ["/cb"], name


async def test_a_no_leaves_what_was_there(site: Site, reader: Subscriber) -> None:
    await site.subscribe(reader, secret="mine", lease_seconds="3600")
    before = site.app.push.store.subscriptions()
    reader.confirm = lambda call: False
    await site.subscribe(reader, secret="forged")
    await site.subscribe(reader, mode="unsubscribe")
    assert site.app.push.store.subscriptions() == before


async def test_the_callbacks_own_query_stays_in_front(site: Site, reader: Subscriber) -> None:
    await site.subscribe(reader, f"{reader.address}/cb?key=a%2Fb&mode=mine&empty")
    await site.publish("Buoy adrift")
    await eventually(lambda: reader.deliveries)
    question, delivery = reader.questions[0], reader.deliveries[0]
    assert question.query[:3] == [("key", "a/b"), ("mode", "mine"), ("empty", "")]
    assert delivery.query == question.query[:3]


async def test_who_is_not_reached_is_asked_again_and_then_no_more(site: Site) -> None:
    async with listening() as reader:
        address = reader.address
    assert (await site.ask(f"{address}/cb")).status_code == 202
    await eventually(lambda: not site.app.push.store.waiting())
    assert site.app.push.store.subscriptions() == []


async def test_a_callback_on_this_network_is_not_connected_to(
    tmp_path: Path, reader: Subscriber
) -> None:
    limits = replace(QUICK, allow_private=False)
    async with running(tmp_path / "home", limits=limits) as site:
        await site.publish()
        await site.settled()
        port = reader.address.rpartition(":")[2]
        # A name says nothing of its address: it is refused where it is connected to.
        assert (await site.ask(f"http://localhost:{port}/cb")).status_code == 202
        await eventually(lambda: not site.app.push.store.waiting())
        assert reader.connections == 0


async def test_what_changes_while_a_subscriber_is_asked_is_not_missed(site: Site) -> None:
    async with listening(Subscriber(pause=0.6)) as reader:
        await site.ask(f"{reader.address}/cb")
        await eventually(lambda: reader.questions)
        await site.publish("Buoy adrift")
        await site.settled()
        await eventually(lambda: reader.deliveries)
        assert b"Buoy adrift" in reader.deliveries[0].body


async def test_a_lease_ends_and_a_renewal_in_time_goes_on(tmp_path: Path) -> None:
    ahead = [timedelta()]

    def clock() -> datetime:
        return utc_now() + ahead[0]

    async with running(tmp_path / "home", clock=clock) as site, listening() as reader:
        await site.publish()
        await site.settled()
        await site.subscribe(reader, f"{reader.address}/short", lease_seconds="60")
        await site.subscribe(reader, f"{reader.address}/kept", lease_seconds="60")
        ahead[0] = timedelta(seconds=50)
        await site.subscribe(reader, f"{reader.address}/kept", lease_seconds="60")
        ahead[0] = timedelta(seconds=70)
        await site.publish("Buoy adrift")
        await eventually(lambda: reader.deliveries)
        await eventually(lambda: len(site.app.push.store.subscriptions()) == 1)
        assert [d.path for d in reader.deliveries] == ["/kept"]


async def test_a_silent_callback_holds_up_nobody(tmp_path: Path) -> None:
    limits = replace(QUICK, at_once=4, at_once_of_host=2, timeout=5.0)
    silent = Subscriber(silent=True, statuses=deque())
    async with (
        running(tmp_path / "home", limits=limits) as site,
        listening(silent) as slow,
        listening() as reader,
    ):
        await site.publish()
        await site.settled()
        port = slow.address.rpartition(":")[2]
        for number in range(6):
            await site.ask(f"http://localhost:{port}/{number}")
        await eventually(lambda: len(slow.questions) == 2)
        await site.ask(f"{reader.address}/cb")
        await eventually(site.app.push.store.subscriptions)
        await site.publish("Buoy adrift")
        await eventually(lambda: reader.deliveries, seconds=4)
        assert slow.most_at_once == 2
