"""Feeds are a pure function of stories and settings, and hold up against what people write."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from feedstream.config import Site
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.when import format_when
from feedstream.render import FORMATS, Article, build_document, render_opml
from tests.domain.desk import PUBLISHED, record, story_after

SITE = Site(title="The Harbour Post", base_url="https://post.example.org")
ATOM = "{http://www.w3.org/2005/Atom}"
UPDATE = e.UpdateAdded(update="u1", entry_id="tag:x,2021:u1", headline="Divers", body="<p>Two.</p>")
CORRECTION = e.CorrectionIssued(
    correction="k1", entry_id="tag:x,2021:k1", was="two", now="three", why="A miscount."
)
RETRACTION = e.StoryRetracted(entry_id="tag:x,2021:r", reason="It never closed.")
CREDITS = (e.CreditAdded(name="TASS"), e.CreditAdded(name="Foreign Policy"))
KINDS = ("stories", "updates", "corrections")


def rendered(*events, kind="stories", site=SITE):
    """The feed of one story in every format."""
    story = story_after(*events)
    document = build_document(
        FeedDefinition(name=kind, title=kind.title(), kind=kind),
        [Article(story=story, slug=story.slug)],
        site,
    )
    return {name: output.render(document) for name, output in FORMATS.items()}


def content(*events, kind="stories"):
    return json.loads(rendered(*events, kind=kind)["json"])["items"][0]["content_html"]


def test_a_story_shows_corrections_then_updates_newest_first_then_the_report_then_credits():
    second = replace(UPDATE, update="u2", headline="Reopened", body="<p>Open.</p>")
    html = content(PUBLISHED, UPDATE, second, CORRECTION, *CREDITS)
    order = ["A miscount.", "Reopened", "Divers", "The bridge is shut.", "With reporting by"]
    assert [html.index(words) for words in order] == sorted(html.index(words) for words in order)
    assert html.endswith("<p><em>With reporting by TASS and Foreign Policy</em></p>")


def test_a_date_without_a_time_is_shown_without_one():
    story = story_after(PUBLISHED)
    from feedstream.domain.evolve import evolve

    dated = replace(
        record(UPDATE, 2, date(2021, 12, 6)), recorded_at=datetime(2022, 1, 1, tzinfo=UTC)
    )
    document = build_document(
        FeedDefinition(name="stories", title="Stories"),
        [Article(story=evolve(story, dated), slug="x")],
        SITE,
    )
    assert '<time datetime="2021-12-06">6 December 2021</time>' in document.entries[0].content


def test_a_retracted_story_is_its_notice():
    found = rendered(PUBLISHED, UPDATE, RETRACTION)
    for name, text in found.items():
        assert b"RETRACTED: Harbour bridge closes" in text, name
        assert b"It never closed." in text
        assert b"The bridge is shut." not in text
        assert b"Two." not in text


def test_the_updates_feed_has_an_entry_for_each_thing_that_happened():
    items = json.loads(rendered(PUBLISHED, UPDATE, CORRECTION, RETRACTION, kind="updates")["json"])
    kinds = [item["_feedstream"]["kind"] for item in items["items"]]
    assert kinds == ["retraction", "correction", "update", "publication"]
    assert len({item["id"] for item in items["items"]}) == 4
    assert {item["_feedstream"]["story"] for item in items["items"]} == {PUBLISHED.entry_id}


def test_updated_never_goes_back_when_a_retraction_is_undone():
    back = e.StoryReinstated(reason="It did.")

    def updated(*events):
        items = json.loads(rendered(*events, kind="updates")["json"])["items"]
        return {item["id"]: item["date_modified"] for item in items}

    retracted = updated(PUBLISHED, UPDATE, RETRACTION)
    whole = updated(PUBLISHED, UPDATE, RETRACTION, back)
    assert set(retracted) < set(whole), "a retraction stays on record beside its undoing"
    assert all(whole[one] > retracted[one] for one in retracted)


def test_a_withdrawn_update_says_so_and_no_more():
    html = content(PUBLISHED, UPDATE, e.UpdateWithdrawn(update="u1", reason="Another bridge."))
    assert "Two." not in html
    assert "Another bridge." in html


@pytest.mark.parametrize(
    "hides",
    [
        (e.StoryKilled(reason="x"),),
        (e.StoryEmbargoed(until=datetime(2030, 1, 1, tzinfo=UTC)),),
        (e.StoryMergedInto(target="other"),),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_hidden_stories_are_in_no_feed_even_when_offered(hides, kind):
    for text in rendered(PUBLISHED, UPDATE, CORRECTION, *hides, kind=kind).values():
        assert b"bridge" not in text
        assert b"miscount" not in text


@pytest.mark.parametrize("ending", ["rss", "atom"])
@pytest.mark.parametrize("kind", KINDS)
def test_feedparser_reads_ids_dates_and_content(ending, kind):
    text = rendered(PUBLISHED, UPDATE, CORRECTION, *CREDITS, kind=kind)[ending]
    feed = feedparser.parse(text)
    assert not feed.bozo, feed.get("bozo_exception")
    story = story_after(PUBLISHED, UPDATE, CORRECTION, *CREDITS)
    for entry in feed.entries:
        assert entry.id.startswith("tag:")
        assert entry.published_parsed
        assert entry.updated_parsed >= entry.published_parsed
        assert entry.content[0].value
    if kind == "stories":
        assert feed.entries[0].id == story.entry_id
        assert feed.entries[0].link == "https://post.example.org/stories/harbour-bridge"


@pytest.mark.parametrize("kind", KINDS)
def test_atom_has_what_rfc_4287_demands(kind):
    root = etree.fromstring(rendered(PUBLISHED, UPDATE, CORRECTION, kind=kind)["atom"])
    for node in [root, *root.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(node.findall(f"{ATOM}{name}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name").text
    alternates = [
        (link.get("type"), link.get("hreflang"))
        for link in root.findall(f"{ATOM}link")
        if link.get("rel") == "alternate"
    ]
    assert len(alternates) == len(set(alternates))  # §4.1.1


SCHEMA = json.loads((Path(__file__).parent / "jsonfeed-1.1.schema.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_json_feeds_are_valid(kind):
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for events in ((PUBLISHED,), (PUBLISHED, UPDATE, CORRECTION, RETRACTION, *CREDITS)):
        validator.validate(json.loads(rendered(*events, kind=kind)["json"]))


def test_the_schema_can_fail():
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    feed = json.loads(rendered(PUBLISHED)["json"])
    feed["items"][0]["date_published"] = "yesterday"
    assert not validator.is_valid(feed)


def test_nothing_depends_on_zone_locale_or_hash_seed(tmp_path):
    program = (
        "import sys; from tests.render.test_rendering import *;"
        "[sys.stdout.buffer.write(text) for kind in KINDS"
        " for text in rendered(PUBLISHED, UPDATE, CORRECTION, RETRACTION, kind=kind).values()]"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "TZ": zone, "LC_ALL": lang, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for zone, lang, seed in [("UTC", "C", "0"), ("Asia/Tokyo", "C.UTF-8", "7")]
    }
    assert len(outputs) == 1
    assert b"<rss" in outputs.pop()


def test_the_locale_of_the_process_is_left_alone():
    import locale

    before = locale.setlocale(locale.LC_ALL)
    rendered(PUBLISHED, UPDATE)
    assert locale.setlocale(locale.LC_ALL) == before


def test_a_feed_without_entries_is_valid_and_shows_no_clock():
    document = build_document(FeedDefinition(name="tag/x", title="X", tag="x"), [], SITE)
    for output in FORMATS.values():
        assert b"202" not in output.render(document).replace(b",2021:feed", b"").replace(
            b"2026:", b""
        )


nasty = st.one_of(
    st.sampled_from(
        [
            "]]>",
            "<script>alert(1)</script>",
            "&amp;&",
            "\x00\x0b",
            "🌉",
            "\u05e9\u05dc\u05d5\u05dd\u200f",
            "<!--",
            "\ufffe",
        ]
    ),
    st.text(max_size=30),
)


@for_all(nasty, nasty, nasty)
def test_whatever_people_write_the_feeds_stay_well_formed(headline, tag, words):
    story = replace(PUBLISHED, headline=f"A{headline}", tags=(f"t{tag}",))
    correction = replace(CORRECTION, was=f"w{words}")
    for kind in KINDS:
        found = rendered(story, UPDATE, correction, kind=kind)
        for ending in ("rss", "atom"):
            etree.fromstring(found[ending])
            assert b"<script" not in found[ending]
        json.loads(found["json"])


def test_opml_lists_every_feed_once_and_gathers_those_of_a_kind():
    feeds = [
        FeedDefinition(name="stories", title="Stories & more"),
        FeedDefinition(name="tag/x", title="\x00", tag="x"),
        FeedDefinition(name="tag/of-the-desk", title="Named by the site", section="world"),
        FeedDefinition(name="story/1", title="One", story="1"),
    ]
    root = etree.fromstring(render_opml(feeds, SITE))
    top, tags = root.findall("body/outline[@xmlUrl]"), root.find("body/outline[@text='Tags']")
    assert [o.get("xmlUrl") for o in top] == [
        f"https://post.example.org/feeds/{name}.rss"
        for name in ("stories", "tag/of-the-desk", "story/1")
    ]
    assert [o.get("xmlUrl") for o in tags] == ["https://post.example.org/feeds/tag/x.rss"]
    assert all(o.get("text") for o in root.iter("outline"))


def test_dates_read_back_as_they_were_written():
    story = story_after(PUBLISHED, UPDATE)
    item = json.loads(rendered(PUBLISHED, UPDATE)["json"])["items"][0]
    assert item["date_modified"] == format_when(story.updated)
    assert item["date_published"] == format_when(story.published)
