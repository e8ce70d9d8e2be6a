"""From a feed's definition and its stories to the neutral document.

What the read model offered is looked at once more: nothing that is not public gets through here.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from heapq import nlargest
from typing import NamedTuple, TypeVar

from feedstream.config import Feeds, Site
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.story import Correction, Notice, Update
from feedstream.render.built import Built
from feedstream.render.deleted import standing
from feedstream.render.document import (
    MEDIA_TYPES,
    Article,
    Deleted,
    Entry,
    FeedDocument,
    History,
    Link,
    Person,
)
from feedstream.render.entries import (
    correction_entry,
    opening_id,
    publication_entry,
    reinstatement_entry,
    retraction_entry,
    story_entry,
    story_updated,
    update_entry,
)
from feedstream.render.urls import feed_address, feed_url, feeds_page_url, stylesheet_url


class _Placed(NamedTuple):
    """An entry to be built, with what orders it: an instant, the position of its event, its id."""

    at: datetime
    position: int
    id: str
    article: Article
    build: Callable[[], Entry]


_TTL = Feeds().ttl
_Among = Container[str] | None
_PartT = TypeVar("_PartT", Update, Correction, Notice)


def build_document(
    feed: FeedDefinition,
    articles: Sequence[Article],
    site: Site,
    *,
    ttl: int = _TTL,
    since: datetime | None = None,
    deleted: Iterable[Deleted] = (),
    hubs: tuple[str, ...] = (),
    history: History | None = None,
    built: Built | None = None,
    among: _Among = None,
) -> FeedDocument:
    """The document of `feed` from the stories that were selected for it.

    A `stories` feed is ordered by `updated`, the others by when each thing happened; newest
    first, ties by position and id, so that the order of `articles` does not matter. `since`
    dates a feed in which nothing happened yet (Atom must have a date: RFC 4287 §4.1.1). `deleted`
    are entries that were taken back. A feed without a window holds its whole history (RFC 5005
    §2), where no other `history` is given. `built` remembers entries from one call to the next.
    `among` has the ids of the entries that may be shown (that of a publication is its story's).
    """
    placed = _placed(feed, articles, site, among)
    entries = _newest(placed, feed.window, built or Built())
    gone = standing(deleted, entries)
    happened = (*(entry.updated for entry in entries), *(one.when for one in gone))
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
        updated=max(happened, default=since),
        links=tuple(
            Link(href=feed_url(site, feed.name, fmt), rel="alternate", type=media_type)
            for fmt, media_type in MEDIA_TYPES.items()
        ),
        entries=entries,
        deleted=gone,
        hubs=hubs,
        history=history or (None if feed.window else History(kind="complete")),
        stylesheet=stylesheet_url(site),
    )


def _newest(placed: Iterable[_Placed], window: int, built: Built) -> tuple[Entry, ...]:
    """Built are only those that the window shows: a long story has thousands of others."""
    ordered = (
        nlargest(window, placed, key=_order) if window else sorted(placed, key=_order, reverse=True)
    )
    return tuple(built.entry(one.article, one.id, one.build) for one in ordered)


def _order(placed: _Placed) -> tuple[datetime, int, str]:
    return placed[:3]


def _placed(
    feed: FeedDefinition, articles: Iterable[Article], site: Site, among: _Among
) -> Iterator[_Placed]:
    for article in articles:
        story = article.story
        if not story.is_public or (feed.story and feed.story != story.id):
            continue
        if feed.kind == "stories":
            yield _whole(article, site)
            continue
        if feed.kind == "updates":
            yield from _report(article, site, among)
        yield from _amended(article, site, among)


def _whole(article: Article, site: Site) -> _Placed:
    story = article.story
    build = partial(story_entry, article, site)
    return _Placed(story_updated(story), 0, story.entry_id, article, build)


def _report(article: Article, site: Site, among: _Among) -> Iterator[_Placed]:
    story = article.story
    if story.published is not None and (among is None or story.entry_id in among):
        build = partial(publication_entry, article, site)
        yield _Placed(story.published, 0, opening_id(story.entry_id), article, build)
    for one in _those(story.updates, among):
        yield _part(article, one, partial(update_entry, article, one, site))


def _amended(article: Article, site: Site, among: _Among) -> Iterator[_Placed]:
    """Corrections and retractions; one that was taken back stays on record beside its undoing."""
    story = article.story
    for correction in _those(story.corrections, among):
        yield _part(article, correction, partial(correction_entry, article, correction, site))
    for past in story.reinstatements:
        for notice in _those((past.retraction,), among):
            taken_back = partial(retraction_entry, article, notice, site, back=past.notice)
            yield _part(article, notice, taken_back)
        for notice in _those((past.notice,), among):
            yield _part(article, notice, partial(reinstatement_entry, article, past, site))
    for notice in _those((story.retracted,) if story.retracted else (), among):
        yield _part(article, notice, partial(retraction_entry, article, notice, site))


def _those(parts: Iterable[_PartT], among: _Among) -> Iterable[_PartT]:
    """Those of `parts` that may be shown: a page of the archive has few of a long story's."""
    return parts if among is None else [one for one in parts if one.entry_id in among]


def _part(
    article: Article, part: Update | Correction | Notice, build: Callable[[], Entry]
) -> _Placed:
    return _Placed(part.at, part.position, part.entry_id, article, build)


def _line(text: str) -> str:
    return " ".join(text.split())
