"""A partner's document in, wire items out: find the format, read it, normalise it."""

from feedstream.config import Wire
from feedstream.domain.wire import Source
from feedstream.errors import Invalid
from feedstream.wire.formats import jsonfeed, syndication
from feedstream.wire.formats.detect import detect
from feedstream.wire.normalise import normalise
from feedstream.wire.raw import ParsedWire

READERS = {"rss": syndication.read, "atom": syndication.read, "jsonfeed": jsonfeed.read}


def parse_items(
    body: bytes, content_type: str, source: Source, *, base_url: str, limits: Wire
) -> ParsedWire:
    """The items of a document, oldest first; pure.

    Raises `Invalid` where it is empty, an HTML page, no feed, holds a DTD or is nested too deep.
    """
    try:
        document = detect(body, content_type)
        if source.format not in ("auto", document.format):
            raise Invalid(
                f"It is {document.format}, where {source.format} was expected; set the source's "
                "format to auto."
            )
        feed = READERS[document.format](document, base_url, limits.max_items)
    except Invalid as error:
        raise Invalid(f"Source “{source.name}”: {error.sentence}") from error
    return normalise(feed, source, document.format, limits)
