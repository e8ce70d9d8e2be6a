"""JSON Feed 1.1, as pydantic models.

The extension `_feedstream` says what an entry stands for, which story it belongs to, and what was
corrected or retracted in it.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from feedstream.render.dates import rfc3339
from feedstream.render.document import Amendment, Entry, FeedDocument, Person

VERSION = "https://jsonfeed.org/version/1.1"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Author(_Model):
    """JSON Feed's author object."""

    name: str
    url: str | None = None


class Change(_Model):
    """A correction, clarification or retraction, for machines."""

    kind: str
    id: str
    url: str
    date: str
    was: str | None = None
    now: str | None = None
    why: str | None = None
    text: str | None = None


class Extension(_Model):
    """The `_feedstream` object of an item; `story` is the id of the story's own entry."""

    about: str
    kind: str
    story: str
    amendments: list[Change] | None = None
    credits: list[Author] | None = None
    source: Author | None = None


class Item(_Model):
    """JSON Feed's item object."""

    id: str
    url: str
    title: str
    content_html: str
    summary: str | None = None
    date_published: str
    date_modified: str
    authors: list[Author] | None = None
    tags: list[str] | None = None
    language: str | None = None
    feedstream: Extension = Field(alias="_feedstream")


class Feed(_Model):
    """JSON Feed's top-level object."""

    version: str = VERSION
    title: str
    home_page_url: str
    feed_url: str
    description: str
    authors: list[Author]
    language: str
    items: list[Item]


def render_json(document: FeedDocument) -> bytes:
    """The document as JSON Feed 1.1: UTF-8, keys in the order of the models, no nulls."""
    feed = Feed(
        title=document.title,
        home_page_url=document.home_url,
        feed_url=document.address_in("json"),
        description=document.description,
        authors=[_author(document.author)],
        language=document.language,
        items=[_item(entry, document) for entry in document.entries],
    )
    return feed.model_dump_json(exclude_none=True, indent=1).encode() + b"\n"


def _author(person: Person) -> Author:
    return Author(name=person.name, url=person.url or None)


def _item(entry: Entry, document: FeedDocument) -> Item:
    fields: dict[str, Any] = {
        "_feedstream": Extension(
            about=document.about_url,
            kind=entry.kind,
            story=entry.story,
            amendments=[_change(one) for one in entry.amendments] or None,
            credits=[_author(one) for one in entry.contributors] or None,
            source=Author(name=entry.origin.name, url=entry.origin.url or None)
            if entry.origin
            else None,
        )
    }
    return Item(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        content_html=entry.content or entry.title,
        summary=entry.summary or None,
        date_published=rfc3339(entry.published),
        date_modified=rfc3339(entry.updated),
        authors=[_author(one) for one in entry.authors] or None,
        tags=[c.term for c in entry.categories if not c.scheme] or None,
        language=entry.language or None,
        **fields,
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
