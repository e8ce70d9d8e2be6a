"""JSON Feed 1.1 with the extension `_feedstream`."""

from functools import partial

from pydantic import BaseModel

from feedstream.render.dates import rfc3339
from feedstream.render.document import (
    Amendment,
    Deleted,
    Entry,
    FeedDocument,
    History,
    Media,
    Origin,
    Person,
)
from feedstream.render.entrybytes import EntryBytes
from feedstream.render.extension import revision_of
from feedstream.render.jsonmodels import (
    Attachment,
    Author,
    Change,
    Deletion,
    Feed,
    FeedExtension,
    Hub,
    Item,
    ItemExtension,
    Neighbours,
    Source,
)
from feedstream.render.parts import (
    author_of,
    authors_of,
    categories_of,
    content_of,
    contributors_of,
    origin_of,
    titled,
)
from feedstream.render.splice import Parts, spliced

COMMENT = (
    "A JSON Feed: add its address (feed_url) to a feed reader to follow it."
    " What the _feedstream objects say is told at their “about” address."
)
_TAIL = b"]\n}"


def render_json(document: FeedDocument, cache: EntryBytes | None = None) -> bytes:
    """The document as JSON Feed 1.1: UTF-8, keys in the order of the models, no nulls.

    The same bytes with any `cache` and with none.
    """
    # An item says where the extension is explained, which is all that it takes from its feed.
    about = document.about_url
    parts = Parts(
        slot=("json", about),
        head=_head,
        entry=partial(_item_bytes, about),
        tail=(b"\n " if document.entries else b"") + _TAIL + b"\n",
        date=rfc3339,
        dates=(b'"updated": "%b"',),
        between=b",",
    )
    return spliced(parts, document, cache)


def _head(document: FeedDocument) -> bytes:
    return _dumped(_feed(document)).removesuffix(_TAIL)


def _item_bytes(about: str, entry: Entry) -> bytes:
    """As it stands in the list of items: line ends in its texts are escaped, so all are JSON's."""
    return b"\n  " + _dumped(_item(entry, about)).replace(b"\n", b"\n  ")


def _dumped(model: BaseModel) -> bytes:
    return model.model_dump_json(exclude_none=True, indent=1).encode()


def _feed(document: FeedDocument) -> Feed:
    history = document.history
    return Feed(
        title=titled(document.title),
        home_page_url=document.home_url,
        feed_url=document.address_in("json"),
        description=document.description or None,
        user_comment=COMMENT,
        next_url=_address(history.prev) if history else None,
        authors=[_author(author_of(document))],
        language=document.language or None,
        # Only a sealed archive is a feed that never gains an item.
        expired=True if history and history.kind == "archive" else None,
        hubs=[Hub(url=hub) for hub in document.hubs] or None,
        feedstream=_feed_extension(document),
        items=[],
    )


def _feed_extension(document: FeedDocument) -> FeedExtension:
    return FeedExtension(
        about=document.about_url,
        kind=document.kind,
        id=document.id,
        updated=rfc3339(document.updated) if document.updated else None,
        rights=document.rights or None,
        history=_neighbours(document.history) if document.history else None,
        deleted=[_deletion(one) for one in document.deleted] or None,
    )


def _neighbours(history: History) -> Neighbours:
    return Neighbours(
        kind=history.kind,
        current=_address(history.current),
        prev=_address(history.prev),
        next=_address(history.next),
    )


def _address(address: str) -> str | None:
    return f"{address}.json" if address else None


def _deletion(one: Deleted) -> Deletion:
    return Deletion(
        ref=one.ref,
        when=rfc3339(one.when),
        comment=one.comment or None,
        legal=True if one.legal else None,
    )


def _author(person: Person) -> Author:
    return Author(name=person.name, url=person.url or None)


def _item(entry: Entry, about: str) -> Item:
    return Item(
        id=entry.id,
        url=entry.url,
        title=titled(entry.title),
        content_html=content_of(entry),
        summary=entry.summary or None,
        image=next((one.url for one in entry.media if one.medium == "image"), None),
        date_published=rfc3339(entry.published),
        date_modified=rfc3339(entry.updated),
        authors=[_author(one) for one in authors_of(entry)] or None,
        tags=_tags(entry) or None,
        language=entry.language or None,
        attachments=[_attachment(one) for one in entry.media] or None,
        feedstream=_item_extension(entry, about),
    )


def _tags(entry: Entry) -> list[str]:
    """The subjects, each once; the kind of the entry is told by `_feedstream`."""
    return list(dict.fromkeys(one.term for one in categories_of(entry) if not one.scheme))


def _attachment(one: Media) -> Attachment:
    return Attachment(
        url=one.url,
        mime_type=one.type,
        title=one.title or None,
        size_in_bytes=one.length or None,
    )


def _item_extension(entry: Entry, about: str) -> ItemExtension:
    origin = origin_of(entry)
    return ItemExtension(
        about=about,
        kind=entry.kind,
        story=entry.story,
        story_url=entry.story_url,
        revision=revision_of(entry) or None,
        amendments=[_change(one) for one in entry.amendments] or None,
        credits=[_author(one) for one in contributors_of(entry)] or None,
        source=_source(origin) if origin else None,
        rights=entry.rights or None,
    )


def _source(origin: Origin) -> Source:
    return Source(
        name=origin.name,
        url=origin.url or None,
        id=origin.id or None,
        updated=rfc3339(origin.updated) if origin.updated else None,
        rights=origin.rights or None,
    )


def _change(one: Amendment) -> Change:
    return Change(
        kind=one.kind,
        id=one.id,
        url=one.url,
        date=one.date,
        was=one.was or None,
        now=one.now or None,
        why=one.why or None,
        text=one.text or None,
    )
