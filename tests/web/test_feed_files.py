"""The published files over HTTP."""

import gzip
import hashlib
import os
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from feedstream.config import Home
from feedstream.domain import commands as c
from feedstream.projections.ledger import Ledger
from feedstream.publish.codings import unpacked
from tests.web.conftest import Site
from tests.web.site import at_desk, order, update, wait_for

PLAIN = {"Accept-Encoding": "identity"}
TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}


def test_the_bytes_are_those_on_the_disk_with_the_ledger_s_word_as_validator(site: Site) -> None:
    with closing(Ledger(Home(site.home).ledger)) as ledger:
        rows = {row.file: row for row in ledger.latest()}
    for ending, kind in TYPES.items():
        answer = site.http.get(f"/feeds/stories.{ending}", headers=PLAIN)
        content = (site.home / "feeds" / f"stories.{ending}").read_bytes()
        row = rows[f"stories.{ending}"]
        assert answer.content == content
        assert row.digest == hashlib.sha256(content).hexdigest()
        wanted = f'"{row.position}-{row.settings[:8]}-{row.digest[:16]}"'
        assert answer.headers["etag"] == wanted
        assert answer.headers["content-type"] == kind
        assert answer.headers["vary"] == "Accept-Encoding, A-IM, Sec-Fetch-Dest"
        assert answer.headers["accept-ranges"] == "none"
        assert "max-age" in answer.headers["cache-control"]
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(("coding", "suffix"), [("gzip", "gz"), ("br", "br"), ("zstd", "zst")])
def test_each_coding_holds_the_same_bytes_under_a_validator_of_its_own(
    site: Site, coding: str, suffix: str
) -> None:
    plain = site.http.get("/feeds/stories.atom", headers=PLAIN)
    with site.http.stream("GET", "/feeds/stories.atom", headers={"Accept-Encoding": coding}) as got:
        raw = b"".join(got.iter_raw())
    assert got.headers["content-encoding"] == coding
    assert unpacked(raw, coding) == plain.content
    assert got.headers["etag"] == plain.headers["etag"][:-1] + f'-{suffix}"'
    published = site.home / "feeds" / f"stories.atom.{suffix}"
    assert not published.exists() or published.read_bytes() == raw


def test_a_browser_that_opens_a_feed_is_sent_xml_with_a_stylesheet(site: Site) -> None:
    opened = {**PLAIN, "Sec-Fetch-Dest": "document"}
    for ending in ("rss", "atom"):
        plain = site.http.get(f"/feeds/stories.{ending}", headers=PLAIN)
        for _ in range(2):  # the second time, from what is ready
            answer = site.http.get(f"/feeds/stories.{ending}", headers=opened)
            assert answer.headers["content-type"] == "application/xml; charset=utf-8"
            assert answer.content == plain.content
        assert b"static/feed.css" in answer.content
    answer = site.http.get("/feeds/stories.json", headers=opened)
    assert answer.headers["content-type"] == "application/feed+json"


def test_who_refuses_every_coding_is_told(site: Site) -> None:
    answer = site.http.get("/feeds/stories.atom", headers={"Accept-Encoding": "identity;q=0"})
    assert answer.status_code == 406
    assert "accept one of these" in answer.text
    assert answer.headers["vary"] == "Accept-Encoding, A-IM, Sec-Fetch-Dest"


def test_lists_may_come_in_several_lines(site: Site) -> None:
    tag = site.http.get("/feeds/stories.atom", headers=PLAIN).headers["etag"]
    headers = [("Accept-Encoding", "identity;q=0"), ("Accept-Encoding", "gzip")]
    given = [*headers, ("If-None-Match", '"x"'), ("If-None-Match", tag)]
    answer = site.http.get("/feeds/stories.atom", headers=headers)
    assert answer.headers["content-encoding"] == "gzip"
    assert site.http.get("/feeds/stories.atom", headers=given).status_code == 304


def test_a_range_is_answered_with_the_whole(site: Site) -> None:
    whole = site.http.get("/feeds/stories.rss", headers=PLAIN)
    part = site.http.get("/feeds/stories.rss", headers={**PLAIN, "Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (200, whole.content)


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "PATCH"])
def test_feeds_are_only_read(site: Site, method: str) -> None:
    answer = site.http.request(method, "/feeds/stories.rss")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_the_hub_and_the_own_address_are_in_the_link_header(site: Site) -> None:
    links = site.http.get("/feeds/stories.rss").headers["link"].split(", ")
    assert links == [
        '<http://127.0.0.1:8000/feeds/stories.rss>; rel="self"',
        '<http://127.0.0.1:8000/hub>; rel="hub"',
    ]


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
    # Another hand wrote it: there is no position that it came with.
    digest = hashlib.sha256(content).hexdigest()[:16]
    assert answer.headers["etag"] == f'"0-00000000-{digest}-gz"'


def test_a_feed_that_was_published_and_is_no_more_is_gone(own_site: Site) -> None:
    files = ("section/trade.rss", f"story/{own_site.ids['closed']}.json")
    for file in files:
        assert own_site.http.get(f"/feeds/{file}").status_code == 200
    at_desk(
        own_site.home,
        lambda app: order(app, c.KillStory, own_site.ids["closed"], reason="It named a person."),
    )
    for file in files:
        answer = wait_for(
            lambda file=file: own_site.http.get(f"/feeds/{file}"),
            lambda answer: answer.status_code != 200,
        )
        assert answer.status_code == 410
    assert own_site.http.get("/feeds/section/nothing.rss").status_code == 404
    assert own_site.http.get("/feeds/tag/budget.rss").status_code == 404


def test_a_story_that_is_held_back_again_is_withheld_and_not_gone(own_site: Site) -> None:
    story = own_site.ids["gate"]
    until = datetime(2100, 1, 1, tzinfo=UTC)
    at_desk(own_site.home, lambda app: order(app, c.EmbargoStory, story, until=until))
    feed = wait_for(
        lambda: own_site.http.get(f"/feeds/story/{story}.atom"), lambda got: got.status_code != 200
    )
    assert feed.status_code == 404
    record = wait_for(
        lambda: own_site.http.get(f"/feeds/story/{story}.ninjs.json"),
        lambda got: got.status_code == 200,
    )
    assert record.json()["pubStatus"] == "withheld"


def test_the_page_after_the_last_sealed_one_is_the_feed_itself(own_site: Site) -> None:
    folder = own_site.home / "feeds" / "archive" / "updates"
    folder.mkdir(parents=True)
    (folder / "1.atom").write_text("<feed/>")
    answer = own_site.http.get("/feeds/archive/updates/2.atom", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "/feeds/updates.atom"
    for file in ("archive/updates/3.atom", "archive/updates/2.rss", "archive/updates/x.atom"):
        assert own_site.http.get(f"/feeds/{file}").status_code == 404


def test_a_sealed_archive_is_kept_for_ever_by_caches(own_site: Site) -> None:
    folder = own_site.home / "feeds" / "archive"
    folder.mkdir(exist_ok=True)
    (folder / "updates-1-0123456789abcdef.atom").write_text("<feed/>")
    (folder / "updates.atom").write_text("<feed/>")
    sealed = own_site.http.get("/feeds/archive/updates-1-0123456789abcdef.atom")
    assert sealed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert 'rel="hub"' not in sealed.headers["link"]
    moving = own_site.http.get("/feeds/archive/updates.atom")
    assert "immutable" not in moving.headers["cache-control"]
