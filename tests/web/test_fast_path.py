"""The fast path says what the application says, byte for byte, and nothing else."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
import uvloop

from feedstream.web.plain import LONGEST, parse_plain
from tests.web.pair import Pair, both, pair
from tests.web.site import at_desk, make_home, seed, update, wait_for

Run = Callable[[Coroutine[Any, Any, None]], None]
FILES = ("stories.rss", "updates.atom", "corrections.json", "index.opml", "section/harbour.json")
CODINGS = ("identity", "gzip", "br", "zstd")


def plain(
    file: str = "stories.rss", *lines: str, method: str = "GET", coding: str = "identity"
) -> bytes:
    given = ("Host: post.example", f"Accept-Encoding: {coding}", *lines)
    head = "".join(f"{line}\r\n" for line in (f"{method} /feeds/{file} HTTP/1.1", *given))
    return head.encode("latin-1") + b"\r\n"


@pytest.fixture(scope="module", params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    home = make_home(tmp_path_factory.mktemp("pair") / "home")
    at_desk(home, seed)
    with pair(home, request.param) as found:
        for file in FILES:  # the application is asked first
            for coding in CODINGS:
                _get(found.slow, file, coding)
        yield found


def _get(port: int, file: str, coding: str = "identity", **headers: str) -> httpx.Response:
    given = {"Accept-Encoding": coding, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return httpx.get(f"http://127.0.0.1:{port}/feeds/{file}", headers=given)


async def same(servers: Pair, *cases: bytes | list[bytes]) -> int:
    """Assert that both say the same to each case; how many answers came from the fast path."""
    before = servers.feeds.answered.total()
    parts = [case if isinstance(case, list) else [case] for case in cases]
    for case, (fast, slow) in zip(parts, await both(servers, parts), strict=True):
        assert fast == slow, case
        assert fast.startswith(b"HTTP/1.1 "), case
    return servers.feeds.answered.total() - before


async def test_plain_requests_are_answered_fast_and_alike(servers: Pair) -> None:
    cases: list[bytes] = []
    for file in FILES:
        for coding in CODINGS:
            tag = _get(servers.slow, file, coding).headers["etag"]
            cases += [
                plain(file, coding=coding),
                plain(file, coding=coding, method="HEAD"),
                plain(file, f"If-None-Match: {tag}", coding=coding),
                plain(file, f"If-None-Match: W/{tag}", coding=coding, method="HEAD"),
                plain(file, 'If-None-Match: "another"', coding=coding),
            ]
        since = _get(servers.slow, file).headers["last-modified"]
        cases += [plain(file, f"If-Modified-Since: {since}"), plain(file, "If-None-Match: *")]
    assert await same(servers, *cases) == len(cases)
    assert set(servers.feeds.answered) == {200, 304}


async def test_what_real_clients_send_is_plain(servers: Pair) -> None:
    agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    requests = [
        plain("stories.rss", agent, "Accept: */*", "Connection: keep-alive"),
        plain("stories.rss", agent, "Sec-Fetch-Mode: navigate", "Upgrade-Insecure-Requests: 1"),
        plain("stories.rss", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"),
        b"GET /feeds/stories.rss HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n",
    ]
    assert await same(servers, *requests) == len(requests)


ODD = [
    # another form of the request line
    b"GET /feeds/stories.rss HTTP/1.0\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    b"GET http://post.example/feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET  /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss  HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1 \r\nHost: a\r\n\r\n",
    b"GET\t/feeds/stories.rss\tHTTP/1.1\r\nHost: a\r\n\r\n",
    b"get /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/2.0\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.2\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss http/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1\nHost: a\n\n",
    b"GET /feeds/stories.rss HTTP/1.1\r\nHost: a\n\r\n",
    b"\r\nGET /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b" GET /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss?x=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss? HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss#x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories%2erss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds//stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/./stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/../feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/../feedstream.toml HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/Stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss.gz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/nothing.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feeds/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"TRACE /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"BREW /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GETX /feeds/stories.rss HTTP/1.1\r\nHost: a\r\n\r\n",
    # no host, two, or a strange one
    b"GET /feeds/stories.rss HTTP/1.1\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET /feeds/stories.rss HTTP/1.1\r\nHost: a/b\r\n\r\n",
    # bodies, lengths and transfer codings: what smuggling is made of
    plain("stories.rss", "Content-Length: 0"),
    plain("stories.rss", "Content-Length: 4") + b"abcd",
    plain("stories.rss", "Content-Length: 4", "Content-Length: 5") + b"abcd",
    plain("stories.rss", "Content-Length: 4, 4") + b"abcd",
    plain("stories.rss", "Content-Length: +4") + b"abcd",
    plain("stories.rss", "Content-Length: -1"),
    plain("stories.rss", "Content-Length: 0x4") + b"abcd",
    plain("stories.rss", "Content-Length : 4") + b"abcd",
    plain("stories.rss", "Content_Length: 4") + b"abcd",
    plain("stories.rss", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding: chunked", "Content-Length: 4") + b"0\r\n\r\n",
    plain("stories.rss", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding : chunked") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding:\tchunked") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
    plain("stories.rss", "Transfer-Encoding: identity"),
    plain("stories.rss", "Transfer-Encoding:", " chunked") + b"0\r\n\r\n",
    plain("stories.rss", "Trailer: Host"),
    # headers in strange forms
    plain("stories.rss", "X-A: b\x00c"),
    plain("stories.rss", "X-A: b\x0bc"),
    plain("stories.rss", "X-A: é"),
    plain("stories.rss", "X A: b"),
    plain("stories.rss", ": b"),
    plain("stories.rss", "X-A"),
    plain("stories.rss", " X-A: b"),
    plain("stories.rss", "User-Agent: a", " folded"),
    plain("stories.rss", "User-Agent:a"),
    plain("stories.rss", "User-Agent:  a"),
    plain("stories.rss", "User-Agent: a "),
    plain("stories.rss", "User-Agent: a\t"),
    plain("stories.rss", "User-Agent:"),
    plain("stories.rss", "User-Agent: a\rX: b"),
    plain("stories.rss", "User-Agent: a\nContent-Length: 4"),
    plain("stories.rss", "ACCEPT: */*", "USER-AGENT: a"),
    plain("stories.rss", "User-Agent: " + "a" * LONGEST),
    plain("stories.rss", *(f"X-{number}: a" for number in range(300))),
    plain("stories.rss", "Accept-Encoding: gzip"),
    plain("stories.rss", 'If-None-Match: "a"', 'If-None-Match: *'),
    plain("stories.rss", "If-Modified-Since: yesterday"),
    plain("stories.rss", 'If-None-Match: "unclosed'),
    # what asks for more than a feed
    plain("stories.rss", "Connection: close"),
    plain("stories.rss", "Connection: keep-alive, close"),
    plain("stories.rss", "Connection: Upgrade", "Upgrade: h2c"),
    plain("stories.rss", "Upgrade: h2c"),
    plain("stories.rss", "Expect: 100-continue"),
    plain("stories.rss", "Expect: 200-ok"),
    plain("stories.rss", "Range: bytes=0-9"),
    plain("stories.rss", "If-Match: *"),
    plain("stories.rss", "If-Range: *", "Range: bytes=0-9"),
    plain("stories.rss", "A-IM: feed"),
    plain("stories.rss", "Authorization: Basic YTpi"),
    plain("stories.rss", coding="identity;q=0"),
    plain("stories.rss", coding="*;q=0"),
]  # fmt: skip


async def test_odd_and_malformed_requests_are_answered_as_without_it(servers: Pair) -> None:
    await same(servers, *ODD)


async def test_an_odd_request_does_not_change_what_follows_it(servers: Pair) -> None:
    await same(servers, *([odd, plain(), plain("updates.atom")] for odd in ODD))
    await same(servers, *([plain(), odd, plain()] for odd in ODD))


async def test_pipelined_requests_are_answered_in_order(servers: Pair) -> None:
    page = b"GET /stories/northern-lock-gate HTTP/1.1\r\nHost: a\r\n\r\n"
    await same(
        servers,
        plain() + plain("updates.atom"),
        plain() * 20,
        [page + plain(), plain("corrections.json")],
        [plain() + page, plain()],
        [page, plain(), page, plain()],
        plain() + b"GARBAGE\r\n\r\n",
        [plain(), b"GARBAGE\r\n\r\n"],
        plain() + plain("stories.rss", "Content-Length: 4") + b"abcd" + plain(),
        plain() + b"x",
    )


async def test_a_request_may_come_in_two_parts_cut_anywhere(servers: Pair) -> None:
    request = plain("corrections.json")
    pieces = [[request[:at], request[at:]] for at in range(1, len(request))]
    assert await same(servers, *pieces) < len(pieces)
    head = plain("stories.rss")
    assert await same(servers, [head, request[:20], request[20:], head]) >= 2


async def test_a_request_byte_by_byte(servers: Pair) -> None:
    request = b"GET /feeds/corrections.json HTTP/1.1\r\nHost: a\r\n\r\n"
    assert await same(servers, [bytes([one]) for one in request]) == 0


def test_a_slow_reader_gets_all_of_it(servers: Pair) -> None:
    count = 400
    with socket.create_connection(("127.0.0.1", servers.fast)) as connection:
        connection.settimeout(20)
        for _ in range(count):
            connection.sendall(plain())
        said = b""
        while said.count(b"</rss>") < count:
            data = connection.recv(2**16)
            assert data
            said += data
    assert said.count(b"HTTP/1.1 200 OK\r\n") == count


def test_what_may_not_be_served_is_not_on_the_fast_path_either(servers: Pair) -> None:
    follower = servers.follower
    url = f"http://127.0.0.1:{servers.fast}"
    with httpx.Client(base_url=url, headers={"Accept-Encoding": "identity"}) as http:
        assert http.get("/feeds/updates.atom").status_code == 200
        follower.failed = frozenset({"updates"})
        assert http.get("/feeds/updates.atom").status_code == 503
        assert http.get("/feeds/stories.rss").status_code == 200
        follower.failed = frozenset()
        assert http.get("/feeds/updates.atom").status_code == 200
        follower.settled = False
        assert http.get("/feeds/updates.atom").status_code == 503
        follower.settled = True
        assert http.get("/feeds/updates.atom").status_code == 200


def test_a_change_is_served_at_once_and_the_old_bytes_leave_the_memory(tmp_path) -> None:
    home = make_home(tmp_path / "home")
    ids = at_desk(home, seed)
    with pair(home, uvloop.run) as servers:
        for port in (servers.slow, servers.fast, servers.fast):
            before = _get(port, "updates.rss")
        assert servers.feeds.answered[200] == 2
        at_desk(home, lambda app: _published(app, ids["gate"]))
        # The other process has published: no request after that may see the old bytes.
        after = _get(servers.fast, "updates.rss")
        assert "Rail measured" in after.text
        assert after.headers["etag"] != before.headers["etag"]
        wait_for(lambda: servers.follower.position, lambda position: position > 0)
        tag = after.headers["etag"]
        wait_for(
            lambda: (_get(servers.fast, "updates.rss", if_none_match=tag).status_code,
                     servers.feeds.answered[304]),
            lambda found: found[0] == 304 and found[1] > 0,
        )  # fmt: skip


async def _published(app, story: str) -> None:
    await update(app, story, "Rail measured")
    await app.settle()


@pytest.mark.parametrize("data", [b"", b"GET /feeds/", plain()[:-2], plain() + b"\r\n", *ODD])
def test_only_a_whole_plain_request_is_plain(data: bytes) -> None:
    found = parse_plain(data)
    if found is not None:  # the application judges what is asked: the form of it is plain
        assert data.endswith(b"\r\n\r\n")
        assert b"ontent" not in data
        assert b"ransfer" not in data
