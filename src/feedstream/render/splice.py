"""A feed put together from its head, its entries and its tail, each rendered or remembered.

A head is remembered without its date, which every change moves: it is rendered with one date for
all, and the true one takes that one's place. The place can't be mistaken: in XML no text has a
bare `<`, in JSON no string has a bare quotation mark.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter

from feedstream.render.dates import EPOCH
from feedstream.render.document import Entry, FeedDocument
from feedstream.render.entrybytes import EntryBytes

_head_of = attrgetter(
    *(one.name for one in fields(FeedDocument) if one.name not in ("entries", "updated"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How a format renders a document in parts.

    `slot` names the format, and whatever of the feed its entries depend on. `head` renders what
    comes before the entries. `dates` are the bytes that hold the feed's date, with `%b` for what
    `date` writes. `between` stands between two entries.
    """

    slot: Hashable
    head: Callable[[FeedDocument], bytes]
    entry: Callable[[Entry], bytes]
    tail: bytes
    date: Callable[[datetime], str]
    dates: tuple[bytes, ...]
    between: bytes = b""


def spliced(parts: Parts, document: FeedDocument, cache: EntryBytes | None) -> bytes:
    """The bytes of the document: the same with any `cache` and with none."""
    if cache is None:
        head = _undated(parts, document)
        entries = [parts.entry(one) for one in document.entries]
    else:
        entries = cache.render(parts.slot, document.entries, parts.entry)
        source = *_head_of(document), document.updated is None
        name = document.address
        head = cache.head(parts.slot, name, source, lambda: _undated(parts, document))
    return b"".join((_dated(parts, head, document), *_apart(parts, entries), parts.tail))


def _undated(parts: Parts, document: FeedDocument) -> bytes:
    date = EPOCH if document.updated else None
    return parts.head(replace(document, entries=(), updated=date))


def _dated(parts: Parts, head: bytes, document: FeedDocument) -> bytes:
    if document.updated is None:
        return head
    old, new = (parts.date(one).encode() for one in (EPOCH, document.updated))
    for where in parts.dates:
        head = head.replace(where % old, where % new, 1)
    return head


def _apart(parts: Parts, entries: Sequence[bytes]) -> Sequence[bytes]:
    if not parts.between:
        return entries
    return [part for one in entries for part in (parts.between, one)][1:]
