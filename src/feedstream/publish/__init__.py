"""Touched feeds → bytes → files: atomically, and only where the bytes differ."""

from feedstream.publish.archive import page_of_file
from feedstream.publish.comparing import FileChange, coming_changes, stale_files
from feedstream.publish.files import digest_of, locked, replace_file
from feedstream.publish.lists import OPML, is_list
from feedstream.publish.outputs import (
    FEED_NAME,
    Outputs,
    feed_of_file,
    rendering_of,
    rendering_settings,
)
from feedstream.publish.publisher import Published, Publisher, publisher_of

__all__ = [
    "FEED_NAME",
    "OPML",
    "FileChange",
    "Outputs",
    "Published",
    "Publisher",
    "coming_changes",
    "digest_of",
    "feed_of_file",
    "is_list",
    "locked",
    "page_of_file",
    "publisher_of",
    "rendering_of",
    "rendering_settings",
    "replace_file",
    "stale_files",
]
