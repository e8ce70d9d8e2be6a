"""Sources and feed definitions: the settings of the newsroom that live in the log."""

import re
from collections.abc import Iterable

from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.wire import Source
from feedstream.errors import NotFound, Refused

_NAME = re.compile(r"[a-z0-9]+(?:[-/][a-z0-9]+)*")
MOST_NAME = 100  # characters: a name is also that of files
RESERVED_FEEDS = (
    *("stories", "updates", "corrections", "section", "tag", "author", "source", "story"),
    *("archive", "index", "sitemap", "news-sitemap"),
)


def source_in(history: Iterable[e.Recorded]) -> Source | None:
    """The source as its stream leaves it; None where it was removed or never added."""
    known: Source | None = None
    for recorded in history:
        match recorded.event:
            case e.SourceAdded() | e.SourceChanged():
                known = recorded.event.source
            case e.SourceRemoved():
                known = None
    return known


def feed_in(history: Iterable[e.Recorded]) -> FeedDefinition | None:
    """The feed as its stream leaves it; None where it was removed or never defined."""
    known: FeedDefinition | None = None
    for recorded in history:
        match recorded.event:
            case e.FeedDefined() | e.FeedChanged():
                known = recorded.event.feed
            case e.FeedRemoved():
                known = None
    return known


def put_source(source: Source, known: Source | None) -> tuple[e.SourceEvent, ...]:
    """Add a source or change its settings; nothing where they are the same."""
    if not _NAME.fullmatch(source.name) or "/" in source.name or len(source.name) > 60:
        raise Refused(
            f"“{source.name}” is no name for a source: use lower-case letters, digits, hyphens."
        )
    if not 10 <= source.interval <= 86_400:
        raise Refused(
            f"An interval of {source.interval} s is not allowed: give 10 to 86400 seconds."
        )
    if known is None:
        return (e.SourceAdded(source=source),)
    return () if known == source else (e.SourceChanged(source=source),)


def remove_source(name: str, known: Source | None, reason: str) -> tuple[e.SourceEvent, ...]:
    """Stop a source; its items stay. Raises `NotFound`."""
    if known is None:
        raise NotFound(f"There is no source “{name}”: “source list” shows them.")
    return (e.SourceRemoved(name=name, reason=reason.strip()),)


def put_feed(feed: FeedDefinition, known: FeedDefinition | None) -> tuple[e.FeedEvent, ...]:
    """Define a feed or change its definition; nothing where it is the same."""
    named = _NAME.fullmatch(feed.name) and len(feed.name) <= MOST_NAME
    if not named or feed.name.split("/")[0] in RESERVED_FEEDS:
        raise Refused(
            f"“{feed.name[:MOST_NAME]}” can't name a feed: use at most {MOST_NAME} lower-case"
            f" letters, digits and hyphens, and none of {', '.join(RESERVED_FEEDS)}."
        )
    if known is None:
        return (e.FeedDefined(feed=feed),)
    return () if known == feed else (e.FeedChanged(feed=feed),)


def remove_feed(name: str, known: FeedDefinition | None) -> tuple[e.FeedEvent, ...]:
    """Publish a feed no more. Raises `NotFound`."""
    if known is None:
        raise NotFound(f"There is no feed “{name}” of the site's own: “feed list” shows them.")
    return (e.FeedRemoved(name=name),)
