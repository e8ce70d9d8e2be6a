"""Feeds as bytes: a pure function of stories, feed definitions and site settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from feedstream.render.atom import render_atom
from feedstream.render.content import story_html
from feedstream.render.dates import format_day
from feedstream.render.document import MEDIA_TYPES, Article, Entry, FeedDocument, FormatName
from feedstream.render.entrybytes import EntryBytes
from feedstream.render.jsonfeed import render_json
from feedstream.render.opml import render_opml
from feedstream.render.rss import render_rss
from feedstream.render.select import build_document

__all__ = [
    "FORMATS",
    "Article",
    "Entry",
    "EntryBytes",
    "FeedDocument",
    "Output",
    "build_document",
    "format_day",
    "render_atom",
    "render_json",
    "render_opml",
    "render_rss",
    "story_html",
]


class Renderer(Protocol):
    """Writes a document in one format; `cache` spares work and changes no byte."""

    def __call__(self, document: FeedDocument, cache: EntryBytes | None = None) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A format: its renderer, and the media type it is served with."""

    media_type: str
    render: Renderer


_RENDERERS: Mapping[FormatName, Renderer] = {
    "rss": render_rss,
    "atom": render_atom,
    "json": render_json,
}
FORMATS: Mapping[FormatName, Output] = MappingProxyType(
    {
        name: Output(media_type=f"{MEDIA_TYPES[name]}; charset=utf-8", render=render)
        for name, render in _RENDERERS.items()
    }
)
"""By the ending of a feed's file."""
