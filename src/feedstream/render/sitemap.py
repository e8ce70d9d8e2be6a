"""Sitemaps 0.9 (sitemaps.org) and the news extension (Google, `sitemap-news/0.9`).

A sitemap is cut into files by where in the log a story began: a change of a story rewrites its
file and the index, however large the site is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from feedstream.config import Site
from feedstream.markup import strip_control
from feedstream.render.dates import rfc3339
from feedstream.render.parts import language_of, titled
from feedstream.render.urls import story_url

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_SPACES: Any = {None: SITEMAP}  # lxml-stubs do not know that None is the default namespace
_NEWS_SPACES: Any = {None: SITEMAP, "news": NEWS}

NEWS_AGE = timedelta(days=2)
"""How old a story in a news sitemap may be."""

NEWS_MOST = 1000
"""The greatest number of stories in a news sitemap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of a public story, and when that last changed."""

    slug: str
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPage:
    """The page of a public story as news: `language` is a BCP 47 tag, or empty for the site's."""

    slug: str
    headline: str
    language: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A numbered sitemap file, and when the latest change of a page in it was."""

    number: int
    changed: datetime


def part_file(number: int) -> str:
    """The name of a numbered sitemap file."""
    return f"sitemap-{number}.xml"


def render_sitemap(pages: Iterable[Page], site: Site) -> bytes:
    """`pages`, in their order, as a `urlset`."""
    root = etree.Element(_tag("urlset"), nsmap=_SPACES)
    for page in pages:
        _located(root, "url", story_url(site, page.slug), page.changed)
    return _bytes(root)


def render_sitemap_index(parts: Iterable[Part], site: Site) -> bytes:
    """`parts`, in their order, as a `sitemapindex`."""
    root = etree.Element(_tag("sitemapindex"), nsmap=_SPACES)
    for part in parts:
        address = f"{site.base_url}/feeds/{part_file(part.number)}"
        _located(root, "sitemap", address, part.changed)
    return _bytes(root)


def render_news_sitemap(pages: Sequence[NewsPage], site: Site) -> bytes:
    """The news among `pages`: no older than two days when the newest came, newest first.

    They are counted from the newest story, not from now: the file is one of what is published, and
    a replay gives it again.
    """
    root = etree.Element(_tag("urlset"), nsmap=_NEWS_SPACES)
    ordered = sorted(pages, key=lambda page: (page.published, page.slug), reverse=True)
    for page in ordered[:NEWS_MOST]:
        if ordered[0].published - page.published <= NEWS_AGE:
            _news(_located(root, "url", story_url(site, page.slug)), page, site)
    return _bytes(root)


def _news(url: etree._Element, page: NewsPage, site: Site) -> None:
    news = etree.SubElement(url, _tag("news", NEWS))
    publication = etree.SubElement(news, _tag("publication", NEWS))
    _text(publication, "name", site.title)
    _text(publication, "language", _language(language_of(page.language, site)))
    _text(news, "publication_date", rfc3339(page.published))
    _text(news, "title", page.headline)


def _language(tag: str) -> str:
    """The ISO 639 code that the extension takes; of Chinese alone it tells two kinds apart."""
    primary, *others = tag.lower().split("-")
    if primary != "zh":
        return primary
    return "zh-tw" if {"tw", "hk", "mo", "hant"} & set(others) else "zh-cn"


def _located(
    root: etree._Element, name: str, address: str, changed: datetime | None = None
) -> etree._Element:
    made = etree.SubElement(root, _tag(name))
    etree.SubElement(made, _tag("loc")).text = address
    if changed:
        etree.SubElement(made, _tag("lastmod")).text = rfc3339(changed)
    return made


def _text(parent: etree._Element, name: str, text: str) -> None:
    line = " ".join(strip_control(text).split())
    etree.SubElement(parent, _tag(name, NEWS)).text = titled(line)


def _tag(name: str, space: str = SITEMAP) -> str:
    return f"{{{space}}}{name}"


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
