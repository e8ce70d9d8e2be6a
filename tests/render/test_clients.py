"""What two feed parsers of other hands see of a feed: nothing that they look for is lost."""

import fastfeedparser
import feedparser
import pytest

from feedstream.render import FORMATS
from tests.render.documents import DOCUMENT, PICTURE, SOUND, STORY, UPDATE, WIRE

XML = pytest.mark.parametrize("fmt", ["atom", "rss"])


def seen(fmt, document=DOCUMENT):
    found = feedparser.parse(FORMATS[fmt].render(document), sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    return found


@XML
def test_feedparser_sees_the_feed_itself_beside_tombstones_hubs_and_history(fmt):
    feed = seen(fmt).feed
    assert feed.title == DOCUMENT.title
    assert feed.link == DOCUMENT.home_url
    assert feed.subtitle == DOCUMENT.description
    assert feed.rights == DOCUMENT.rights
    assert feed.language == DOCUMENT.language
    assert feed.updated_parsed[:5] == (2021, 12, 9, 9, 30)
    links = [(link.rel, link.href) for link in feed.links]
    assert ("self", DOCUMENT.address_in(fmt)) in links
    assert [href for rel, href in links if rel == "hub"] == list(DOCUMENT.hubs)
    assert ("prev-archive", f"{DOCUMENT.history.prev}.{fmt}") in links
    assert feed["at_deleted-entry"]["ref"] == DOCUMENT.deleted[-1].ref


@XML
def test_feedparser_sees_all_of_an_entry(fmt):
    story, update = seen(fmt).entries
    assert (story.id, story.link, story.title) == (STORY.id, STORY.url, STORY.title)
    assert story.summary == STORY.summary
    assert story.content[0].value == STORY.content
    assert story.published_parsed[:3] == (2021, 12, 6)
    assert story.updated_parsed[:3] == (2021, 12, 8)
    assert [one.name for one in story.authors] == ["Ada Example", "Ben Sample"]
    assert [one.name for one in story.contributors] == ["Foreign Policy", "TASS"]
    assert [one.term for one in story.tags] == ["World", "Ukraine"]
    assert story.rights == STORY.rights
    assert story.source.title == WIRE.name
    assert (update.id, update.title) == (UPDATE.id, UPDATE.title)
    assert update["thr_in-reply-to"]["ref"] == STORY.id
    assert [(one.term, one.scheme) for one in update.tags] == [
        ("update", "tag:feedstream,2026:kind")
    ]
    assert update.fs_kind == "update"


@XML
def test_feedparser_sees_the_media(fmt):
    story = seen(fmt).entries[0]
    assert [one["url"] for one in story.media_content] == [one.url for one in STORY.media]
    picture = story.media_content[2]
    assert (picture["width"], picture["height"], picture["filesize"]) == ("1200", "800", "52100")
    enclosures = [one.href for one in story.enclosures]
    assert enclosures == ([PICTURE.url] if fmt == "rss" else [one.url for one in STORY.media])


@pytest.mark.parametrize("fmt", FORMATS)
def test_fastfeedparser_sees_the_same_in_all_formats(fmt):
    found = fastfeedparser.parse(FORMATS[fmt].render(DOCUMENT))
    assert (found.feed.title, found.feed.link) == (DOCUMENT.title, DOCUMENT.home_url)
    story, update = found.entries
    assert (story.id, story.link, story.title) == (STORY.id, STORY.url, STORY.title)
    assert story.description == STORY.summary
    assert story.content[0]["value"] == STORY.content
    assert (story.published[:10], story.updated[:10]) == ("2021-12-06", "2021-12-08")
    assert story.author == "Ada Example"
    assert [one["term"] for one in story.tags] == ["World", "Ukraine"]
    assert (update.id, update.title) == (UPDATE.id, UPDATE.title)
    if fmt == "json":
        assert [one["url"] for one in story.enclosures] == [one.url for one in STORY.media]
    else:
        told = [(one["url"], one.get("title")) for one in story.media_content]
        assert told == [(one.url, one.title or None) for one in STORY.media]
        assert (SOUND.url, SOUND.title) in told
