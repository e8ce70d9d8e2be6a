"""What every format takes from a document, with what a format must not lack made good."""

import html
import re

from feedstream.config import Site
from feedstream.render.document import Category, Entry, FeedDocument, Origin, Person

UNTITLED = "Untitled"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def titled(title: str) -> str:
    """The title, or a word where there is none: no format goes without."""
    return title if title.strip() else UNTITLED


def language_of(tag: str, site: Site) -> str:
    """The language tag (BCP 47), or the site's where it is none: events take any text."""
    return tag if _LANGUAGE.fullmatch(tag) else site.language


def content_of(entry: Entry) -> str:
    """The content of an entry as HTML, never empty."""
    return entry.content or html.escape(titled(entry.title), quote=False)


def categories_of(entry: Entry) -> tuple[Category, ...]:
    """The categories that have a term."""
    return tuple(one for one in entry.categories if one.term.strip())


def author_of(document: FeedDocument) -> Person:
    """The author of a feed; one without a name goes by the feed's title (Atom demands a name)."""
    author = document.author
    return author if author.name.strip() else Person(name=titled(document.title), url=author.url)


def authors_of(entry: Entry) -> tuple[Person, ...]:
    """The authors who have a name."""
    return tuple(one for one in entry.authors if one.name.strip())


def contributors_of(entry: Entry) -> tuple[Person, ...]:
    """Who is credited, with the partner that the entry came from, each once."""
    named = {one.name: one for one in entry.contributors if one.name.strip()}
    origin = origin_of(entry)
    if origin and origin.name not in named:
        named[origin.name] = Person(name=origin.name)
    return tuple(named.values())


def origin_of(entry: Entry) -> Origin | None:
    """The partner, if it has a name: without one, formats have nothing to show for it."""
    return entry.origin if entry.origin and entry.origin.name.strip() else None
