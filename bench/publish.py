"""What one change costs until all its feeds are published, beside a naive publisher.

    python bench/publish.py [--dir FOLDER] [--large] [--feeds 300]

An update is added to one of N stories of a site with 300 feeds (and one for each story). All of
its files are rendered, packed three times (gzip, br, zstd), on the disk for certain, and appear at
once. The naive publisher renders every feed of the site, packs what differs from what stands, and
replaces it file by file, durably. `--large` measures 100,000 stories too: that takes an hour to set
up.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedstream.bootstrap import App, open_app
from feedstream.clock import new_id
from feedstream.config import Feeds, Settings, Site
from feedstream.domain.events import Proposed, StoryPublished
from feedstream.domain.ids import story_stream
from feedstream.publish.codings import packed
from feedstream.publish.files import SUFFIXES, replace_file

SIZES = (1_000, 10_000)
LARGE = 100_000
GOAL = 10.0
CHANGES = 7
SETTINGS = Settings(site=Site(base_url="https://post.example.org"), feeds=Feeds(window=50))
BODY = (
    "<p>" + "The gate stays shut until the rail has been measured from end to end. " * 20 + "</p>"
)
WHEN = datetime(2024, 3, 4, 9, tzinfo=UTC)


async def seed(app: App, stories: int, feeds: int) -> list[str]:
    """Stories, in sections and under tags that give `feeds` feeds beside their own."""
    ids = [new_id() for _ in range(stories)]
    events = [_story(number, one, feeds) for number, one in enumerate(ids)]
    for at in range(0, stories, 1000):
        await app.log.append(events[at : at + 1000])
    await app.catch_up()
    return ids


def _story(number: int, story: str, feeds: int) -> Proposed:
    event = StoryPublished(
        entry_id=f"tag:example.org,2024:{story}",
        slug=f"gate-{number}",
        headline=f"Gate {number} jams",
        body=BODY,
        tags=(f"tag {number % (feeds - 23)}",),
        section=f"Section {number % 20}",
    )
    at = WHEN + timedelta(seconds=number)
    return Proposed(
        id=new_id(), stream=story_stream(story), event=event, effective_at=at, actor="desk"
    )


async def one_change(app: App, story: str, number: int) -> tuple[float, int]:
    """Seconds from a recorded update to its files, and how many those are."""
    update = app.newsroom.update(story, headline=f"More {number}", body=BODY)
    await app.newsroom.execute(update, actor="desk")
    await app.catch_up()
    began = time.perf_counter()
    done = await asyncio.to_thread(app.publisher.run)
    return time.perf_counter() - began, len(done.written) * 4


def naive(app: App, folder: Path) -> float:
    """Seconds to render all, and to replace what differs."""
    began = time.perf_counter()
    for file, content in app.publisher.outputs.files():
        path = folder / file
        if path.is_file() and path.read_bytes() == content:
            continue
        for coding, bytes_ in packed(content).items():
            replace_file(path.with_name(path.name + SUFFIXES[coding]), bytes_, 0.0)
        replace_file(path, content, 0.0)
    return time.perf_counter() - began


async def measure(folder: Path, stories: int, feeds: int) -> tuple[float, float]:
    (folder / "feedstream.toml").write_text("")
    async with open_app(folder, settings=SETTINGS) as app:
        ids = await seed(app, stories, feeds)
        began = time.perf_counter()
        await asyncio.to_thread(app.publisher.run)
        print(f"{stories:>8,} stories: first published in {time.perf_counter() - began:.1f} s")
        took = []
        for number in range(CHANGES):
            seconds, files = await one_change(app, ids[-1 - number * 3], number)
            took.append(seconds)
        ours = statistics.median(took[1:])
        # Its files stand already but for those of one more change: it renders all to find that out.
        theirs = await _naive(app, ids[-2])
        print(
            f"{stories:>8,} stories: one change, {files} files: {ours * 1000:.0f} ms;"
            f" naive {theirs * 1000:,.0f} ms; {theirs / ours:,.0f}× (goal {GOAL:.0f}×)"
        )
        return ours, theirs


async def _naive(app: App, story: str) -> float:
    update = app.newsroom.update(story, headline="More", body=BODY)
    await app.newsroom.execute(update, actor="desk")
    await app.catch_up()
    return await asyncio.to_thread(naive, app, app.home.feeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, help="where to write (a real disk)")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} stories too")
    parser.add_argument("--feeds", type=int, default=300)
    given = parser.parse_args()
    found = {}
    for stories in (*SIZES, *([LARGE] if given.large else [])):
        with tempfile.TemporaryDirectory(dir=given.dir, ignore_cleanup_errors=True) as folder:
            found[stories] = asyncio.run(measure(Path(folder), stories, given.feeds))
    first, last = found[SIZES[0]][0], found[max(found)][0]
    print(f"{max(found) // SIZES[0]}× the stories: {last / first:.2f}× the time for one change")


if __name__ == "__main__":
    main()
