"""Fetching from a real server, good and hostile."""

import asyncio
import ssl
import time
import tracemalloc

import pytest
import trustme

from feedstream import __version__
from feedstream.config import Wire
from feedstream.errors import Invalid, Unreachable
from feedstream.wire.failure import AddressRefused, FetchFailed
from feedstream.wire.fetch import Fetched, FetchState, fetch, make_client
from tests.wire.conftest import RSS, Partner, running, source


async def get(partner: Partner, path: str, limits: Wire, **changes: object) -> Fetched:
    async with make_client(limits) as client:
        return await fetch(client, source(partner.url(path), **changes), FetchState(), limits)


async def test_a_feed_is_fetched_with_an_honest_agent(partner: Partner, limits: Wire) -> None:
    found = await get(partner, "/feed", limits)
    assert (found.outcome, found.status, found.body) == ("new", 200, RSS)
    assert found.content_type == "text/plain"
    assert found.url == partner.url("/feed")
    assert partner.seen("/feed")[0]["user-agent"] == f"feedstream/{__version__}"


async def test_the_second_look_is_conditional_and_cheap(partner: Partner, limits: Wire) -> None:
    one = source(partner.url("/conditional"))
    async with make_client(limits) as client:
        first = await fetch(client, one, FetchState(), limits)
        second = await fetch(client, one, first.state, limits)
    assert first.state.etag == '"v1"'
    assert (second.outcome, second.body, second.state) == ("not-modified", b"", first.state)
    assert partner.seen("/conditional")[1]["if-modified-since"] == "Mon, 06 Dec 2021 10:00:00 GMT"


async def test_validators_go_only_where_they_came_from(partner: Partner, limits: Wire) -> None:
    one = source(partner.url("/found"))
    async with make_client(limits) as client:
        first = await fetch(client, one, FetchState(), limits)
        second = await fetch(client, one, first.state, limits)
    assert second.outcome == "not-modified"
    assert "if-none-match" not in partner.seen("/found")[1]


async def test_a_permanent_move_is_told_and_a_temporary_one_is_not(
    partner: Partner, limits: Wire
) -> None:
    assert (await get(partner, "/moved", limits)).state.moved_to == partner.url("/conditional")
    assert (await get(partner, "/found", limits)).state.moved_to == ""


@pytest.mark.parametrize("path", ["/gzip", "/two-members", "/zlib", "/raw-deflate"])
async def test_content_codings_are_undone(path: str, partner: Partner, limits: Wire) -> None:
    assert (await get(partner, path, limits)).body == RSS


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/cut-gzip", "ended early"),
        ("/no-gzip", "can't be decoded"),
        ("/br", "was not asked for"),
        ("/bomb-in-bomb", "was not asked for"),
        ("/declared-large", "more than 100,000 bytes"),
        ("/endless", "more than 100,000 bytes"),
        ("/drip", "within 2 seconds"),
        ("/silent", "answering|within 2 seconds"),
        ("/reset", "broke off"),
        ("/loop", "redirects more than 5 times"),
        ("/to-file", "neither http nor https"),
        ("/to-nothing", "no web address"),
        ("/304", "tell the partner"),
        ("/404", "status 404"),
        ("/410", "gone for good"),
        ("/teapot", "status 418"),
    ],
)
async def test_a_failure_is_one_sentence_that_names_the_source(
    path: str, says: str, partner: Partner, limits: Wire
) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match=says) as caught:
        await get(partner, path, limits)
    assert caught.value.sentence.startswith("Source “tass” ")
    assert caught.value.sentence.endswith(".")
    assert time.monotonic() - began < 3


async def test_a_bomb_is_stopped_before_it_swells(partner: Partner, limits: Wire) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FetchFailed, match="more than 100,000 bytes"):
            await get(partner, "/bomb", limits)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("path", "status", "wait"), [("/429", 429, 120.0), ("/503", 503, 300.0)])
async def test_retry_after_is_carried(
    path: str, status: int, wait: float, partner: Partner, limits: Wire
) -> None:
    with pytest.raises(FetchFailed) as caught:
        await get(partner, path, limits)
    assert (caught.value.status, caught.value.retry_after) == (status, wait)


async def test_a_private_address_is_refused_unless_allowed(partner: Partner, limits: Wire) -> None:
    for url in (partner.url("/feed"), partner.url("/feed", "localhost")):
        async with make_client(limits) as client:
            await fetch(client, source(url), FetchState(), limits)
            # The open connection of the allowed source must not serve the other one.
            with pytest.raises(AddressRefused, match="allow_private"):
                await fetch(client, source(url, allow_private=False), FetchState(), limits)
    assert len(partner.requests) == 2


async def test_a_redirect_is_checked_as_the_first_address_is(
    partner: Partner, limits: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A partner on the open internet is stood in for by calling this server's address public.
    monkeypatch.setattr("feedstream.wire.guard.is_public", lambda text: text == "127.0.0.1")
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        await get(partner, "/to-metadata", limits, allow_private=False)


async def test_the_checked_address_is_the_one_connected_to(
    partner: Partner, limits: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is asked for once, and its second answer is never seen."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def look_up(host: str, port: int) -> list[str]:
        return answers.pop(0)

    monkeypatch.setattr("feedstream.wire.guard.is_public", lambda text: text == "127.0.0.1")
    one = source(partner.url("/feed", "wire.example"), allow_private=False)
    async with make_client(limits, look_up=look_up) as client:
        found = await fetch(client, one, FetchState(), limits)
    assert found.body == RSS
    assert len(answers) == 1
    assert partner.seen("/feed")[0]["host"] == f"wire.example:{partner.port}"


async def test_one_private_address_among_public_ones_is_enough(limits: Wire) -> None:
    async def look_up(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    one = source("http://wire.example/", allow_private=False)
    async with make_client(limits, look_up=look_up) as client:
        with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
            await fetch(client, one, FetchState(), limits)


async def test_credentials_stay_with_their_origin(partner: Partner, limits: Wire) -> None:
    named = partner.url("/to-same").replace("//", "//me:secret@")
    async with make_client(limits) as client:
        found = await fetch(client, source(named), FetchState(), limits)
        away = named.replace("/to-same", "/to-localhost")
        await fetch(client, source(away), FetchState(), limits)
    same, other = partner.seen("/feed")
    assert "authorization" in same
    assert "authorization" not in other
    assert "secret" not in repr(found.state) + found.url


async def test_a_failure_shows_neither_password_nor_key(partner: Partner, limits: Wire) -> None:
    url = partner.url("/404?key=hush").replace("//", "//me:secret@")
    async with make_client(limits) as client:
        with pytest.raises(FetchFailed) as caught:
            await fetch(client, source(url), FetchState(), limits)
    assert "secret" not in caught.value.sentence
    assert "hush" not in caught.value.sentence


async def test_cookies_are_not_kept(partner: Partner, limits: Wire) -> None:
    async with make_client(limits) as client:
        for _ in range(2):
            await fetch(client, source(partner.url("/cookie")), FetchState(), limits)
    assert all("cookie" not in headers for headers in partner.seen("/cookie"))


@pytest.mark.parametrize("url", ["ftp://e.org/f", "file:///etc/passwd", "nonsense", "http://", ""])
async def test_an_address_that_is_none_is_invalid(url: str, limits: Wire) -> None:
    async with make_client(limits) as client:
        with pytest.raises(Invalid, match="Source “tass”"):
            await fetch(client, source(url), FetchState(), limits)


async def test_a_host_without_server_or_name_is_unreachable(limits: Wire) -> None:
    for url in ("http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://" + "a" * 70 + "/"):
        async with make_client(limits) as client:
            with pytest.raises(FetchFailed, match="check its address"):
                await fetch(client, source(url), FetchState(), limits)


async def test_tls_names_the_host_though_the_address_is_connected_to(limits: Wire) -> None:
    authority = trustme.CA()
    server, trusting = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("wire.example").configure_cert(server)
    authority.configure_trust(trusting)
    asked: list[str | None] = []
    server.sni_callback = lambda _, name, __: asked.append(name)

    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with running(Partner(), server) as partner:
        one = source(partner.url("/feed", "wire.example"))
        async with make_client(limits, context=trusting, look_up=look_up) as client:
            assert (await fetch(client, one, FetchState(), limits)).body == RSS
        async with make_client(limits, look_up=look_up) as client:
            with pytest.raises(FetchFailed, match="certificate"):
                await fetch(client, one, FetchState(), limits)
    assert asked[0] == "wire.example"


async def test_a_stalled_source_delays_no_other(partner: Partner, limits: Wire) -> None:
    async with make_client(limits) as client:
        stalled = [
            asyncio.create_task(fetch(client, source(partner.url("/drip")), FetchState(), limits))
            for _ in range(30)
        ]
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await fetch(client, source(partner.url("/feed")), FetchState(), limits)
        assert time.monotonic() - began < 1
        outcomes = await asyncio.gather(*stalled, return_exceptions=True)
    assert all(isinstance(outcome, FetchFailed) for outcome in outcomes)
