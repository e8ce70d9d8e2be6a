"""What may enter the log from a file: events as this system itself would have made them."""

import re
from datetime import timedelta

from feedstream import markup
from feedstream.domain import events as e
from feedstream.domain.decide import TAG_LIMIT
from feedstream.domain.ids import FEED, SOURCE, STORY, WIRE, id_in, is_slug, kind_of
from feedstream.domain.media import objection_to
from feedstream.domain.registry import RESERVED_FEEDS, put_feed
from feedstream.domain.when import EARLIEST, day_of, format_when
from feedstream.errors import Refused
from feedstream.publish import FEED_NAME

_ID = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]{1,2000}")
_MOST_ID = 100
_LATEST = 9000
_AHEAD = timedelta(days=2)


def objection(proposed: e.Proposed, event: e.Event | e.Unknown | e.Withheld) -> str | None:
    """Why an event may not come in: a sentence, or None where it may."""
    found = _to_stream(proposed.stream) or _to_date(proposed)
    if found or isinstance(event, e.Unknown | e.Withheld):
        return found
    checks = (_to_slug, _to_ids, _to_feed, _to_media, _to_bodies)
    return next((found for check in checks if (found := check(event))), None)


def _to_stream(stream: str) -> str | None:
    """What a stream is named after becomes part of addresses and of file names."""
    kind, named = kind_of(stream), id_in(stream)
    if len(named) > _MOST_ID:
        return f"“{stream[:40]}…” can't be a stream: an id has at most {_MOST_ID} characters"
    if kind in (STORY, WIRE, SOURCE) and not _ID.fullmatch(named):
        return f"“{stream}” can't be a stream: its id may hold a-z, 0-9 and single _ or - between"
    if kind == FEED and not FEED_NAME.fullmatch(named):
        return f"“{stream}” can't be a stream: “{named}” is no name of a feed"
    return None


def _to_date(proposed: e.Proposed) -> str | None:
    when = proposed.effective_at
    if when.year < EARLIEST.year or when.year >= _LATEST:
        return f"its effective time lies in the year {when.year}"
    recorded = proposed.recorded_at
    if recorded and day_of(when) > day_of(recorded) + _AHEAD:
        return f"its effective time, {format_when(when)}, lies after it was recorded"
    return None


def _to_slug(event: e.Event) -> str | None:
    slug = getattr(event, "slug", None)
    return f"“{slug}” is no slug" if slug is not None and not is_slug(slug) else None


def _to_ids(event: e.Event) -> str | None:
    entry_id = getattr(event, "entry_id", None)
    if entry_id is not None and not _IRI.fullmatch(entry_id):
        return f"“{entry_id[:_MOST_ID]}” can't be the id of an entry: it must be an IRI"
    long = [tag for tag in getattr(event, "tags", ()) if len(str(tag)) > TAG_LIMIT]
    return f"a tag has more than {TAG_LIMIT} characters" if long else None


def _to_feed(event: e.Event) -> str | None:
    if isinstance(event, e.FeedRemoved):
        own = event.name.split("/")[0] in RESERVED_FEEDS
        return f"the feed “{event.name}” is the system's own" if own else None
    if isinstance(event, e.FeedDefined | e.FeedChanged):
        try:
            put_feed(event.feed, None)
        except Refused as error:
            return error.sentence
    return None


def _to_media(event: e.Event) -> str | None:
    media = getattr(event, "media", None) or ()
    return next((found for one in media if (found := objection_to(one))), None)


def _to_bodies(event: e.Event) -> str | None:
    bodies = [getattr(event, "body", None)]
    if isinstance(event, e.WireReceived | e.WireRevised):
        bodies.append(event.item.body)
    return next((found for body in bodies if body and (found := markup.objection(body))), None)
