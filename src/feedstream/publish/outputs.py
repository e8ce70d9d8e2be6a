"""What the read model says is published, as bytes: the one way from views to files."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from feedstream.config import Feeds, Settings, Site, WebSub
from feedstream.domain.feed import FeedDefinition
from feedstream.errors import Invalid
from feedstream.projections.archive import Shelf, marked
from feedstream.projections.gone import Gone
from feedstream.projections.record import Record
from feedstream.projections.views import StoryRow, Views
from feedstream.publish.archive import (
    ARCHIVED,
    DigestOf,
    Pages,
    is_archived,
    is_in_archive,
    number_of,
    page_name,
    page_of_file,
    size_of_page,
)
from feedstream.publish.lists import Lists, is_list
from feedstream.render import FORMATS, Article, EntryBytes, build_document
from feedstream.render.built import Built
from feedstream.render.deleted import deleted_entry
from feedstream.render.document import Deleted, FeedDocument, FormatName, History, Link
from feedstream.render.item import NewsItem, news_item
from feedstream.render.newsml import render_newsml
from feedstream.render.ninjs import render_ninjs
from feedstream.render.urls import feed_address, hub_urls

logger = logging.getLogger("feedstream.publish")
FEED_NAME = re.compile(r"[a-z0-9]+(?:[-/_][a-z0-9]+)*")
"""What a feed may be called: also the path of its files, so that nothing else will do."""

RECORDS: Mapping[str, Callable[[NewsItem, Site], bytes]] = MappingProxyType(
    {"ninjs.json": render_ninjs, "newsml.xml": render_newsml}
)
"""A story by itself, for news systems: by ending, as `FORMATS` are."""

_STORY = "story/"
MOST_NAME = 200  # characters: with an ending, what every disk takes


class _BuiltFor(NamedTuple):
    authority: str
    entries: Built


class Outputs:
    """Every published file's bytes: a function of the read model's state and these settings.

    What was built and rendered is remembered, so that a change costs its own entries. Any thread
    may use it. `published` tells the digest of a published file: see `Pages`.
    """

    def __init__(
        self,
        views: Views,
        site: Site,
        feeds: Feeds,
        websub: WebSub | None = None,
        *,
        published: DigestOf | None = None,
    ) -> None:
        self._views = views
        self._site = site
        self._feeds = feeds
        self._hubs = hub_urls(site, websub or WebSub())
        self._lists = Lists(views, site, nameable)
        self._built = _BuiltFor("", Built())
        self._bytes = EntryBytes()
        self._published = published
        self._pages: Pages | None = None

    def feeds(self) -> list[FeedDefinition]:
        """The feeds that are published."""
        return [
            feed
            for feed in self._views.feeds()
            if nameable(feed.name) and not is_in_archive(feed.name)
        ]

    def names(self) -> Iterator[str]:
        """What `files_of` has files for: sealed pages, feeds, stories taken back, lists."""
        if pages := self.pages:
            yield from map(page_name, range(1, pages.count + 1))
        yield from (feed.name for feed in self.feeds())
        yield from (f"{_STORY}{story}" for story in self._views.listing.taken_back())
        yield from self._lists.names()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every published file and its bytes, those of one feed together."""
        for name in self.names():
            yield from self.files_of(name).items()

    def files_of(self, name: str) -> dict[str, bytes]:
        """A feed's files and their bytes; none where no such feed is published.

        A story's own feed comes with the story for news systems, which stays when the feed goes.
        """
        if is_list(name):
            content = self._lists.content(name)
            return {} if content is None else {name: content}
        if not nameable(name):
            return {}
        if (number := number_of(name)) is not None:
            return self.pages.files(number) if self.pages else {}
        if is_in_archive(name):
            return {}  # an earlier version let a feed be called so
        feed = self._views.feed(name)
        return {**(self._rendered(feed) if feed else {}), **self._records(name)}

    @property
    def pages(self) -> Pages | None:
        """The sealed pages of the feed that has such; None where there is no such feed."""
        feed = self._views.feed(ARCHIVED)
        return self.pages_of(self.cut(feed)) if feed else None

    def pages_of(self, cut: FeedDefinition) -> Pages | None:
        """The sealed pages of a feed that `cut` has cut; None where it has none."""
        if not is_archived(cut):
            return None
        if self._pages is None or self._pages.size != size_of_page(cut.window):
            self._pages = Pages(self._views, size_of_page(cut.window), self._page, self._published)
        return self._pages

    def names_touched(self, touched: Iterable[str]) -> Iterator[str]:
        """What is to be published anew where these names, and marks of pages, were touched.

        Ask for the files of each before the next: whether a page is another shows then.
        """
        touched = list(touched)
        seen: set[str] = set()
        marks = [name for name in touched if marked(name) is not None]
        if marks and (pages := self.pages):
            for number in pages.touched(marks):
                seen.add(name := page_name(number))
                yield name
        names = [name for name in touched if marked(name) is None]
        yield from dict.fromkeys(
            name for name in (*names, *self.lists_touched_by(names)) if name not in seen
        )

    def lists_touched_by(self, feeds: Iterable[str]) -> list[str]:
        """The lists that a change of these feeds may change."""
        return self._lists.touched_by(feeds)

    def _records(self, name: str) -> dict[str, bytes]:
        story = name.removeprefix(_STORY)
        row = self._views.story(story) if story != name else None
        item = news_item(Article(row.story, row.slug), self._site) if row else None
        if item is None:
            return {}
        return {f"{name}.{end}": render(item, self._site) for end, render in RECORDS.items()}

    def _site_in(self, record: Record) -> Site:
        """The site as its ids have it: in the name of what minted the first, for ever."""
        if record.authority in ("", self._site.authority):
            return self._site
        return self._site.model_copy(update={"tag_authority": record.authority})

    def cut(self, feed: FeedDefinition) -> FeedDefinition:
        """The feed with the site's window where it has a greater one of its own, or the default."""
        if feed.story or feed.window < self._feeds.window:
            return feed
        return replace(feed, window=self._feeds.window)

    def _rendered(self, feed: FeedDefinition) -> dict[str, bytes]:
        document = self.document(feed)
        return {
            f"{feed.name}.{ending}": output.render(document, self._bytes)
            for ending, output in FORMATS.items()
        }

    def document(self, feed: FeedDefinition) -> FeedDocument:
        """A feed as it stands, before any format says it."""
        cut = self.cut(feed)
        shelf, before = self._open(cut)
        rows = self._views.on(shelf) if shelf else self._views.selected(cut)
        gone, record = self._views.gone(cut), self._views.record
        built = self._remembered(record)
        self._forget(built, gone)
        return self._document(cut, rows, gone, record, built, shelf=shelf, before=before)

    def _open(self, cut: FeedDefinition) -> tuple[Shelf | None, str]:
        """What a feed with sealed pages shows, and what the last of those is called."""
        if (pages := self.pages_of(cut)) is None:
            return None, ""
        return pages.open, pages.name(pages.count)

    def _page(self, number: int, before: str) -> dict[str, bytes]:
        """A sealed page, by ending; `before` is the name of the one before it."""
        pages, feed = self.pages, self._views.feed(ARCHIVED)
        assert pages  # noqa: S101  # it is they who ask
        assert feed  # noqa: S101
        shelf, record = pages.shelf(number), self._views.record
        whole = self._document(
            replace(feed, window=0),
            self._views.on(shelf),
            (),
            record,
            self._remembered(record),
            shelf=shelf,
        )
        document = self._sealed(whole, number, before)
        return {ending: output.render(document, self._bytes) for ending, output in FORMATS.items()}

    def _sealed(self, whole: FeedDocument, number: int, before: str) -> FeedDocument:
        own, start = feed_address(self._site, page_name(number)), whole.address
        history = History(
            kind="archive",
            current=start,
            prev=feed_address(self._site, before) if before else "",
            next=feed_address(self._site, page_name(number + 1)),
        )
        links = tuple(
            Link(href=own + one.href.removeprefix(start), rel=one.rel, type=one.type)
            for one in whole.links
        )
        return replace(whole, address=own, links=links, history=history, hubs=())

    def _remembered(self, record: Record) -> Built:
        """The entries that were built with ids in the name that is known now."""
        if self._built.authority != record.authority:
            self._built = _BuiltFor(record.authority, Built())
        return self._built.entries

    def render_as(
        self,
        ending: FormatName,
        cut: FeedDefinition,
        rows: Iterable[StoryRow],
        gone: Iterable[Gone],
        record: Record,
        *,
        shelf: Shelf | None = None,
        before: str = "",
    ) -> bytes:
        """The bytes of a feed, which `cut` has cut, from what is given; remembers nothing.

        Of a feed with sealed pages, `shelf` is what stands on none, `before` the last one's name.
        """
        document = self._document(cut, rows, gone, record, shelf=shelf, before=before)
        return FORMATS[ending].render(document)

    def _document(
        self,
        cut: FeedDefinition,
        rows: Iterable[StoryRow],
        gone: Iterable[Gone],
        record: Record,
        built: Built | None = None,
        *,
        shelf: Shelf | None = None,
        before: str = "",
    ) -> FeedDocument:
        prev = feed_address(self._site, before) if before else ""
        current = feed_address(self._site, cut.name)
        return build_document(
            cut,
            [Article(story=row.story, slug=row.slug) for row in rows],
            self._site_in(record),
            ttl=self._feeds.ttl,
            since=record.began,
            deleted=[_deleted(cut, one) for one in gone],
            hubs=self._hubs,
            built=built,
            among=shelf.entries if shelf else None,
            history=History(kind="current", current=current, prev=prev) if shelf else None,
        )

    def _forget(self, built: Built, gone: Iterable[Gone]) -> None:
        """What was killed leaves memory too."""
        for story, own in {(one.story, one.own) for one in gone}:
            if built.forget(story):
                self._bytes.forget(own)


def _deleted(feed: FeedDefinition, one: Gone) -> Deleted:
    return deleted_entry(
        feed.kind, one.entry, one.kind, when=one.when, legal=one.legal, merged=one.merged
    )


def nameable(name: str) -> bool:
    """No name leads out of the folder, whatever a log that another hand wrote says."""
    if FEED_NAME.fullmatch(name) and len(name) <= MOST_NAME:
        return True
    logger.error("The feed “%s” is not published: that is no name for a feed.", name)
    return False


def feed_of_file(file: str) -> str:
    """The name of the feed that a file is of: what `Outputs.files_of` takes."""
    return file if is_list(file) else page_of_file(file) or file.partition(".")[0]


def possible_files(name: str) -> tuple[str, ...]:
    """Every file that a feed of this name, or a list, may have."""
    if is_list(name):
        return (name,)
    endings = (*FORMATS, *RECORDS) if name.startswith(_STORY) else tuple(FORMATS)
    return tuple(f"{name}.{ending}" for ending in endings)


class _Rendering(BaseModel):
    site: Site
    feeds: Feeds
    websub: WebSub = WebSub()


def rendering_settings(settings: Settings) -> str:
    """The settings that published bytes depend on, as JSON."""
    feeds = {"window": True, "ttl": True}  # those that are defined come by way of the log
    return settings.model_dump_json(include={"site": True, "feeds": feeds, "websub": True})


def rendering_of(text: str) -> tuple[Site, Feeds, WebSub]:
    """The settings in what `rendering_settings` wrote, whatever the environment says now.

    Raises `Invalid` where another version wrote what this one does not know.
    """
    try:
        found = _Rendering.model_validate_json(text)
    except ValidationError as error:
        raise Invalid(f"Settings in the publish ledger can't be read: {error}.") from error
    return found.site, found.feeds, found.websub
