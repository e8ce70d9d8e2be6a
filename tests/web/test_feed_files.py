"""The published files over HTTP."""

import gzip
import hashlib
import os

import httpx
import pytest

from tests.web.conftest import Site
from tests.web.site import at_desk, update, wait_for

PLAIN = {"Accept-Encoding": "identity"}
TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}


def test_the_bytes_are_those_on_the_disk_with_their_digest_as_validator(site: Site) -> None:
    for ending, kind in TYPES.items():
        answer = site.http.get(f"/feeds/stories.{ending}", headers=PLAIN)
        content = (site.home / "feeds" / f"stories.{ending}").read_bytes()
        assert answer.content == content
        assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "max-age" in answer.headers["cache-control"]
        assert "content-encoding" not in answer.headers


def test_gzip_is_the_published_sibling_with_a_validator_of_its_own(site: Site) -> None:
    plain = site.http.get("/feeds/stories.atom", headers=PLAIN)
    with site.http.stream("GET", "/feeds/stories.atom", headers={"Accept-Encoding": "gzip"}) as got:
        raw = b"".join(got.iter_raw())
    assert got.headers["content-encoding"] == "gzip"
    assert raw == (site.home / "feeds" / "stories.atom.gz").read_bytes()
    assert gzip.decompress(raw) == plain.content
    assert got.headers["etag"] == plain.headers["etag"][:-1] + '-gz"'


def test_not_modified_repeats_what_a_cache_needs(site: Site) -> None:
    for headers in (PLAIN, {"Accept-Encoding": "gzip"}):
        first = site.http.get("/feeds/updates.rss", headers=headers)
        again = site.http.get(
            "/feeds/updates.rss", headers={**headers, "If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "cache-control", "vary", "last-modified"):
            assert again.headers[name] == first.headers[name]


def test_a_tag_wins_over_a_date(site: Site) -> None:
    first = site.http.get("/feeds/updates.rss")
    date = {"If-Modified-Since": first.headers["last-modified"]}
    assert site.http.get("/feeds/updates.rss", headers=date).status_code == 304
    other = {**date, "If-None-Match": '"other"'}
    assert site.http.get("/feeds/updates.rss", headers=other).status_code == 200


def test_head_has_the_head_of_get_and_no_body(site: Site) -> None:
    got = site.http.get("/feeds/stories.rss", headers=PLAIN)
    head = site.http.head("/feeds/stories.rss", headers=PLAIN)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "last-modified"):
        assert head.headers[name] == got.headers[name]


def test_opml_is_served(site: Site) -> None:
    answer = site.http.get("/feeds/index.opml")
    assert answer.headers["content-type"].startswith("text/x-opml")
    assert b"<opml" in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/../feedstream.toml",
        "/feeds/..%2ffeedstream.toml",
        "/feeds/%2e%2e/feedstream.toml",
        "/feeds/..%2f..%2fetc%2fpasswd",
        "/feeds/%2fetc%2fpasswd",
        "/feeds/stories.rss.gz",
        "/feeds/stories.rss%00",
        "/feeds/.stories.rss",
        "/feeds/stories.txt",
        "/feeds/section",
        "/feeds/section/.rss",
        "/feeds/section//harbour.rss",
        "/static/../app.py",
        "/static/..%2fapp.py",
    ],
)
def test_nothing_but_published_feeds_can_be_named(site: Site, path: str) -> None:
    # httpx would tidy the path: write the request line as it is.
    url = httpx.URL(site.url).copy_with(raw_path=path.encode())
    assert site.http.get(url).status_code == 404


def test_a_feed_of_a_killed_story_is_gone(site: Site) -> None:
    assert site.http.get(f"/feeds/story/{site.ids['killed']}.rss").status_code == 410
    assert site.http.get(f"/feeds/story/{site.ids['ordered']}.json").status_code == 451


def test_a_change_by_another_process_is_served_within_a_second(own_site: Site) -> None:
    before = own_site.http.get("/feeds/updates.atom")
    at_desk(own_site.home, lambda app: update(app, own_site.ids["gate"], "Rail measured"))
    answer = wait_for(
        lambda: own_site.http.get("/feeds/updates.atom"),
        lambda answer: b"Rail measured" in answer.content,
        seconds=1,
    )
    assert answer.headers["etag"] != before.headers["etag"]


def test_bytes_of_another_version_are_never_sent_under_a_validator(own_site: Site) -> None:
    path = own_site.home / "feeds" / "stories.rss"
    old_zipped = path.with_name("stories.rss.gz").read_bytes()
    content = path.read_bytes() + b"<!-- later -->"
    swap = path.with_name("swap")
    swap.write_bytes(content)
    os.replace(swap, path)
    answer = own_site.http.get("/feeds/stories.rss", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(old_zipped) != content
    assert answer.content == content
    assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}-gz"'
