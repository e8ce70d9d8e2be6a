"""How fast a feed of 100 entries is rendered in three formats when one of them has changed.

    python bench/render.py

Beside feedgen (and `json`) writing everything anew, and beside bytes put together by hand: the
changed entry built as we build it, everything else ready. Rates are changes a second, each with
its three formats.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from common import BODY, ROUNDS, WHEN, Line, medians, rate, show
from feedgen.feed import FeedGenerator

from feedstream.render import FORMATS, EntryBytes
from feedstream.render.document import Category, Entry, FeedDocument, Person

ENTRIES, CHANGES, WHOLE = 100, 200, 10
SITE = "https://news.example.org"
TAG = "tag:news.example.org,2021:"


def entry(number: int) -> Entry:
    page = f"{SITE}/stories/talks-{number}"
    return Entry(
        id=f"{TAG}story/{number}",
        kind="story",
        url=page,
        title=f"Talks go on, part {number}",
        summary="Both sides spoke of progress.",
        content=BODY,
        published=WHEN,
        updated=WHEN + timedelta(minutes=number),
        story=f"{TAG}story/{number}",
        story_url=page,
        language="en",
        authors=(Person(name="Ada Example"),),
        categories=(Category(term="World"),),
        revision=1,
    )


def document(entries: Sequence[Entry]) -> FeedDocument:
    return FeedDocument(
        id=f"{TAG}feed/stories",
        kind="stories",
        title="Stories",
        description="Running stories",
        address=f"{SITE}/feeds/stories",
        home_url=f"{SITE}/",
        about_url=f"{SITE}/feeds/",
        language="en",
        author=Person(name="The Daily Example"),
        ttl=5,
        updated=max(one.updated for one in entries),
        entries=tuple(entries),
    )


def changes(entries: Sequence[Entry], count: int) -> list[FeedDocument]:
    """The feed after each of so many changes: one entry changes and comes first, as in a feed."""
    found, current = [], list(entries)
    for time in range(count):
        moved = WHEN + timedelta(days=1, minutes=time)
        last = current.pop()
        current.insert(0, replace(last, title=f"Talks go on, change {time}", updated=moved))
        found.append(document(current))
    return found


def feedgen_whole(feed: FeedDocument) -> Iterator[bytes]:
    """All of it by feedgen, as its manual shows it, and JSON as `json` writes it."""
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.description(feed.description)
    made.link(href=f"{feed.address}.atom", rel="self")
    made.link(href=feed.home_url, rel="alternate")
    made.language(feed.language)
    made.updated(feed.updated)
    for one in feed.entries:
        item = made.add_entry(order="append")
        item.guid(one.id)
        item.title(one.title)
        item.link(href=one.url)
        item.summary(one.summary)
        item.content(one.content, type="html")
        item.published(one.published)
        item.updated(one.updated)
        item.author([{"name": author.name} for author in one.authors])
        item.category([{"term": category.term} for category in one.categories])
    yield made.rss_str(pretty=True)
    yield made.atom_str(pretty=True)
    told = {"version": "https://jsonfeed.org/version/1.1", "title": feed.title}
    items = [
        {
            "id": one.id,
            "url": one.url,
            "title": one.title,
            "summary": one.summary,
            "content_html": one.content,
            "date_published": one.published.isoformat(),
            "date_modified": one.updated.isoformat(),
            "authors": [{"name": author.name} for author in one.authors],
            "tags": [category.term for category in one.categories],
        }
        for one in feed.entries
    ]
    yield json.dumps({**told, "items": items}, indent=1, ensure_ascii=False).encode()


def spliced_by_hand(entries: Sequence[Entry]) -> Callable[[FeedDocument], Iterable[bytes]]:
    """A renderer that builds the changed entry and has all other bytes ready, unasked."""
    ready = {
        name: [one.render(document([entry])) for entry in entries[1:]]
        for name, one in FORMATS.items()
    }
    head = EntryBytes()

    def render(feed: FeedDocument) -> Iterable[bytes]:
        small = replace(feed, entries=feed.entries[:1])
        return (b"".join((one.render(small, head), *ready[name])) for name, one in FORMATS.items())

    return render


def each(render: Callable[[FeedDocument], Iterable[bytes]], feeds: Sequence[FeedDocument]) -> float:
    """Feeds a second; each format is let go before the next, as by one who writes files."""

    def work() -> None:
        for feed in feeds:
            for _ in render(feed):
                pass

    return rate(len(feeds), work)


def rendered(cache: EntryBytes | None) -> Callable[[FeedDocument], Iterable[bytes]]:
    return lambda feed: (one.render(feed, cache) for one in FORMATS.values())


def joined(entries: Sequence[Entry]) -> Callable[[FeedDocument], Iterable[bytes]]:
    """Only the copying of bytes, nothing built at all."""
    ready = [[one.render(document([entry])) for entry in entries] for one in FORMATS.values()]
    return lambda _: (b"".join(pieces) for pieces in ready)


def measure(entries: Sequence[Entry]) -> dict[str, float]:
    cache = EntryBytes()
    feeds = changes(entries, CHANGES)
    rendered(cache)(document(entries))
    return {
        "ours": each(rendered(cache), feeds),
        "uncached": each(rendered(None), feeds[:WHOLE]),
        "feedgen": each(feedgen_whole, feeds[:WHOLE]),
        "spliced": each(spliced_by_hand(entries), feeds),
        "joined": each(joined(entries), feeds),
    }


def lines(_: Path | None = None) -> list[Line]:
    entries = [entry(number) for number in range(ENTRIES)]
    found = medians([measure(entries) for _ in range(ROUNDS)])
    work = "render 100 entries, one changed"
    peers = (
        ("feedgen, whole", "feedgen", 20.0),
        ("bytes spliced by hand", "spliced", 0.5),
        ("ours without its memory", "uncached", None),
        ("joining bytes, building nothing", "joined", None),
    )
    return [
        Line(work=work, ours=found["ours"], peer=peer, theirs=found[name], goal=goal)
        for peer, name, goal in peers
    ]


if __name__ == "__main__":
    show(lines())
