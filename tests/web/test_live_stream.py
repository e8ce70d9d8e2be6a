"""The stream of changes."""

import json
from collections.abc import Iterator

import httpx
import pytest

from feedstream.domain import commands as c
from feedstream.publish import Published
from feedstream.web.live import QUEUE, REMEMBERED, Hub
from tests.web.conftest import Site
from tests.web.site import at_desk, order, publish, update


def _events(answer: httpx.Response) -> Iterator[dict[str, object]]:
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
        at_desk(own_site.home, lambda app: update(app, gate, "Rail measured"))
        event = next(_events(answer))
    assert event.keys() == {"position", "feeds"}
    feeds = set(event["feeds"])
    assert {"stories", "updates", f"story/{gate}", "section/harbour", "tag/locks"} <= feeds
    assert own_site.http.get("/readyz").json()["position"] == event["position"]


def test_hidden_stories_make_no_sound(own_site: Site) -> None:
    async def work(app):
        hidden = own_site.ids["embargoed"]
        await update(app, hidden, "Secret figure")
        await update(app, own_site.ids["gate"], "Rail measured")

    with own_site.http.stream("GET", "/live") as answer:
        at_desk(own_site.home, work)
        event = next(_events(answer))
    assert own_site.ids["embargoed"] not in json.dumps(event)
    assert "tag/budget" not in event["feeds"]
    assert f"story/{own_site.ids['gate']}" in event["feeds"]


def test_a_kill_reaches_those_who_have_the_page_open(own_site: Site) -> None:
    closed = own_site.ids["closed"]
    with own_site.http.stream("GET", "/live") as answer:
        at_desk(own_site.home, lambda app: order(app, c.KillStory, closed, reason="Unsafe."))
        assert f"story/{closed}" in next(_events(answer))["feeds"]


def test_who_was_away_gets_what_it_missed(own_site: Site) -> None:
    before = own_site.http.get("/readyz").json()["position"]
    with own_site.http.stream("GET", "/live") as answer:
        at_desk(own_site.home, lambda app: publish(app, "Buoy adrift"))
        first = next(_events(answer))
    for way in ({"params": {"after": before}}, {"headers": {"Last-Event-ID": str(before)}}):
        with own_site.http.stream("GET", "/live", **way) as answer:
            assert next(_events(answer)) == first
    with own_site.http.stream("GET", "/live", params={"after": 1}) as answer:
        assert next(_events(answer))["reset"] is True


class Position:
    """What the hub needs of a follower, to drive it without a log."""

    def __init__(self) -> None:
        self.position = 0

    def listen(self, listener: object) -> None:
        self.listener = listener


def _publish(hub: Hub, follower: Position, number: int, names: tuple[str, ...] = ()) -> None:
    follower.position = number
    hub.publish(Published(written=names or ("stories.rss",), removed=(), position=number))


def test_what_is_remembered_is_bounded() -> None:
    follower = Position()
    hub = Hub(follower)  # type: ignore[arg-type]
    assert hub.missed(0) == []
    for number in range(1, REMEMBERED + 11):
        _publish(hub, follower, number)
    assert [change.reset for change in hub.missed(5)] == [True]
    assert len(hub.missed(10)) == REMEMBERED
    assert len(hub.missed(REMEMBERED)) == 10


def test_very_many_feeds_at_once_are_one_reset() -> None:
    follower = Position()
    hub = Hub(follower)  # type: ignore[arg-type]
    hub.missed(0)
    _publish(hub, follower, 1, tuple(f"tag/{n}.rss" for n in range(1000)))
    assert [(change.reset, change.feeds) for change in hub.missed(0)] == [(True, ())]


async def test_a_reader_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = Position()
    hub = Hub(follower)  # type: ignore[arg-type]
    import asyncio

    queue: asyncio.Queue = asyncio.Queue(maxsize=QUEUE)
    frames = hub._frames(queue, None)
    assert (await anext(frames)).startswith(b"retry")
    for number in range(1, QUEUE + 5):
        _publish(hub, follower, number)
    assert [frame async for frame in frames] == []
    assert not hub._queues


async def test_a_silent_stream_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr("feedstream.web.live.HEARTBEAT", 0.01)
    hub = Hub(Position())  # type: ignore[arg-type]
    frames = hub._frames(asyncio.Queue(), None)
    await anext(frames)
    assert (await anext(frames)).startswith(b":")
    await frames.aclose()
