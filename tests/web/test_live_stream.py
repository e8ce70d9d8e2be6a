"""The stream of changes."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from feedstream.domain import commands as c
from feedstream.publish import Published
from feedstream.web.live import BACKLOG, LiveStream
from tests.web.conftest import Site
from tests.web.site import at_desk, order, publish, update, wait_for


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """What the stream says, each with its id checked; the greeting first."""
    number = None
    for line in answer.iter_lines():
        if line.startswith("id: "):
            number = int(line[4:])
        if line.startswith("data: "):
            data = json.loads(line[6:])
            assert data["position"] == number
            yield data


def test_a_change_names_its_feeds_and_nothing_else(own_site: Site) -> None:
    gate = own_site.ids["gate"]
    with own_site.http.stream("GET", "/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = _events(answer)
        next(events)
        at_desk(own_site.home, lambda app: update(app, gate, "Rail measured"))
        event = next(events)
    assert event.keys() == {"position", "feeds"}
    feeds = set(event["feeds"])
    assert {"stories", "updates", f"story/{gate}", "section/harbour", "tag/locks"} <= feeds
    assert own_site.http.get("/readyz").json()["published"] == event["position"]


def test_what_another_process_has_published_already_is_told_too(own_site: Site) -> None:
    async def work(app):
        await update(app, own_site.ids["gate"], f"Rail measured {len(app.views.stories())}")
        await app.settle()

    with own_site.http.stream("GET", "/live") as answer:
        events = _events(answer)
        next(events)
        for _ in range(5):
            at_desk(own_site.home, work)
            assert f"story/{own_site.ids['gate']}" in next(events)["feeds"]


def test_hidden_stories_make_no_sound(own_site: Site) -> None:
    async def work(app):
        hidden = own_site.ids["embargoed"]
        await update(app, hidden, "Secret figure")
        await update(app, own_site.ids["gate"], "Rail measured")

    with own_site.http.stream("GET", "/live") as answer:
        events = _events(answer)
        next(events)
        at_desk(own_site.home, work)
        event = next(events)
    assert own_site.ids["embargoed"] not in json.dumps(event)
    assert "tag/budget" not in event["feeds"]
    assert f"story/{own_site.ids['gate']}" in event["feeds"]


def test_a_kill_reaches_those_who_have_the_page_open(own_site: Site) -> None:
    closed = own_site.ids["closed"]
    with own_site.http.stream("GET", "/live") as answer:
        events = _events(answer)
        next(events)
        at_desk(own_site.home, lambda app: order(app, c.KillStory, closed, reason="Unsafe."))
        assert f"story/{closed}" in next(events)["feeds"]


def test_the_greeting_gives_the_position_so_that_an_older_page_looks_again(own_site: Site) -> None:
    before = _greeting(own_site)
    page = own_site.http.get("/").text
    assert f'data-position="{before}"' in page
    at_desk(own_site.home, lambda app: publish(app, "Buoy adrift"))
    after = wait_for(lambda: _greeting(own_site), lambda position: position > before)
    assert f'data-position="{after}"' in own_site.http.get("/").text


def _greeting(site: Site) -> int:
    with site.http.stream("GET", "/live") as answer:
        return int(next(_events(answer))["position"])


def test_head_ends_at_once(site: Site) -> None:
    assert site.http.head("/live").headers["content-type"].startswith("text/event-stream")


class Position:
    """What the stream needs of a follower, to drive it without a log."""

    position = 0

    def listen(self, listener: object) -> None:
        del listener


def _published(number: int, *names: str) -> Published:
    changed = names or ("stories.rss",)
    return Published(written=(), removed=(), position=number, changed=changed)


async def test_a_reader_that_does_not_read_is_let_go() -> None:
    live = LiveStream(Position())  # type: ignore[arg-type]
    messages = live._messages()
    assert "hello" in await anext(messages)
    for number in range(1, BACKLOG + 3):
        live._tell(_published(number))
    assert [message async for message in messages] == []
    assert not live._clients


async def test_the_three_formats_of_a_feed_are_one_name_and_the_list_of_feeds_is_none() -> None:
    live = LiveStream(Position())  # type: ignore[arg-type]
    messages = live._messages()
    await anext(messages)
    live._tell(_published(1, "index.opml"))
    live._tell(_published(2, "tag/a.rss", "tag/a.atom", "tag/a.json", "index.opml"))
    assert '{"position":2,"feeds":["tag/a"]}' in await anext(messages)
    await messages.aclose()


async def test_a_silent_stream_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedstream.web.live.HEARTBEAT", 0.01)
    messages = LiveStream(Position())._messages()  # type: ignore[arg-type]
    await anext(messages)
    assert (await anext(messages)).startswith(":")
    await messages.aclose()
