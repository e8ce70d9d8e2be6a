"""The demo as a newcomer runs it: real processes, real HTTP, real kills."""

import json
import random
import socket
import time
from collections.abc import Callable

import feedparser
import httpx
import pytest

from tests.demo.conftest import Demo, feedstream

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
Start = Callable[..., Demo]
DONE = "all of it was taken in"


def test_the_demo_merges_items_with_credit_and_its_feeds_change(start: Start) -> None:
    demo = start("--speed", "60")
    feed = demo.address("Its feed")
    stories = demo.address("Site") + "feeds/stories.json"
    before = httpx.get(stories)
    demo.wait_for(DONE)
    demo.wait_for(lambda: "50 minutes" in httpx.get(feed).text)

    after = httpx.get(stories)
    assert after.headers["etag"] != before.headers["etag"]
    story = next(i for i in after.json()["items"] if "video call" in i["title"])
    assert "With reporting by TASS, Baltic Desk and Foreign Policy" in story["content_html"]
    assert "military-technical" in story["content_html"]
    titles = [entry.title for entry in feedparser.parse(httpx.get(feed).text).entries]
    assert sum("50 minutes" in title for title in titles) == 1, "a revision, not a second update"
    assert sum("begin in January" in title for title in titles) == 1, "sent twice, and one item"
    assert not any("speak by telephone" in title for title in titles)
    assert any("ferries" in item["title"] for item in after.json()["items"])
    assert httpx.get(demo.address("The story")).status_code == 200
    assert httpx.get(demo.address("Partner")).status_code == 200

    inbox = feedstream(demo.home / "demo", "inbox", "list")
    assert "Lorries queue" in inbox
    assert "10 January" in inbox
    assert "feeds rewritten" in demo.text
    code, took = demo.interrupt()
    assert code == 0, demo.text
    assert took < 2, demo.text
    assert "Traceback" not in demo.text


def test_ctrl_c_ends_it_early_too_and_the_next_start_goes_on(start: Start) -> None:
    first = start("--speed", "10")
    first.wait_for("wire.attached")
    code, took = first.interrupt()
    assert code == 0, first.text
    assert took < 2
    second = start("--speed", "60")
    second.wait_for(DONE)
    assert "goes on" in second.text
    assert min(second.positions()) > max(first.positions())


def test_nothing_acknowledged_is_lost_when_it_is_killed_again_and_again(start: Start) -> None:
    chance = random.Random(7)
    told = 0
    for _ in range(10):
        demo = start("--speed", "8")
        demo.wait_for("Ctrl-C ends the demo")
        time.sleep(chance.uniform(0.0, 2.5))
        demo.kill()
        assert "Traceback" not in demo.text
        told = max([told, *demo.positions()])
        lines = feedstream(demo.home / "demo", "log", "export").splitlines()
        positions = [json.loads(line)["position"] for line in lines]
        assert positions == list(range(1, len(positions) + 1))
        assert len(positions) >= told
    last = start("--speed", "60")
    last.wait_for(DONE)
    guids = [
        event["data"]["item"]["guid"]
        for event in map(json.loads, feedstream(last.home / "demo", "log", "export").splitlines())
        if event["type"] == "wire.received"
    ]
    assert len(guids) == len(set(guids)), "each item was received once"


def test_a_demo_that_is_done_is_kept_and_a_new_one_begins(start: Start) -> None:
    first = start("--speed", "60")
    first.wait_for(DONE)
    first.interrupt()
    second = start("--speed", "60")
    second.wait_for("Ctrl-C ends the demo")
    kept = second.home / "demo-1"
    assert f"kept in {kept}" in second.text
    assert len(feedstream(kept, "log", "export").splitlines()) >= max(first.positions())
    second.interrupt()
    third = start("--fresh")
    third.wait_for("Ctrl-C ends the demo")
    assert (third.home / "demo-2" / "demo.json").exists()


def test_a_second_demo_in_the_same_home_is_refused_with_a_sentence(start: Start) -> None:
    first = start()
    first.wait_for("Ctrl-C ends the demo")
    second = start()
    assert second.process.wait(timeout=30) == 4
    assert "A demo is running" in " ".join(second.text.split())
    assert "Traceback" not in second.text


def test_the_site_moves_when_the_port_is_taken_and_says_its_own_address(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        base = start("--port", str(port)).address("Site")
    assert int(base.rstrip("/").rpartition(":")[2]) > port
    feed = httpx.get(f"{base}feeds/stories.json").json()
    assert feed["feed_url"].startswith(base)
