"""What may enter the log from a file: events as this system itself would have made them."""

import re

from feedstream import markup
from feedstream.domain import events as e
from feedstream.domain.ids import FEED, SOURCE, STORY, WIRE, id_in, kind_of
from feedstream.domain.registry import RESERVED_FEEDS, put_feed
from feedstream.domain.when import EARLIEST
from feedstream.errors import Refused
from feedstream.publish import FEED_NAME

_ID = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")


def objection(proposed: e.Proposed, event: e.Event | e.Unknown) -> str | None:
    """Why an event may not come in: a sentence, or None where it may."""
    found = _to_stream(proposed.stream) or _to_date(proposed)
    if found or isinstance(event, e.Unknown):
        return found
    return _to_feed(event) or _to_bodies(event)


def _to_stream(stream: str) -> str | None:
    """What a stream is named after becomes part of addresses and of file names."""
    kind, named = kind_of(stream), id_in(stream)
    if kind in (STORY, WIRE, SOURCE) and not _ID.fullmatch(named):
        return f"“{stream}” can't be a stream: its id may hold letters, digits and single . _ -"
    if kind == FEED and not FEED_NAME.fullmatch(named):
        return f"“{stream}” can't be a stream: “{named}” is no name of a feed"
    return None


def _to_date(proposed: e.Proposed) -> str | None:
    year = proposed.effective_at.year
    return None if year >= EARLIEST.year else f"its effective time lies in the year {year}"


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


def _to_bodies(event: e.Event) -> str | None:
    bodies = [getattr(event, "body", None)]
    if isinstance(event, e.WireReceived | e.WireRevised):
        bodies.append(event.item.body)
    return next((found for body in bodies if body and (found := markup.objection(body))), None)
