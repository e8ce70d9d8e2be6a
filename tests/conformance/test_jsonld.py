"""JSON-LD of a story's page: schema.org's words, and nothing in it can end the script element."""

import json
from dataclasses import replace
from datetime import date

from hypothesis import given as for_all
from lxml import html

from feedstream.domain import events as e
from feedstream.domain.media import Media
from feedstream.render import Article
from feedstream.render.jsonld import UPDATES, story_jsonld
from tests.domain.desk import PUBLISHED, story_after
from tests.render.sample import CLAIM, SITE, TALKS, added, published, story_of
from tests.strategies import texts

DAY = date(2021, 12, 6)


def told(story):
    return json.loads(story_jsonld(Article(story, "a-slug"), SITE))


def test_a_running_story_is_a_live_blog_with_its_updates_newest_first():
    found = told(TALKS)
    assert found["@type"] == "LiveBlogPosting"
    assert found["headline"] == TALKS.headline
    assert found["datePublished"] == "2021-12-03T14:30:00Z"
    assert found["dateModified"] == "2021-12-08T16:05:00Z"
    assert found["isAccessibleForFree"] is True
    assert [one["name"] for one in found["author"]] == list(TALKS.authors)
    assert found["publisher"]["name"] == SITE.author
    assert [one["headline"] for one in found["liveBlogUpdate"]] == [
        "Two hours on Ukraine and security",
        "The video call is under way",
        "Call set for 7 December",
    ]
    assert found["liveBlogUpdate"][0]["url"].endswith("/stories/a-slug#u-u3")
    (correction,) = found["correction"]
    assert "three hours" in correction["text"]


def test_a_report_without_updates_is_an_article_with_its_pictures():
    picture = Media(url="https://p.example/1.jpg", type="image/jpeg")
    sound = Media(url="https://p.example/1.mp3", type="audio/mpeg")
    found = told(story_after(replace(PUBLISHED, media=(picture, sound))))
    assert found["@type"] == "NewsArticle"
    assert found["image"] == ["https://p.example/1.jpg"]
    assert found["author"] == [found["publisher"]]


def test_a_retracted_story_says_so_and_nothing_else():
    found = told(CLAIM)
    assert found["@type"] == "NewsArticle"
    assert found["headline"].startswith("RETRACTED")
    assert found["creativeWorkStatus"] == "Retracted"
    assert "The report." not in json.dumps(found)


def test_a_withdrawn_update_is_not_told_and_a_long_story_not_whole():
    withdrawn = e.UpdateWithdrawn(update="u0", reason="A mix-up.")
    ups = [(DAY, added(f"u{number}", f"Up {number}", "<p>x</p>")) for number in range(UPDATES + 5)]
    found = told(story_of("s", (DAY, published("s")), *ups, (DAY, withdrawn)))
    headlines = [one["headline"] for one in found["liveBlogUpdate"]]
    assert len(headlines) == UPDATES
    assert "Up 0" not in headlines


@for_all(texts, texts)
def test_nothing_that_is_written_ends_the_element(first, second):
    for headline in (f"{first}</script>{second}", f"<!--<script>{first}", first):
        text = story_jsonld(Article(story_after(replace(PUBLISHED, headline=headline)), "s"), SITE)
        page = f'<script type="application/ld+json">{text}</script><p>after</p>'
        script, after = html.fragments_fromstring(page)
        assert json.loads(script.text)["identifier"] == PUBLISHED.entry_id
        assert after.text == "after"
