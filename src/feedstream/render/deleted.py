"""What a feed says of entries that were taken back (RFC 6721): their ids, and next to nothing."""

from collections.abc import Iterable
from datetime import datetime

from feedstream.domain.feed import FeedKind
from feedstream.render.document import Deleted, Entry
from feedstream.render.entries import opening_id

KILLED = "This story was removed."
MERGED = "This story is told in another one."


def deleted_entry(
    feed: FeedKind, entry: str, kind: str, *, when: datetime, legal: bool, merged: bool
) -> Deleted:
    """The tombstone of an entry in a feed of that kind.

    `entry` is the id that was minted, `kind` what was published under it: the publication of a
    story stands in a feed of updates as its opening report, under an id of that one's own.
    """
    opening = kind == "publication" and feed != "stories"
    return Deleted(
        ref=opening_id(entry) if opening else entry,
        when=when,
        comment=MERGED if merged else KILLED,
        legal=legal,
    )


def standing(deleted: Iterable[Deleted], entries: Iterable[Entry]) -> tuple[Deleted, ...]:
    """Those that no entry of the same id has taken the place of, each once, newest first."""
    shown = {entry.id for entry in entries}
    by_ref = {one.ref: one for one in deleted if one.ref not in shown}
    return tuple(sorted(by_ref.values(), key=lambda one: one.when, reverse=True))
