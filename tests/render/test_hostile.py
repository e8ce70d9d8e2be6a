"""What people and partners write neither breaks a feed nor reaches a reader as markup or script."""

from datetime import date

import feedparser
import pytest

from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.wire import WireRef
from feedstream.render import FORMATS, Article, build_document
from tests.render.sample import SITE, added, published, story_of

DAY = date(2021, 12, 6)


def feed_of(story, fmt, kind="updates"):
    definition = FeedDefinition(name=kind, title=kind, kind=kind)
    return FORMATS[fmt].render(build_document(definition, (Article(story, "s"),), SITE))


def test_an_rss_description_is_escaped_text_since_readers_take_it_for_html():
    body = "<p>AT&amp;T &lt;img src=x onerror=alert(1)&gt;</p>"
    story = story_of("s", (DAY, published("s", body=body)))
    raw = feed_of(story, "rss", "stories").decode()
    assert "AT&amp;amp;T &amp;lt;img" in raw
    seen = feedparser.parse(raw, sanitize_html=False).entries[0].summary
    assert "<img" not in seen


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " JavaScript:x", "relative-address"]
)
def test_a_partner_cannot_place_a_script_address_in_a_feed(fmt, url):
    origin = WireRef(item="i", source="w", revision=1, url=url)
    credit = e.CreditAdded(name="Wire", url=url, source="w")
    story = story_of(
        "s", (DAY, published("s")), (DAY, credit), (DAY, added("u", "Up", "<p>x</p>", origin))
    )
    feeds = feed_of(story, fmt) + feed_of(story, fmt, "stories")
    assert b"javascript:" not in feeds.lower()
    assert b"data:text" not in feeds
    assert b"relative-address" not in feeds


@pytest.mark.parametrize("fmt", ["rss", "atom"])
def test_blank_names_tags_and_sections_leave_no_blank_elements(fmt):
    odd = published("s", section=" ", tags=("", "\x00", " a\nb "), authors=("", " \x01"))
    seen = feedparser.parse(feed_of(story_of("s", (DAY, odd)), fmt, "stories")).entries[0]
    assert [t.term for t in seen.get("tags", [])] == ["a b"]
    if fmt == "rss":
        assert "author" not in seen


@pytest.mark.parametrize("fmt", ["rss", "atom"])
def test_cdata_ends_emoji_bidi_nul_and_script_in_a_title_stay_text(fmt):
    title = "]]> <script>alert(1)</script> 😀 \u202eאב\x00"
    raw = feed_of(story_of("s", (DAY, published("s", title))), fmt, "stories")
    seen = feedparser.parse(raw, sanitize_html=False)
    assert not seen.bozo
    assert seen.entries[0].title == title.replace("\x00", "")
    assert b"<script" not in raw
