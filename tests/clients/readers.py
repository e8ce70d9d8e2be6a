"""Clients written in Python, each asked as its manual says. All fetch over HTTP by themselves."""

from pathlib import Path
from typing import Any, Protocol

import fastfeedparser
import feedparser
import reader

from tests.clients.look import Look, Seen

ALL = ("rss", "atom", "json")


class Client(Protocol):
    """A program that reads feeds; `formats` are those that it can read."""

    name: str
    formats: tuple[str, ...]

    def look(self, url: str) -> Look:
        """What it shows of the feed now."""


class Feedparser:
    name = "feedparser"
    formats = ("rss", "atom")

    def look(self, url: str) -> Look:
        found = feedparser.parse(url)
        assert not found.bozo, found.get("bozo_exception")
        entries = {
            one.id: Seen(one.title, one.content[0].value, one.updated) for one in found.entries
        }
        stone = found.feed.get("at_deleted-entry", {})  # it keeps one, the last
        return Look(entries, frozenset(filter(None, [stone.get("ref")])))


class Fastfeedparser:
    name = "fastfeedparser"
    formats = ALL

    def look(self, url: str) -> Look:
        found = fastfeedparser.parse(url)
        stones = [value for key, value in found.feed.items() if "deleted" in key]
        return Look(
            {
                one.id: Seen(one.title, one.content[0]["value"], one.get("updated", ""))
                for one in found.entries
            },
            frozenset(map(str, stones)),
        )


class Reader:
    """Keeps what it saw in a database, as an aggregator does."""

    name = "reader"
    formats = ALL

    def __init__(self, place: Path) -> None:
        self._reader = reader.make_reader(str(place / "reader.db"))
        self._known: set[str] = set()

    def look(self, url: str) -> Look:
        if url not in self._known:
            self._known.add(url)
            self._reader.add_feed(url)
        self._reader.update_feed(url)
        found: list[Any] = list(self._reader.get_entries(feed=url))
        return Look(
            {one.id: Seen(one.title, one.get_content().value, str(one.updated)) for one in found}
        )

    def close(self) -> None:
        self._reader.close()
