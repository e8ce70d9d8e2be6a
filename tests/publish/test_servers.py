"""`deploy/`: real web servers give the bytes that the application gives, from the disk."""

from collections.abc import Iterator

import httpx
import pytest

from feedstream.domain import commands as c
from feedstream.publish.codings import unpacked
from tests.publish.conftest import Site
from tests.publish.folders import plain, served
from tests.web.site import at_desk, order, publish, wait_for

CODINGS = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}


@pytest.fixture(scope="module")
def both(site: Site, front: tuple[str, str]) -> Iterator[tuple[httpx.Client, httpx.Client, str]]:
    """The web server in front, the application, and what the first is called."""
    name, url = front
    with (
        httpx.Client(base_url=url, timeout=20) as server,
        httpx.Client(base_url=site.url, timeout=20) as application,
    ):
        yield server, application, name


Both = tuple[httpx.Client, httpx.Client, str]


def feeds_of(site: Site) -> dict[str, bytes]:
    found = plain(served(site.home / "feeds"))
    return {name: content for name, content in found.items() if not name.startswith(".well-known")}


def raw(client: httpx.Client, path: str, **headers: str) -> tuple[httpx.Headers, bytes, int]:
    """An answer with its body as it was sent."""
    with client.stream("GET", path, headers={"Accept-Encoding": "identity", **headers}) as answer:
        return answer.headers, b"".join(answer.iter_raw()), answer.status_code


def test_every_feed_is_what_the_application_gives(site: Site, both: Both) -> None:
    server, application, _ = both
    feeds = feeds_of(site)
    assert len(feeds) > 30
    for file, content in feeds.items():
        told, body, status = raw(server, f"/feeds/{file}")
        asked, right, _ = raw(application, f"/feeds/{file}")
        assert (status, body) == (200, right) == (200, content), file
        for header in ("content-type", "cache-control", "last-modified"):
            assert told[header] == asked[header], (file, header)
        assert told["etag"] != asked["etag"]  # so that it came from the disk
        assert "content-encoding" not in told
        assert "ninjs" in file or "newsml" in file or 'rel="hub"' in told["link"]


def test_each_coding_is_what_was_packed(site: Site, both: Both) -> None:
    server, _, name = both
    for file, content in feeds_of(site).items():
        for coding, suffix in CODINGS.items():
            if (name, coding) == ("nginx", "zstd"):
                continue
            told, body, _ = raw(server, f"/feeds/{file}", **{"Accept-Encoding": coding})
            if coding not in told.get("content-encoding", ""):
                assert (name, coding) == ("nginx", "br")
                pytest.skip("this nginx has no ngx_brotli")
            assert body == (site.home / "feeds" / (file + suffix)).read_bytes()
            assert unpacked(body, coding) == content
            assert "accept-encoding" in told["vary"].lower()


def test_validators_are_honoured(both: Both) -> None:
    server, _, _ = both
    told, _, _ = raw(server, "/feeds/stories.rss")
    packed, _, _ = raw(server, "/feeds/stories.rss", **{"Accept-Encoding": "gzip"})
    assert told["etag"] != packed["etag"]
    again = server.get(
        "/feeds/stories.rss", headers={"If-None-Match": packed["etag"], "Accept-Encoding": "gzip"}
    )
    assert (again.status_code, again.content) == (304, b"")
    since = {"If-Modified-Since": told["last-modified"], "Accept-Encoding": "identity"}
    assert server.get("/feeds/stories.rss", headers=since).status_code == 304
    assert server.get("/feeds/stories.rss", headers={"Range": "bytes=0-9"}).status_code == 200
    head = server.head("/feeds/stories.rss")
    assert (head.status_code, head.content) == (200, b"")


def test_what_is_no_file_is_answered_by_the_application(site: Site, both: Both) -> None:
    server, application, _ = both
    killed, ordered = site.ids["killed"], site.ids["ordered"]
    for path, status in {
        "/feeds/nothing.rss": 404,
        f"/feeds/story/{killed}.atom": 410,
        f"/feeds/story/{ordered}.atom": 451,
        f"/feeds/story/{site.ids['embargoed']}.atom": 404,
        "/feeds/.live/": 404,
        "/feeds/.generations/id": 404,
        "/feeds/stories.rss.gz": 404,
        "/feeds/": 200,
        "/": 200,
    }.items():
        answer = server.get(path)
        assert answer.status_code == application.get(path).status_code == status, path
    assert server.post("/feeds/stories.rss").status_code == 405
    for headers in ({"A-IM": "feed"}, {"Sec-Fetch-Dest": "document"}, {}):
        path = "/feeds/stories.rss" if headers else "/feeds/stories.rss?at=1"
        assert raw(server, path, **headers)[1] == raw(application, path, **headers)[1]


def test_a_kill_is_seen_at_once(site: Site, both: Both) -> None:
    server, _, name = both
    story = at_desk(site.home, lambda app: publish(app, "Libel", tags=(f"libel-{name}",)))
    paths = [f"/feeds/story/{story}.rss", f"/feeds/tag/libel-{name}.json"]
    for path in paths:
        wait_for(lambda path=path: server.get(path).status_code, lambda status: status == 200, 10)
    at_desk(site.home, lambda app: order(app, c.KillStory, story, reason="Libel."))
    gone = {
        path: wait_for(lambda path=path: server.get(path).status_code, lambda s: s != 200, 10)
        for path in paths
    }
    assert gone[paths[0]] == 410
    assert gone[paths[1]] in (404, 410)
    text = wait_for(lambda: server.get("/feeds/stories.rss").text, lambda t: "Libel" not in t, 10)
    assert "<rss" in text
