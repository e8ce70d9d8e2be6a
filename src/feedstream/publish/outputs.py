"""What the read model says is published, as bytes: the one way from views to files."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pydantic import BaseModel, ValidationError

from feedstream.config import Feeds, Settings, Site
from feedstream.domain.feed import FeedDefinition
from feedstream.errors import Invalid
from feedstream.projections.views import StoryRow, Views
from feedstream.render import FORMATS, Article, build_document, render_opml
from feedstream.render.document import FeedDocument, FormatName

logger = logging.getLogger("feedstream.publish")
OPML = "index.opml"
FEED_NAME = re.compile(r"[a-z0-9]+(?:[-/_][a-z0-9]+)*")
"""What a feed may be called: also the path of its files, so that nothing else will do."""


MOST_NAME = 200  # characters: with an ending, what every disk takes


class Outputs:
    """Every published file's bytes: a function of the read model's state and these settings."""

    def __init__(self, views: Views, site: Site, feeds: Feeds) -> None:
        self._views = views
        self._site = site
        self._feeds = feeds

    def feeds(self) -> list[FeedDefinition]:
        """The feeds that are published."""
        return [feed for feed in self._views.feeds() if nameable(feed.name)]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every published file and its bytes, those of one feed together."""
        for feed in self.feeds():
            yield from self._rendered(feed).items()
        yield OPML, self.opml()

    def files_of(self, name: str) -> dict[str, bytes]:
        """A feed's files and their bytes; none where no such feed is published."""
        if name == OPML:
            return {OPML: self.opml()}
        feed = self._views.feed(name) if nameable(name) else None
        return self._rendered(feed) if feed else {}

    def opml(self) -> bytes:
        """The list of all feeds."""
        return render_opml([self.cut(feed) for feed in self.feeds()], self._site)

    def cut(self, feed: FeedDefinition) -> FeedDefinition:
        """The feed with the site's window where it has a greater one of its own, or the default."""
        if feed.story or feed.window < self._feeds.window:
            return feed
        return replace(feed, window=self._feeds.window)

    def _rendered(self, feed: FeedDefinition) -> dict[str, bytes]:
        cut = self.cut(feed)
        rendered = self.render(cut, self._views.selected(cut))
        return {f"{feed.name}.{ending}": content for ending, content in rendered.items()}

    def render(self, cut: FeedDefinition, rows: Iterable[StoryRow]) -> dict[str, bytes]:
        """The bytes of a feed, which `cut` has cut, from the stories selected for it; by ending."""
        document = self._document(cut, rows)
        return {ending: output.render(document) for ending, output in FORMATS.items()}

    def render_as(self, ending: FormatName, cut: FeedDefinition, rows: Iterable[StoryRow]) -> bytes:
        """As `render`, in one format."""
        return FORMATS[ending].render(self._document(cut, rows))

    def _document(self, cut: FeedDefinition, rows: Iterable[StoryRow]) -> FeedDocument:
        articles = [Article(story=row.story, slug=row.slug) for row in rows]
        return build_document(cut, articles, self._site, ttl=self._feeds.ttl)


def nameable(name: str) -> bool:
    """No name leads out of the folder, whatever a log that another hand wrote says."""
    if FEED_NAME.fullmatch(name) and len(name) <= MOST_NAME:
        return True
    logger.error("The feed “%s” is not published: that is no name for a feed.", name)
    return False


def feed_of_file(file: str) -> str:
    """The name of the feed that a file is of: what `Outputs.files_of` takes."""
    return file if file == OPML else file.rpartition(".")[0]


class _Rendering(BaseModel):
    site: Site
    feeds: Feeds


def rendering_settings(settings: Settings) -> str:
    """The settings that published bytes depend on, as JSON."""
    return settings.model_dump_json(include={"site", "feeds"})


def rendering_of(text: str) -> tuple[Site, Feeds]:
    """The settings in what `rendering_settings` wrote, whatever the environment says now.

    Raises `Invalid` where another version wrote what this one does not know.
    """
    try:
        found = _Rendering.model_validate_json(text)
    except ValidationError as error:
        raise Invalid(f"Settings in the publish ledger can't be read: {error}.") from error
    return found.site, found.feeds
