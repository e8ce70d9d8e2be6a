"""What each format says of everything that a document holds, read back from its bytes."""

import html
import json
from dataclasses import replace

import pytest
from lxml import etree

from feedstream.render import render_atom, render_json, render_rss
from feedstream.render.document import Deleted, Origin
from tests.render.documents import (
    ALL,
    ARCHIVE,
    COMPLETE,
    DAY,
    DOCUMENT,
    EMPTY,
    PICTURE,
    SITE,
    STORY,
    UPDATE,
    WIRE,
)

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "thr": "http://purl.org/syndication/thread/1.0",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
both = pytest.mark.parametrize("fmt", ["atom", "rss"])


def feed_of(fmt, document=DOCUMENT):
    """The element that holds the entries, and they."""
    root = etree.fromstring((render_atom if fmt == "atom" else render_rss)(document))
    return (
        (root, root.findall("a:entry", NS)) if fmt == "atom" else (root[0], root[0].findall("item"))
    )


def links_of(feed, rel):
    return [dict(link.attrib) for link in feed.findall("a:link", NS) if link.get("rel") == rel]


def items_of(document=DOCUMENT):
    return json.loads(render_json(document))["items"]


def test_an_atom_entry_names_its_source_whole():
    source = feed_of("atom")[1][0].find("a:source", NS)
    assert [(etree.QName(one).localname, one.text) for one in source] == [
        ("id", WIRE.id),
        ("title", "TASS"),
        ("updated", "2021-12-06T09:30:00Z"),
        ("rights", "© TASS"),
    ]


def test_what_nobody_knows_of_a_source_is_left_out():
    only = replace(STORY, origin=Origin(name="TASS", url=""))
    document = replace(DOCUMENT, entries=(only,))
    entry = feed_of("atom", document)[1][0]
    assert [one.text for one in entry.find("a:source", NS)] == ["TASS"]
    assert links_of(entry, "via") == []
    assert feed_of("rss", document)[1][0].find("source") is None
    assert items_of(document)[0]["_feedstream"]["source"] == {"name": "TASS"}


def test_a_partner_is_a_contributor_once():
    named = replace(STORY, contributors=(replace(STORY.contributors[0], name="TASS"),))
    entry = feed_of("atom", replace(DOCUMENT, entries=(named,)))[1][0]
    assert [one.text for one in entry.findall("a:contributor/a:name", NS)] == ["TASS"]
    assert entry.findtext("a:contributor/a:uri", namespaces=NS) == "https://policy.example/"


def test_language_is_told_of_feed_and_entry():
    feed, entries = feed_of("atom")
    assert (feed.get(LANG), entries[0].get(LANG), entries[1].get(LANG)) == ("en", "en", None)
    channel, items = feed_of("rss")
    assert channel.findtext("language") == "en"
    assert [item.findtext("dc:language", namespaces=NS) for item in items] == ["en", None]
    assert [item.get("language") for item in items_of()] == ["en", None]


@both
def test_media_have_address_type_size_and_title(fmt):
    content = feed_of(fmt)[1][0].findall("media:content", NS)
    assert dict(content[2].attrib) == {
        "url": PICTURE.url,
        "type": "image/jpeg",
        "medium": "image",
        "fileSize": "52100",
        "width": "1200",
        "height": "800",
    }
    assert content[2].findtext("media:title", namespaces=NS) == PICTURE.title
    assert [one.get("medium") for one in content] == ["document", "video", "image", "audio"]
    assert [one.get("fileSize") for one in content] == ["900", None, "52100", "3400000"]


@both
def test_an_update_replies_to_its_story_and_a_story_to_none(fmt):
    story, update = feed_of(fmt)[1]
    assert story.find("thr:in-reply-to", NS) is None
    reply = dict(update.find("thr:in-reply-to", NS).attrib)
    assert reply == {"ref": STORY.id, "href": STORY.url, "type": "text/html"}


@both
def test_history_is_told_as_rfc_5005_has_it(fmt):
    feed, _ = feed_of(fmt, ARCHIVE)
    assert feed.find("fh:archive", NS) is not None
    for rel, address in (
        ("self", ARCHIVE.address),
        ("current", DOCUMENT.address),
        ("prev-archive", ARCHIVE.history.prev),
        ("next-archive", ARCHIVE.history.next),
    ):
        media_type = f"application/{fmt}+xml"
        expected = {"href": f"{address}.{fmt}", "rel": rel, "type": media_type}
        assert links_of(feed, rel) == [expected]
    whole, _ = feed_of(fmt, COMPLETE)
    assert whole.find("fh:complete", NS) is not None
    assert whole.find("fh:archive", NS) is None
    now, _ = feed_of(fmt)
    assert now.find("fh:complete", NS) is now.find("fh:archive", NS) is None
    assert [link["href"] for link in links_of(now, "prev-archive")] == [
        f"{DOCUMENT.history.prev}.{fmt}"
    ]


@both
def test_tombstones_stand_before_the_entries_and_say_no_more_than_they_must(fmt):
    feed, entries = feed_of(fmt)
    stones = feed.findall("at:deleted-entry", NS)
    assert [dict(one.attrib) for one in stones] == [
        {"ref": one.ref, "when": when}
        for one, when in zip(
            DOCUMENT.deleted, ("2021-12-09T09:30:00Z", "2021-12-06T09:30:00Z"), strict=True
        )
    ]
    assert [[one.text for one in stone] for stone in stones] == [["This story was removed."], []]
    assert feed.index(stones[-1]) < feed.index(entries[0])
    after = list(feed)[feed.index(entries[0]) :]
    assert len(after) == len(entries)


def test_json_says_what_was_taken_back_and_why_not_more():
    assert json.loads(render_json(DOCUMENT))["_feedstream"]["deleted"] == [
        {
            "ref": DOCUMENT.deleted[0].ref,
            "when": "2021-12-09T09:30:00Z",
            "comment": "This story was removed.",
            "legal": True,
        },
        {"ref": DOCUMENT.deleted[1].ref, "when": "2021-12-06T09:30:00Z"},
    ]


def test_the_history_of_a_json_feed_is_walked_by_next_url():
    current, archive, whole, empty = (json.loads(render_json(one)) for one in ALL)
    assert current["next_url"] == archive["feed_url"]
    assert archive["next_url"] == f"{ARCHIVE.history.prev}.json"
    assert archive["_feedstream"]["history"] == {
        "kind": "archive",
        "current": current["feed_url"],
        "prev": archive["next_url"],
        "next": f"{ARCHIVE.history.next}.json",
    }
    assert [one.get("expired") for one in (current, archive, whole, empty)] == [
        None,
        True,
        None,
        None,
    ]
    assert "next_url" not in whole


def test_a_json_feed_names_its_hubs_and_an_item_its_media():
    assert json.loads(render_json(DOCUMENT))["hubs"] == [
        {"type": "WebSub", "url": url} for url in DOCUMENT.hubs
    ]
    item = items_of()[0]
    assert item["image"] == PICTURE.url
    assert item["attachments"][2] == {
        "url": PICTURE.url,
        "mime_type": "image/jpeg",
        "title": PICTURE.title,
        "size_in_bytes": 52100,
    }
    assert item["attachments"][1] == {"url": STORY.media[1].url, "mime_type": "video/mp4"}
    assert "attachments" not in items_of()[1]


def test_an_rss_channel_is_dated_by_what_last_happened_in_it():
    channel, items = feed_of("rss")
    assert channel.findtext("lastBuildDate") == "Thu, 09 Dec 2021 09:30:00 GMT"
    assert channel.findtext("pubDate") == "Thu, 09 Dec 2021 09:30:00 GMT"
    for name in ("a:updated", "dcterms:modified"):
        assert items[0].findtext(name, namespaces=NS) == "2021-12-08T09:30:00Z"
    empty, _ = feed_of("rss", EMPTY)
    assert empty.find("lastBuildDate") is empty.find("pubDate") is None


def test_an_rss_guid_is_the_id_and_no_permalink():
    guid = feed_of("rss")[1][0].find("guid")
    assert (guid.text, guid.get("isPermaLink")) == (STORY.id, "false")


def test_rss_has_no_atom_alternate_that_readers_would_take_for_its_link():
    channel, items = feed_of("rss")
    assert [links_of(node, "alternate") for node in (channel, *items)] == [[], [], []]


@both
def test_rights_are_told_of_feed_and_entry(fmt):
    feed, entries = feed_of(fmt)
    names = ("a:rights", "a:rights") if fmt == "atom" else ("copyright", "dc:rights")
    assert feed.findtext(names[0], namespaces=NS) == DOCUMENT.rights
    assert [one.findtext(names[1], namespaces=NS) for one in entries] == [STORY.rights, None]


@pytest.mark.parametrize("render", [render_atom, render_rss])
def test_a_stylesheet_is_named_before_the_root(render):
    address = f'{SITE}/feed.css?a=1&b="2"?>'
    raw = render(replace(DOCUMENT, stylesheet=address))
    instruction = etree.fromstring(raw).getprevious()
    assert instruction.target == "xml-stylesheet"
    assert instruction.get("type") == "text/css"
    # The pseudo-attributes are escaped as attributes are, which a parser leaves to the browser.
    assert html.unescape(instruction.get("href")) == address
    assert b"xml-stylesheet" not in render(replace(DOCUMENT, stylesheet=""))


def test_a_title_alone_is_no_markup():
    bare = replace(UPDATE, content="", title="<img src=x onerror=alert(1)> & co")
    document = replace(DOCUMENT, entries=(bare,))
    escaped = "&lt;img src=x onerror=alert(1)&gt; &amp; co"
    assert items_of(document)[0]["content_html"] == escaped
    assert feed_of("atom", document)[1][0].findtext("a:content", namespaces=NS) == escaped
    assert feed_of("rss", document)[1][0].findtext("description") == escaped


def test_a_tombstone_without_a_comment_has_no_empty_one():
    stone = Deleted(ref=STORY.id, when=DAY)
    feed, _ = feed_of("atom", replace(EMPTY, deleted=(stone,)))
    assert feed.find("at:deleted-entry/at:comment", NS) is None
