"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read as leniently as the specification asks."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feedstream.errors import Invalid
from feedstream.markup import from_text
from feedstream.wire.dates import read_iso
from feedstream.wire.formats.detect import Document
from feedstream.wire.raw import RawFeed, RawItem

_VERSIONS = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Author(_Lenient):
    """A person or an organisation."""

    name: str | None = None


class Item(_Lenient):
    """One item; 1.0 has `author`, 1.1 `authors`."""

    id: str | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    authors: list[Author] | None = None
    author: Author | None = None
    tags: list[str] | None = None
    language: str | None = None


class Feed(_Lenient):
    """The document; its items are read one by one, so that a bad one does not lose the others."""

    version: str
    items: list[Any] = Field(default_factory=list)
    title: str | None = None
    language: str | None = None
    authors: list[Author] | None = None
    author: Author | None = None


def read(document: Document, base_url: str, max_items: int) -> RawFeed:
    """The feed in a JSON document. Raises `Invalid` where it is none, naming what is wrong."""
    feed = _feed(document.text)
    items: list[RawItem] = []
    notices: list[str] = []
    if len(feed.items) > max_items:
        notices.append(f"Of {len(feed.items)} items the first {max_items} were read.")
    bad = 0
    for value in feed.items[:max_items]:
        try:
            items.append(_item(Item.model_validate(value), base_url))
        except ValidationError:
            bad += 1
    if bad:
        notices.append(f"{bad} items were left out because they do not follow JSON Feed.")
    return RawFeed(
        items=tuple(items),
        title=feed.title or "",
        language=feed.language or "",
        authors=_names(feed.authors, feed.author),
        notices=tuple(notices),
    )


def _feed(text: str) -> Feed:
    try:
        feed = Feed.model_validate_json(text.encode("utf-8", "replace"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise Invalid(
            f"It is no JSON Feed ({where}: {first['msg'][:200]}); check its address."
        ) from error
    if not feed.version.startswith(_VERSIONS):
        raise Invalid(f"It is no JSON Feed: its version is “{feed.version[:80]}”.")
    return feed


def _item(item: Item, base_url: str) -> RawItem:
    body = item.content_html or from_text(item.content_text or "")
    summary = from_text(item.summary or "")
    return RawItem(
        guid=item.id or "",
        url=item.url or item.external_url or "",
        title=" ".join((item.title or "").split()),
        summary=summary,
        body=body or summary,
        base=base_url,
        published=read_iso(item.date_published or ""),
        updated=read_iso(item.date_modified or ""),
        authors=_names(item.authors, item.author),
        categories=tuple(item.tags or ()),
        language=item.language or "",
    )


def _names(authors: list[Author] | None, author: Author | None) -> tuple[str, ...]:
    people = authors or ([author] if author else [])
    return tuple(person.name for person in people if person.name)
