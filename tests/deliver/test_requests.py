"""What is asked of the hub: which requests it takes, and what it says to the others."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from feedstream.bootstrap import open_app
from feedstream.deliver import Limits, Push
from feedstream.deliver.request import parse_request, with_parameters
from feedstream.deliver.topics import file_of, topic_of
from feedstream.domain import commands as c
from feedstream.errors import FeedstreamError, Invalid
from feedstream.newsroom import story_command
from feedstream.web.hub import HubRequests
from tests.deliver.site import QUICK, Site, Subscriber, configure, eventually, listening, running

CALLBACK = "https://reader.example/cb"
TOPIC = "https://news.example/feeds/stories.atom"


def body(**changes: str | None) -> bytes:
    form = {"callback": CALLBACK, "mode": "subscribe", "topic": TOPIC, **changes}
    return urlencode({f"hub.{k}": v for k, v in form.items() if v is not None}).encode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mode": None}, "hub.mode"),
        ({"mode": "Subscribe"}, "hub.mode"),
        ({"mode": "publish"}, "its own site's changes"),
        ({"callback": None}, "hub.callback"),
        ({"callback": "reader.example/cb"}, "hub.callback"),
        ({"callback": "ftp://reader.example/"}, "neither http nor https"),
        ({"callback": "https:///cb"}, "no host"),
        ({"callback": "https://me:secret@reader.example/"}, "password"),
        ({"callback": "https://reader.example/#part"}, "fragment"),
        ({"callback": "https://reader.example:25/"}, "port"),
        ({"callback": "http://127.0.0.1/"}, "open internet"),
        ({"callback": "http://[::1]:8080/"}, "open internet"),
        ({"callback": "http://169.254.169.254/latest"}, "open internet"),
        ({"callback": "https://reader.example/" + "x" * 2000}, "2000 characters"),
        ({"topic": None}, "hub.topic"),
        ({"topic": "x" * 2001}, "2000 characters"),
        ({"lease_seconds": "0"}, "hub.lease_seconds"),
        ({"lease_seconds": "-5"}, "hub.lease_seconds"),
        ({"lease_seconds": "ten"}, "hub.lease_seconds"),
        ({"lease_seconds": "٣"}, "hub.lease_seconds"),
        ({"secret": "s" * 200}, "200 bytes"),
        ({"secret": "ü" * 100}, "200 bytes"),
    ],
)
def test_what_can_not_be_a_request_is_refused_with_a_sentence(
    changes: dict[str, str | None], says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parse_request(body(**changes), Limits())
    assert says in refused.value.sentence


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, 864_000), ("", 864_000), ("1", 60), ("3600", 3600),
        ("99999999", 2_592_000), ("9" * 5000, 2_592_000),
    ],
)  # fmt: skip
def test_leases_have_bounds(asked: str | None, granted: int) -> None:
    assert parse_request(body(lease_seconds=asked), Limits()).lease == granted


def test_a_secret_of_199_bytes_is_taken_and_a_lease_to_unsubscribe_is_ignored() -> None:
    assert parse_request(body(secret="s" * 199), Limits()).secret == "s" * 199
    assert parse_request(body(mode="unsubscribe", lease_seconds="x"), Limits()).lease == 0


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_a_request_or_a_refusal(content: bytes) -> None:
    for form in (content, b"hub.callback=" + content, body() + b"&" + content):
        with suppress(FeedstreamError):
            parse_request(form, Limits())


def test_a_parameter_given_twice_and_a_body_in_no_utf_8_are_refused() -> None:
    for form in (body() + b"&hub.topic=other", body() + b"&x=%ff", "hub.mode=ü".encode()):
        with pytest.raises(Invalid):
            parse_request(form, Limits())


@given(st.text("abc=&%+?é/", max_size=20))
def test_the_query_of_a_callback_stays_as_it_is(query: str) -> None:
    callback = f"https://reader.example/cb?{query}"
    assert with_parameters(callback, {"hub.mode": "x"}) == f"{callback}&hub.mode=x"


@pytest.mark.parametrize(
    ("topic", "file"),
    [
        ("https://news.example/feeds/tag/a-b.rss", "tag/a-b.rss"),
        ("HTTPS://NEWS.example:443/feeds/stories.atom", "stories.atom"),
        ("https://news.example/feeds/%73tories.atom", "stories.atom"),
        ("http://news.example/feeds/stories.atom", ""),
        ("https://news.example/feeds/stories.atom?x=1", ""),
        ("https://news.example.evil.example/feeds/stories.atom", ""),
        ("https://news.example/stories.atom", ""),
        ("https://news.example:8443/feeds/stories.atom", ""),
        ("no address", ""),
        ("http://[", ""),
    ],
)
def test_a_topic_is_the_address_of_a_file(topic: str, file: str) -> None:
    assert file_of(topic, "https://news.example") == file
    if file:
        assert topic_of(file, "https://news.example").endswith(file)


async def test_over_http_every_refusal_is_a_status_and_a_line_of_text(site: Site) -> None:
    async def status(content: bytes, **headers: str) -> int:
        told = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        answer = await site.http.post("/hub", content=content, headers=told)
        assert answer.headers["content-type"].startswith("text/plain")
        assert len(answer.text.splitlines()) == 1
        return answer.status_code

    assert await status(body(mode="x")) == 400
    assert await status(body()) == 404  # of another site
    assert await status(body(topic=site.topic("none.atom"))) == 404
    assert await status(body(topic=site.topic("../feedstream.toml"))) == 404
    assert await status(b"x" * 9000) == 413
    assert await status(body(), **{"Content-Type": "application/json"}) == 415
    assert (await site.http.get("/hub")).status_code == 405
    assert site.app.push.store.waiting() == []


async def test_the_store_is_its_owners_alone(site: Site, reader: Subscriber) -> None:
    await site.subscribe(reader, secret="geheim")
    for name in ("websub.db", "websub.db-wal", "websub.db-shm"):
        assert (site.app.home.events / name).stat().st_mode & 0o777 == 0o600, name


async def test_a_flood_from_one_client_is_put_off(tmp_path: Path) -> None:
    async with running(tmp_path / "home", limits=replace(QUICK, requests_a_minute=3)) as site:
        statuses = [(await site.ask("http://127.0.0.1:1/")).status_code for _ in range(5)]
        late = await site.ask("http://127.0.0.1:1/")
    assert statuses[3:] == [429, 429]
    assert 0 < int(late.headers["retry-after"]) <= 60


async def test_what_waits_and_what_is_subscribed_has_bounds(tmp_path: Path) -> None:
    limits = replace(QUICK, max_pending_of_host=2, max_subscriptions_of_host=2)
    async with running(tmp_path / "home", limits=limits) as site, listening() as reader:
        await site.publish()
        await site.settled()
        for number in range(2):
            await site.subscribe(reader, f"{reader.address}/{number}")
        full = await site.ask(f"{reader.address}/3")
        assert full.status_code == 503
        assert "127.0.0.1" in full.text
        await site.subscribe(reader, f"{reader.address}/1", lease_seconds="90")  # a renewal
        await site.subscribe(reader, f"{reader.address}/1", mode="unsubscribe")
        reader.silent = True
        for number in range(4, 6):
            assert (await site.ask(f"{reader.address}/{number}")).status_code == 202
        assert (await site.ask(f"{reader.address}/6")).status_code == 503


async def test_the_same_request_again_is_one_request(tmp_path: Path) -> None:
    async with running(tmp_path / "home") as site, listening(Subscriber(pause=0.3)) as reader:
        await site.publish()
        await site.settled()
        for _ in range(5):
            await site.ask(f"{reader.address}/cb")
        await eventually(lambda: not site.app.push.store.waiting())
        assert len(reader.questions) <= 2
        assert reader.most_at_once == 1
        assert len(site.app.push.store.subscriptions()) == 1


async def test_a_host_is_asked_to_confirm_only_so_often(tmp_path: Path) -> None:
    limits = replace(QUICK, confirmations_a_minute_of_host=3)
    async with running(tmp_path / "home", limits=limits) as site, listening() as reader:
        await site.publish()
        await site.settled()
        for number in range(6):
            assert (await site.ask(f"{reader.address}/{number}")).status_code == 202
        await eventually(lambda: len(reader.questions) >= 3)
        await asyncio.sleep(0.5)
        assert len(reader.questions) <= 4  # what was begun together
        assert len(site.app.push.store.waiting()) >= 2


async def test_without_a_hub_in_the_settings_there_is_none(tmp_path: Path) -> None:
    async with running(tmp_path / "home", more="[websub]\nhub = false\n") as site:
        assert (await site.ask("https://reader.example/")).status_code == 404


async def test_a_feed_that_is_gone_by_the_time_is_denied(site: Site, reader: Subscriber) -> None:
    story = await site.publish("Pilot named in error")
    await site.settled()
    topic = site.topic(f"story/{story}.atom")
    await site.subscribe(reader, topic=topic)
    kill = story_command(c.KillStory, story, site.app.newsroom.clock(), reason="Private.")
    await site.app.newsroom.execute(kill, actor="desk")
    await eventually(lambda: reader.denials)
    assert reader.denials[0].asked("hub.topic") == topic
    assert "removed" in reader.denials[0].asked("hub.reason")
    await eventually(lambda: not site.app.push.store.subscriptions())
    assert (await site.ask(f"{reader.address}/cb", topic=topic)).status_code == 404
    assert reader.deliveries == []


async def test_where_nothing_is_sent_nothing_is_taken(tmp_path: Path) -> None:
    """A rehearsal has the site's settings and its address, and must not ask anybody anything."""
    configure(tmp_path / "home", "https://news.example")
    async with open_app(tmp_path / "home") as app:
        web = httpx.ASGITransport(Starlette(routes=HubRequests(app.push).routes()))
        async with httpx.AsyncClient(transport=web, base_url="http://x") as http:
            answer = await http.post("/hub", data={"hub.mode": "subscribe"})
        assert answer.status_code == 503
        assert not (app.home.events / "websub.db").exists()


async def test_a_store_that_can_not_be_used_is_told_without_a_path(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path / "home") as site:
        store = site.app.home.events / "websub.db"
        await site.ask("https://reader.example/")
        site.app.push.store.close()
        for path in store.parent.glob("websub.db*"):
            path.unlink()
        store.write_bytes(b"no database at all, and longer than a header is" * 300)
        answer = await site.ask("https://reader.example/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "websub" not in answer.text
        assert str(tmp_path) not in answer.text
    assert str(store) in caplog.text


async def test_a_fault_of_ours_is_logged_whole_and_push_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("feedstream.deliver.push.RETRY_SECONDS", 0.05)
    whole, faults = Push._worker, [ZeroDivisionError("by a fault of ours")]

    def faulty(self: Push, *given: Any) -> Any:
        if faults:
            raise faults.pop()
        return whole(self, *given)

    monkeypatch.setattr(Push, "_worker", faulty)
    async with running(tmp_path / "home") as site, listening() as reader:
        await site.publish()
        await site.settled()
        await site.subscribe(reader)
    assert "by a fault of ours" in caplog.text
    assert "Traceback" in caplog.text
