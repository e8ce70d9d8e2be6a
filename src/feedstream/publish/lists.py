"""The published files that belong to no feed, since they tell of all: the OPML and the sitemaps.

Each is its own name wherever a feed is named.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from feedstream.config import Site
from feedstream.domain.feed import FeedDefinition
from feedstream.projections.listing import Group, Listing
from feedstream.projections.views import Views
from feedstream.render.opml import render_opml
from feedstream.render.sitemap import (
    NEWS_AGE,
    NEWS_MOST,
    NewsPage,
    Page,
    Part,
    part_file,
    render_news_sitemap,
    render_sitemap,
    render_sitemap_index,
)

OPML, NEWS, INDEX = "index.opml", "news-sitemap.xml", "sitemap.xml"
_PART = re.compile(r"sitemap-([1-9][0-9]{0,8})\.xml")
_GROUPS: tuple[Group, ...] = ("section", "tag", "author", "source")

LISTED = 1000
"""The greatest number of feeds of sections, of tags, of authors and of sources in the OPML."""


def is_list(name: str) -> bool:
    """Whether it is the name of such a file."""
    return name in (OPML, NEWS, INDEX) or _PART.fullmatch(name) is not None


class Lists:
    """Their bytes: a function of the read model's state and of the site."""

    def __init__(self, views: Views, site: Site, nameable: Callable[[str], bool]) -> None:
        self._views = views
        self._site = site
        self._nameable = nameable

    def touched_by(self, feeds: Iterable[str]) -> list[str]:
        """Those that a change of these feeds may change: of the parts of the sitemap those with
        one of the stories."""
        stories = (name.partition("/")[2] for name in feeds if name.startswith("story/"))
        parts = {part for story in stories if (part := self._listing.part_of(story)) is not None}
        return [*map(part_file, sorted(parts)), NEWS, INDEX, OPML]

    def names(self) -> list[str]:
        """Those that are published."""
        return [*(part_file(number) for number, _ in self._listing.parts()), NEWS, INDEX, OPML]

    def content(self, name: str) -> bytes | None:
        """The bytes of one; None where there is nothing to list in it."""
        if name == OPML:
            return render_opml(list(self._feeds()), self._site)
        if name == NEWS:
            return self._news()
        if name == INDEX:
            return self._index()
        number = _PART.fullmatch(name)
        return self._part(int(number[1])) if number else None

    @property
    def _listing(self) -> Listing:
        return self._views.listing

    def _feeds(self) -> Iterator[FeedDefinition]:
        """Not those of single stories: whoever subscribes to the list subscribes to all of it."""
        found = self._listing.own_feeds()
        for group in _GROUPS:
            found += self._listing.feeds_of(group, LISTED)
        return (feed for feed in found if self._nameable(feed.name))

    def _news(self) -> bytes | None:
        pages = [
            NewsPage(slug=one.slug, headline=one.headline, language=one.language, published=one.at)
            for one in self._listing.news(NEWS_AGE, NEWS_MOST)
        ]
        return render_news_sitemap(pages, self._site) if pages else None

    def _index(self) -> bytes | None:
        parts = [Part(number=number, changed=at) for number, at in self._listing.parts()]
        return render_sitemap_index(parts, self._site) if parts else None

    def _part(self, number: int) -> bytes | None:
        pages = [Page(slug=one.slug, changed=one.at) for one in self._listing.part(number)]
        return render_sitemap(pages, self._site) if pages else None
