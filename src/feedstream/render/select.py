"""From a feed's definition and its stories to the neutral document.

What the read model offered is looked at once more: nothing that is not public gets through here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from feedstream.config import Feeds, Site
from feedstream.domain.feed import FeedDefinition
from feedstream.render.document import MEDIA_TYPES, Article, Entry, FeedDocument, Link, Person
from feedstream.render.entries import (
    correction_entry,
    publication_entry,
    retraction_entry,
    story_entry,
    update_entry,
)
from feedstream.render.urls import feed_address, feed_url, feeds_page_url

_Placed = tuple[datetime, int, Entry]
"""An entry with what orders it: an instant, then the position of its event in the log."""

_TTL = Feeds().ttl


def build_document(
    feed: FeedDefinition,
    articles: Sequence[Article],
    site: Site,
    *,
    ttl: int = _TTL,
    since: datetime | None = None,
) -> FeedDocument:
    """The document of `feed` from the stories that were selected for it.

    A `stories` feed is ordered by `updated`, the others by when each thing happened; newest
    first, ties by position and id, so that the order of `articles` does not matter. `since`
    dates a feed that has no entries (Atom must have a date: RFC 4287 §4.1.1).
    """
    entries = _newest(_placed(feed, articles, site), feed.window)
    return FeedDocument(
        id=f"tag:{site.authority},2021:feed/{feed.name}",
        kind=feed.kind,
        title=_line(feed.title) or _line(site.title) or feed.name,
        description=_line(site.description) or _line(feed.title) or feed.name,
        address=feed_address(site, feed.name),
        home_url=f"{site.base_url}/",
        about_url=feeds_page_url(site),
        language=site.language,
        author=Person(name=_line(site.author) or _line(site.title), url=f"{site.base_url}/"),
        ttl=ttl,
        rights=_line(site.rights),
        updated=max((entry.updated for entry in entries), default=since),
        links=tuple(
            Link(href=feed_url(site, feed.name, fmt), rel="alternate", type=media_type)
            for fmt, media_type in MEDIA_TYPES.items()
        ),
        entries=entries,
    )


def _newest(placed: Iterable[_Placed], window: int) -> tuple[Entry, ...]:
    ordered = sorted(placed, key=lambda p: (p[0], p[1], p[2].id), reverse=True)
    return tuple(entry for _, _, entry in (ordered[:window] if window else ordered))


def _placed(feed: FeedDefinition, articles: Iterable[Article], site: Site) -> Iterator[_Placed]:
    for article in articles:
        story = article.story
        if not story.is_public or (feed.story and feed.story != story.id):
            continue
        if feed.kind == "stories":
            entry = story_entry(article, site)
            yield entry.updated, 0, entry
            continue
        if feed.kind == "updates":
            yield from _report(article, site)
        yield from _amended(article, site)


def _report(article: Article, site: Site) -> Iterator[_Placed]:
    entry = publication_entry(article, site)
    yield entry.published, 0, entry
    for update in article.story.updates:
        yield update.at, update.position, update_entry(article, update, site)


def _amended(article: Article, site: Site) -> Iterator[_Placed]:
    for correction in article.story.corrections:
        yield correction.at, correction.position, correction_entry(article, correction, site)
    notice = article.story.retracted
    if notice:
        yield notice.at, notice.position, retraction_entry(article, notice, site)


def _line(text: str) -> str:
    return " ".join(text.split())
