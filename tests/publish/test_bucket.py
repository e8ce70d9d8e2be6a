"""A bucket of a real S3 server (moto's) holds what is published, and no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from feedstream.bootstrap import App, open_app
from feedstream.cli.publish import headers_of
from feedstream.config import Settings, Site
from feedstream.domain import commands as c
from feedstream.erasing import Eraser
from feedstream.errors import Invalid, Unreachable
from feedstream.publish.bucket import INDEX, Bucket, open_bucket
from feedstream.publish.codings import unpacked
from feedstream.publish.files import SUFFIXES
from tests.publish.folders import plain, served
from tests.walk.conftest import TickingClock

SETTINGS = Settings(site=Site(title="The Harbour Post", base_url="https://post.example.org"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client of the server, whose buckets are gone after each test."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=key/20240304/us-east-1/s3/aws4_request"}
    with httpx.Client(base_url=server, timeout=20, headers=signed) as http:
        http.post("/moto-api/reset")
        put(http, "/site")
        yield http


def put(http: httpx.Client, path: str, content: bytes = b"") -> None:
    """Make a bucket or an object, by another hand."""
    assert http.put(path, content=content).status_code == 200


@pytest.fixture
async def app(tmp_path: Path) -> Any:
    (tmp_path / "feedstream.toml").write_text("")
    async with open_app(tmp_path, settings=SETTINGS, clock=TickingClock()) as app:
        yield app


def bucket(app: App, s3: httpx.Client, **how: Any) -> Bucket:
    store = open_bucket("s3://site/news", endpoint=str(s3.base_url), region="us-east-1")
    return Bucket(store, app.home.feeds, app.ledger, headers_of, **how)


async def begin(app: App, headline: str, **more: Any) -> str:
    command = app.newsroom.begin(headline=headline, body="<p>Shut.</p>", **more)
    story = (await app.newsroom.execute(command, actor="desk")).story.id
    await app.settle()
    return story


def objects(s3: httpx.Client) -> dict[str, httpx.Response]:
    """Every object, by its name below the prefix, as it is answered."""
    listed = s3.get("/site?list-type=2").text
    keys = [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]
    found = {}
    for key in keys:
        with s3.stream("GET", f"/site/{key}") as answer:
            answer._content = b"".join(answer.iter_raw())
        found[key.removeprefix("news/")] = answer
    return found


def contents(s3: httpx.Client) -> dict[str, bytes]:
    return {name: one.content for name, one in objects(s3).items() if name != INDEX}


def on_disk(app: App) -> dict[str, bytes]:
    files = served(app.home.feeds)
    return {name: found for name, found in files.items() if not name.startswith(".well-known")}


async def test_the_bucket_holds_what_is_published_with_the_right_headers(
    app: App, s3: httpx.Client
) -> None:
    story = await begin(app, "Bridge", tags=("harbour",))
    sent = bucket(app, s3).send()
    assert sent.whole
    assert contents(s3) == on_disk(app)
    found = objects(s3)
    assert found["stories.rss"].headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert found[f"story/{story}.json"].headers["content-type"] == "application/feed+json"
    assert found["stories.atom"].headers["cache-control"].startswith("public, max-age=30")
    assert "content-encoding" not in found["stories.atom"].headers
    for coding, suffix in SUFFIXES.items():
        one = found[f"stories.atom{suffix}"]
        assert one.headers["content-encoding"] == coding
        assert one.headers["content-type"] == "application/atom+xml; charset=utf-8"
        assert unpacked(one.content, coding) == found["stories.atom"].content


async def test_only_what_changed_is_sent_and_the_lists_come_last(
    app: App, s3: httpx.Client
) -> None:
    await begin(app, "Bridge", tags=("harbour",))
    await begin(app, "Ferry", tags=("night",))
    bucket(app, s3, packed=False).send()
    assert bucket(app, s3, packed=False).send().written == ()
    story = await begin(app, "Crane", tags=("night",))
    sent = bucket(app, s3, packed=False).send()
    assert not sent.whole
    assert contents(s3) == plain(on_disk(app))
    names = {name.partition(".")[0] for name in sent.written}
    assert {"stories", "updates", "tag/night", f"story/{story}"} <= names
    assert "tag/harbour" not in names
    assert sent.written.index(f"story/{story}.rss") < sent.written.index("stories.rss")
    assert sent.written.index("stories.rss") < sent.written.index("news-sitemap.xml")


async def test_a_killed_story_leaves_the_bucket(app: App, s3: httpx.Client) -> None:
    story = await begin(app, "Libel", tags=("libel-tag",))
    bucket(app, s3, packed=False).send()
    kill = c.KillStory(story=story, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="desk")
    await app.settle()
    sent = bucket(app, s3, packed=False).send()
    assert "tag/libel-tag.rss" in sent.removed
    assert contents(s3) == plain(on_disk(app))
    assert b"Libel" not in b"".join(plain(contents(s3)).values())


async def test_an_erased_story_leaves_it_with_its_names(app: App, s3: httpx.Client) -> None:
    story = await begin(app, "Libel", tags=("libel-tag",))
    bucket(app, s3, packed=False).send()
    eraser = Eraser(app.newsroom)
    await eraser.carry_out(
        await eraser.of_story(story), kind="request", reason="Asked.", actor="desk"
    )
    await app.settle()
    assert (
        bucket(app, s3, packed=False).send().whole
    )  # the ledger has no names any more: what is there counts
    assert contents(s3) == plain(on_disk(app))
    assert not any("libel" in name for name in contents(s3))


async def test_what_others_put_there_stays_and_what_was_broken_is_mended(
    app: App, s3: httpx.Client
) -> None:
    await begin(app, "Bridge", tags=("harbour",))
    bucket(app, s3, packed=False).send()
    put(s3, "/site/news/about.html", b"theirs")
    put(s3, "/site/news/stories.rss", b"broken")
    put(s3, "/site/news/tag/old.rss", b"of a feed that is gone")
    assert bucket(app, s3, packed=False).send().written == ()
    sent = bucket(app, s3, packed=False).send(everything=True)
    assert (sent.written, sent.removed) == (("stories.rss",), ("tag/old.rss",))
    assert contents(s3) == plain(on_disk(app)) | {"about.html": b"theirs"}


async def test_a_bucket_that_is_not_there_is_told_and_the_next_time_is_whole(
    app: App, s3: httpx.Client
) -> None:
    await begin(app, "Bridge")
    store = open_bucket("s3://nobody", endpoint=str(s3.base_url), region="us-east-1")
    with pytest.raises(Unreachable, match="there is no bucket “nobody”") as told:
        Bucket(store, app.home.feeds, app.ledger, headers_of, packed=False).send()
    assert "<" not in told.value.sentence
    put(s3, "/nobody")
    sent = Bucket(store, app.home.feeds, app.ledger, headers_of, packed=False).send()
    assert set(sent.written) == set(plain(on_disk(app)))


@pytest.mark.parametrize("place", ["site", "http://site", "s3://", "s3:///x"])
def test_what_is_no_bucket_is_refused(place: str) -> None:
    with pytest.raises(Invalid, match="is no bucket"):
        open_bucket(place)
