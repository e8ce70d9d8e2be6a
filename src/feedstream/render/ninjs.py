"""IPTC ninjs 3.0: a story as one JSON object, for news agencies and their customers.

The models have what we write of the standard, under its own names.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from feedstream.config import Site
from feedstream.domain.wire import WireStatus
from feedstream.render.dates import rfc3339
from feedstream.render.document import Entry, Media
from feedstream.render.item import NewsItem, byline, holder, notice_of
from feedstream.render.urls import uri

MEDIA_TYPE = "application/json"
"""The IPTC has registered no type of its own for ninjs."""

SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json#"

Instant = Annotated[datetime, PlainSerializer(rfc3339)]
NewsType = Literal["text", "picture", "audio", "video"]
_TYPES: dict[str, NewsType] = {"image": "picture", "audio": "audio", "video": "video"}


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )


class Standard(_Model):
    """What the object conforms to (property `standard`)."""

    name: str = "ninjs"
    version: str = "3.0"
    schema_: str = Field(SCHEMA, serialization_alias="schema")


class Text(_Model):
    """An item of `headlines`, `descriptions` and `bodies`."""

    value: str
    role: str | None = None
    content_type: str | None = None


class Named(_Model):
    """An item of `people`, `subjects` and `infoSources`."""

    name: str
    rel: str | None = None
    uri: str | None = None


class Rendition(_Model):
    """An item of `renditions`: where the same is to be had, and how large it is there."""

    name: str
    href: str
    content_type: str | None = None
    title: str | None = None
    width: int | None = None
    height: int | None = None
    size_in_bytes: int | None = None


class Association(_Model):
    """An item of `associations`: a picture, a sound, a film or a document."""

    name: str
    uri: str
    type: NewsType | None = None
    representation_type: Literal["partial"] = "partial"
    headlines: list[Text] | None = None
    renditions: list[Rendition]


class Ninjs(_Model):
    """The news object. Everything below `standard` is content, and absent once that is gone."""

    uri: str
    type: NewsType = "text"
    version: str
    first_created: Instant
    version_created: Instant
    pub_status: WireStatus
    ed_note: str | None = None
    standard: Standard = Standard()
    representation_type: Literal["full"] | None = None
    language: str | None = None
    slugline: str | None = None
    headlines: list[Text] | None = None
    by: str | None = None
    people: list[Named] | None = None
    descriptions: list[Text] | None = None
    bodies: list[Text] | None = None
    subjects: list[Named] | None = None
    info_sources: list[Named] | None = None
    copyright_holder: str | None = None
    copyright_notice: str | None = None
    renditions: list[Rendition] | None = None
    associations: list[Association] | None = None


def render_ninjs(item: NewsItem, site: Site) -> bytes:
    """The story as ninjs 3.0: UTF-8, no nulls.

    Of one that is public no more there is a `withheld` or `canceled` object without content.
    """
    found = _content(item, item.entry, site) if item.entry else _bare(item)
    return found.model_dump_json(exclude_none=True, by_alias=True, indent=1).encode() + b"\n"


def _bare(item: NewsItem, **content: Any) -> Ninjs:
    return Ninjs(
        uri=item.guid,
        version=str(item.number),
        first_created=item.created,
        version_created=item.changed,
        pub_status=item.status,
        ed_note=item.note or None,
        **content,
    )


def _content(item: NewsItem, entry: Entry, site: Site) -> Ninjs:
    return _bare(
        item,
        representation_type="full",
        language=entry.language or site.language,
        slugline=item.slug,
        headlines=[Text(value=entry.title, role="main", content_type="text/plain")],
        by=byline(entry) or None,
        people=[Named(name=one.name, rel="author") for one in entry.authors] or None,
        descriptions=_summary(entry),
        bodies=[Text(value=entry.content or entry.title, role="main", content_type="text/html")],
        subjects=[Named(name=name, rel=rel) for rel, name in item.topics] or None,
        info_sources=_sources(entry),
        copyright_holder=holder(site),
        copyright_notice=notice_of(entry, site) or None,
        renditions=[Rendition(name="web", href=uri(entry.url), content_type="text/html")],
        associations=[_association(*pair) for pair in enumerate(entry.media, 1)] or None,
    )


def _summary(entry: Entry) -> list[Text] | None:
    if not entry.summary:
        return None
    return [Text(value=entry.summary, role="summary", content_type="text/plain")]


def _sources(entry: Entry) -> list[Named] | None:
    named = {one.name: uri(one.url) for one in entry.contributors}
    if entry.origin:
        named.setdefault(entry.origin.name, uri(entry.origin.url))
    return [Named(name=name, uri=address or None) for name, address in named.items()] or None


def _association(number: int, media: Media) -> Association:
    address = uri(media.url)
    return Association(
        name=f"media-{number}",
        uri=address,
        type=_TYPES.get(media.medium),
        headlines=[Text(value=media.title)] if media.title else None,
        renditions=[
            Rendition(
                name="main",
                href=address,
                content_type=media.type or None,
                title=media.title or None,
                width=media.width or None,
                height=media.height or None,
                size_in_bytes=media.length or None,
            )
        ],
    )
