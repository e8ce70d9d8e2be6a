"""Sitemaps: valid by the schemas, and news is what came within two days of the newest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from lxml import etree

from feedstream.config import Site
from feedstream.render.sitemap import (
    NewsPage,
    Page,
    Part,
    render_news_sitemap,
    render_sitemap,
    render_sitemap_index,
)
from tests.conformance.agreed import sitemap_faults, sitemap_index_faults
from tests.strategies import texts

SITE = Site(title="The Harbour Post", base_url="https://post.example.org")
NEWEST = datetime(2024, 3, 6, 8, 30, tzinfo=UTC)
slugs = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
instants = st.datetimes(datetime(1600, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def read(content: bytes, name: str) -> list[str]:
    found = etree.fromstring(content).xpath(f"//*[local-name() = '{name}']/text()")
    return [str(one) for one in found]


def news(slug: str = "a", age: timedelta = timedelta(0), **more: str) -> NewsPage:
    given = {"headline": "A headline", "language": "en", **more}
    return NewsPage(slug=slug, published=NEWEST - age, **given)


def test_a_sitemap_gives_pages_with_their_last_change():
    content = render_sitemap([Page(slug="a b", changed=NEWEST)], SITE)
    assert sitemap_faults(content) == []
    assert read(content, "loc") == ["https://post.example.org/stories/a%20b"]
    assert read(content, "lastmod") == ["2024-03-06T08:30:00Z"]


def test_the_index_leads_to_the_numbered_files():
    content = render_sitemap_index([Part(number=7, changed=NEWEST)], SITE)
    assert sitemap_index_faults(content) == []
    assert read(content, "loc") == ["https://post.example.org/feeds/sitemap-7.xml"]
    assert read(content, "lastmod") == ["2024-03-06T08:30:00Z"]


def test_news_is_at_most_two_days_older_than_the_newest():
    pages = [news("old", timedelta(days=2, seconds=1)), news("two", timedelta(days=2)), news("new")]
    content = render_news_sitemap(pages, SITE)
    assert sitemap_faults(content) == []
    assert [one.rpartition("/")[2] for one in read(content, "loc")] == ["new", "two"]
    assert read(content, "name") == ["The Harbour Post"] * 2


def test_no_more_than_a_thousand_stories_are_news():
    content = render_news_sitemap([news(f"s{number}") for number in range(1001)], SITE)
    assert len(read(content, "loc")) == 1000


@pytest.mark.parametrize(
    ("tag", "told"),
    [("en-GB", "en"), ("", "en"), ("zh-Hant", "zh-tw"), ("zh-HK", "zh-tw"), ("zh", "zh-cn")],
)
def test_a_language_is_told_as_the_extension_has_it(tag, told):
    content = render_news_sitemap([news(language=tag)], SITE)
    assert sitemap_faults(content) == []
    assert read(content, "language") == [told]


@for_all(st.lists(st.tuples(slugs, texts, instants), min_size=1, max_size=5))
def test_whatever_stories_are_called_their_sitemaps_are_valid(stories):
    pages = [Page(slug=slug, changed=at) for slug, _, at in stories]
    headed = [
        NewsPage(slug=slug, headline=f"x{title}", language="en", published=at)
        for slug, title, at in stories
    ]
    assert sitemap_faults(render_sitemap(pages, SITE)) == []
    assert sitemap_faults(render_news_sitemap(headed, SITE)) == []
