"""JSON Feed 1.1 as pydantic models, which are the definition of what is written.

docs/feedstream-extension.md describes `_feedstream`; docs/schemas/feedstream.schema.json is its
schema.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from feedstream.domain.feed import FeedKind
from feedstream.render.document import EntryKind

VERSION = "https://jsonfeed.org/version/1.1"


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", serialize_by_alias=True, populate_by_name=True
    )


class Author(_Model):
    """JSON Feed's author object."""

    name: str
    url: str | None = None


class Attachment(_Model):
    """JSON Feed's attachment object; `size_in_bytes` only where it is known."""

    url: str
    mime_type: str
    title: str | None = None
    size_in_bytes: int | None = None


class Hub(_Model):
    """JSON Feed's hub object."""

    type: Literal["WebSub"] = "WebSub"
    url: str


class Change(_Model):
    """A correction, clarification or retraction, for machines."""

    kind: EntryKind
    id: str
    url: str
    date: str
    was: str | None = None
    now: str | None = None
    why: str | None = None
    text: str | None = None


class Source(_Model):
    """The partner that an item came from: what Atom's `source` and `rel="via"` say."""

    name: str
    url: str | None = None
    id: str | None = None
    updated: str | None = None
    rights: str | None = None


class ItemExtension(_Model):
    """The `_feedstream` object of an item; `story` is the id of the story's own entry."""

    about: str
    kind: EntryKind
    story: str
    story_url: str
    revision: int | None = None
    amendments: list[Change] | None = None
    credits: list[Author] | None = None
    source: Source | None = None
    rights: str | None = None


class Deletion(_Model):
    """An item that was taken back, as in RFC 6721; `legal` where the law demanded it."""

    ref: str
    when: str
    comment: str | None = None
    legal: Literal[True] | None = None


class Neighbours(_Model):
    """Where the document stands in the history of its feed, as in RFC 5005; addresses of JSON."""

    kind: Literal["complete", "current", "archive"]
    current: str | None = None
    prev: str | None = None
    next: str | None = None


class FeedExtension(_Model):
    """The `_feedstream` object of a feed."""

    about: str
    kind: FeedKind
    id: str
    updated: str | None = None
    rights: str | None = None
    history: Neighbours | None = None
    deleted: list[Deletion] | None = None


class Item(_Model):
    """JSON Feed's item object."""

    id: str
    url: str
    title: str
    content_html: str
    summary: str | None = None
    image: str | None = None
    date_published: str
    date_modified: str
    authors: list[Author] | None = None
    tags: list[str] | None = None
    language: str | None = None
    attachments: list[Attachment] | None = None
    feedstream: ItemExtension = Field(alias="_feedstream")


class Feed(_Model):
    """JSON Feed's top-level object; its items come last, so that they can be put in as bytes."""

    version: str = VERSION
    title: str
    home_page_url: str
    feed_url: str
    description: str | None = None
    user_comment: str
    next_url: str | None = None
    authors: list[Author]
    language: str | None = None
    expired: bool | None = None
    hubs: list[Hub] | None = None
    feedstream: FeedExtension = Field(alias="_feedstream")
    items: list[Item]
