"""The table of `docs/readers.md`: what each client sees of one story's life, from a real run."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby, pairwise
from pathlib import Path

from tests.clients import node
from tests.clients.life import FEEDS, STAGES, served
from tests.clients.look import Look
from tests.clients.readers import Client, Fastfeedparser, Feedparser, Reader

Row = tuple[str, ...]
"""What a client saw at each stage, in words."""

Seen = Mapping[tuple[str, str, str], Row]
"""By feed, client and format."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "readers.md"
BEGIN, END = "<!-- written by scripts/readers_table.py -->", "<!-- until here -->"


def run(place: Path, cache: Path) -> Seen:
    """Let a story live in a newsroom in `place`, with every client subscribed to every feed.

    Clients of npm are installed below `cache`; raises `node.Missing` where they can't be had.
    """
    installed = node.install(cache)
    with served(place / "newsroom") as life, ExitStack() as stack:
        aggregator = Reader(place)
        stack.callback(aggregator.close)
        clients: list[Client] = [Feedparser(), Fastfeedparser(), aggregator]
        clients += stack.enter_context(node.clients(installed))
        watched = [
            (feed, client, fmt) for feed in FEEDS for client in clients for fmt in client.formats
        ]
        looks = [[client.look(life.feed(feed, fmt))] for feed, client, fmt in watched]
        for stage in STAGES:
            life.live(stage)
            for (feed, client, fmt), seen in zip(watched, looks, strict=True):
                seen.append(client.look(life.feed(feed, fmt)))
    return {
        (feed, client.name, fmt): _words(seen)
        for (feed, client, fmt), seen in zip(watched, looks, strict=True)
    }


def _words(looks: list[Look]) -> Row:
    return tuple(now.since(before) for before, now in pairwise(looks))


def markdown(seen: Seen) -> str:
    """A table a feed; formats in which a client sees the same share a row."""
    return "\n\n".join(_table(feed, seen) for feed in FEEDS)


def _table(feed: str, seen: Seen) -> str:
    head = ("client", *STAGES)
    lines = (head, ("---",) * len(head), *_rows(feed, seen))
    return "\n".join((f"### `/feeds/{feed}`", "", *map(_line, lines)))


def _rows(feed: str, seen: Seen) -> Iterator[Row]:
    mine = [(client, fmt, row) for (name, client, fmt), row in seen.items() if name == feed]
    for client, found in groupby(mine, key=lambda one: one[0]):
        by_row: dict[Row, list[str]] = {}
        for _, fmt, row in found:
            by_row.setdefault(row, []).append(fmt)
        for row, formats in by_row.items():
            yield (f"{client} ({', '.join(formats)})", *row)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def parted(text: str) -> tuple[str, str, str]:
    """What stands before the tables of the document, they, and what comes after."""
    before, _, rest = text.partition(f"{BEGIN}\n")
    tables, _, after = rest.partition(f"\n{END}")
    return before, tables.strip(), after


def with_tables(text: str, tables: str) -> str:
    """The document with these tables."""
    before, _, after = parted(text)
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"
