"""The sealed pages of the feed of updates, as files (RFC 5005 §4).

Page `n` stands at `archive/updates/n` and, for ever as long as it has these bytes, at
`archive/updates/n-<digest>`. Each page names the one before it by the latter: so whoever walks back
from the feed itself reads one state of the whole history, and a page that changes gives all that
follow another name. The one after it is named by the former, since its digest is not known yet.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from feedstream.domain.feed import FeedDefinition
from feedstream.projections.archive import ALL, Archive, Shelf, marked
from feedstream.projections.views import Views
from feedstream.render import FORMATS

ARCHIVED: Final = "updates"
"""The feed that has sealed pages."""

_PLACE = f"archive/{ARCHIVED}/"
_FILE = re.compile(rf"({_PLACE}[1-9][0-9]*)(?:-[0-9a-f]{{16}})?\.[a-z]+")
_Key = tuple[object, ...]

Render = Callable[[int, str], dict[str, bytes]]
"""The bytes of a page, by ending, given its number and the name of the page before it."""

DigestOf = Callable[[str, int | None], str]
"""The SHA-256 (hex) of a published file, as of a position or of now (None); "" for no file."""


def is_archived(feed: FeedDefinition) -> bool:
    """Whether it is the feed with sealed pages: one that shows all updates of all stories."""
    filters = (feed.section, feed.tag, feed.author, feed.source, feed.story)
    return feed.name == ARCHIVED and feed.kind == "updates" and not any(filters)


def is_in_archive(name: str) -> bool:
    """Whether a name lies where the sealed pages do: no feed is published under such a name."""
    return name.startswith("archive/")


def size_of_page(window: int) -> int:
    """How many entries a page has, of a feed of at most `window`: less than two are not sealed."""
    return max(1, window // 2)


def page_name(number: int) -> str:
    """The name of a page that leads to it whatever its bytes."""
    return f"{_PLACE}{number}"


def page_of_file(file: str) -> str | None:
    """The name of the page that a file is of, under either name; None for a file of no page."""
    found = _FILE.fullmatch(file)
    return found[1] if found else None


def number_of(name: str) -> int | None:
    """The number of the page of this name; None for another name."""
    number = name.removeprefix(_PLACE)
    return int(number) if number != name and number.isdecimal() else None


class Pages:
    """The files of all sealed pages: a function of the read model's state and of `render`.

    With `published`, pages that nothing touched are not made anew only to know what they are
    called.
    """

    def __init__(
        self,
        views: Views,
        size: int,
        render: Render,
        published: DigestOf | None = None,
    ) -> None:
        self._views = views
        self.size = size
        self._render = render
        self._published = published
        self._known: dict[int, tuple[_Key, str]] = {}
        self._fresh: dict[int, str] = {}
        self._at: tuple[int, str | None] = (-1, None)

    @property
    def count(self) -> int:
        """How many there are, which is the number of the last."""
        return self._archive.sealed

    @property
    def open(self) -> Shelf:
        """What stands on none of them."""
        return self._archive.open()

    def shelf(self, number: int) -> Shelf:
        """What stands on one of them."""
        return self._archive.page(number)

    def files(self, number: int) -> dict[str, bytes]:
        """The files of a page; none where there is no such page."""
        if not 0 < number <= self.count:
            return {}
        content = self._render(number, self.name(number - 1))
        sealed = _sealed(number, {end: _digest(body) for end, body in content.items()})
        self._settle()[number] = sealed
        names = (page_name(number), sealed)
        return {f"{name}.{end}": body for name in names for end, body in content.items()}

    def name(self, number: int) -> str:
        """What a page is called after its bytes; "" before the first."""
        if number < 1:
            return ""
        if number in self._settle():
            return self._fresh[number]
        if self._published and (name := self._name_published(number)):
            return name
        return self._made(number)

    def touched(self, marks: Iterable[str]) -> Iterator[int]:
        """The pages to be published anew, lowest first: ask for the files of each before the next.

        Those with entries of the stories that `marks` name; those that follow one whose name
        changed; those that have not been published yet; and former ones that are none any more.
        """
        stories = {story for mark in marks if (story := marked(mark))}
        count = self.count
        every = range(1, count + 1)
        some = {*every} if ALL in stories else self._archive.pages_of(stories)
        some.update(number for number in every if not self._is_published(number))
        moved = False
        for number in range(min(some, default=count + 1), count + 1):
            if moved or number in some:
                before = self._name_published(number)
                yield number
                moved = self.name(number) != before
        number = count + 1
        while self._name_published(number):
            yield number
            number += 1

    def _is_published(self, number: int) -> bool:
        return self._published is None or bool(self._published(f"{page_name(number)}.atom", None))

    @property
    def _archive(self) -> Archive:
        return self._views.archive(self.size)

    def _settle(self) -> dict[int, str]:
        """The names of pages as they are at this position, as far as they are known."""
        if (at := (self._views.checkpoint, self._views.meta("generation"))) != self._at:
            self._fresh, self._at = {}, at
        return self._fresh

    def name_at(self, number: int, position: int) -> str:
        """What a page was called as of an earlier position, where it was published by then."""
        return self._name_published(number, position) if number else ""

    def _name_published(self, number: int, upto: int | None = None) -> str:
        if self._published is None:
            return ""
        alias = page_name(number)
        digests: dict[str, str] = {end: self._published(f"{alias}.{end}", upto) for end in FORMATS}
        return _sealed(number, digests) if all(digests.values()) else ""

    def _made(self, number: int) -> str:
        """The name that follows from all pages up to this one."""
        name = ""
        for one in range(1, number + 1):
            key = (name, self._state_of(one))
            if self._known.get(one, ((), ""))[0] != key:
                content = self._render(one, name)
                digests = {end: _digest(body) for end, body in content.items()}
                self._known[one] = (key, _sealed(one, digests))
            name = self._known[one][1]
        return name

    def _state_of(self, number: int) -> _Key:
        shelf = self.shelf(number)
        marks = self._views.on_marks(shelf)
        record = self._views.record
        return shelf.entries, tuple((one.id, one.slug, one.position) for one in marks), record


def _sealed(number: int, digests: Mapping[str, str]) -> str:
    """The name of a page after the SHA-256 of its bytes in each format."""
    text = "".join(digests[end] for end in sorted(digests))
    return f"{page_name(number)}-{_digest(text.encode())[:16]}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
