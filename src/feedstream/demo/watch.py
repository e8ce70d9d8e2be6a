"""Tells what happens in the demo, one line each: from the log, and from the published files."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from feedstream.bootstrap import App
from feedstream.domain import events as e
from feedstream.domain.ids import STORY, WIRE, id_in, kind_of
from feedstream.domain.story import Story
from feedstream.eventlog.base import CaughtUp
from feedstream.publish.places import GENERATIONS
from feedstream.render import FORMATS

Say = Callable[[str], None]
LOOK_SECONDS = 0.25
SHORT = 48  # characters of a headline


async def tell_events(app: App, after: int, say: Say) -> None:
    """Say every event after the position `after`, as it is recorded, until cancelled."""
    async for recorded in app.log.subscribe(after):
        if not isinstance(recorded, CaughtUp):
            say(await line_of(app, recorded))
            if isinstance(recorded.event, e.WireSuggested) and recorded.event.candidates:
                say(f"      to take it            {_accepting(app, id_in(recorded.stream))}")


def _accepting(app: App, item_id: str) -> str:
    return f"feedstream --home {app.home.root} inbox accept {item_id[:8]} --best"


async def line_of(app: App, recorded: e.Recorded) -> str:
    """What an event says to somebody who watches."""
    what = await _what(app, recorded)
    return f"#{recorded.position:<4} {recorded.type:<21} {what}  (by {recorded.actor})"


async def _what(app: App, recorded: e.Recorded) -> str:
    kind, id_ = kind_of(recorded.stream), id_in(recorded.stream)
    if kind == STORY:
        return _of_story(recorded.event, await app.newsroom.load(id_))
    if kind == WIRE:
        return await _of_item(app, id_, recorded.event)
    return _quoted(id_)


def _of_story(event: e.Event | e.Unknown | e.Withheld, story: Story | None) -> str:
    where = f"story {_quoted(story.headline)}" if story else "a story"
    headline = getattr(event, "headline", None)
    if isinstance(event, e.CreditAdded):
        return f"{where} now credits {event.name}"
    if isinstance(event, e.UpdateAdded | e.UpdateEdited) and headline:
        return f"{_quoted(headline)} in {where}"
    return where


async def _of_item(app: App, item_id: str, event: e.Event | e.Unknown | e.Withheld) -> str:
    item = await app.newsroom.load_item(item_id)
    name = _quoted(item.known.headline) if item and item.item else item_id
    if isinstance(event, e.WireAttached):
        return f"{name} → story {await _headline(app, event.story)}"
    if not isinstance(event, e.WireSuggested):
        return name
    if not event.candidates:
        return f"{name} fits no story: it waits in the inbox"
    best = event.candidates[0]
    why = ", ".join(f"{r.feature}: {r.found}" for r in best.reasons[:2])
    return f"{name} may belong to {await _headline(app, best.story)} ({best.score:.2f}; {why})"


async def _headline(app: App, story_id: str) -> str:
    story = await app.newsroom.load(story_id)
    return _quoted(story.headline) if story else story_id


def _quoted(text: str) -> str:
    short = text if len(text) <= SHORT else text[: SHORT - 1].rstrip() + "…"
    return f"“{short}”"


# ── the published files ──────────────────────────────────────────────────────────────────────
Files = dict[str, tuple[int, int]]


async def tell_feeds(app: App, say: Say) -> None:
    """Say which feeds were rewritten, as it happens to the files themselves, until cancelled."""
    before = await asyncio.to_thread(_files, app.home.feeds)
    async for after in _looks(app.home.feeds):
        changed = {name for name, mark in after.items() if before.get(name) != mark}
        gone = before.keys() - after.keys()
        if changed:
            say(f"      feeds rewritten       {await _named(app, changed)}")
        if gone:
            say(f"      feeds removed         {await _named(app, gone)}")
        before = after


async def _looks(folder: Path) -> AsyncIterator[Files]:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        yield await asyncio.to_thread(_files, folder)


def _files(folder: Path) -> Files:
    """Every feed file with its inode and time: a replaced file has others."""
    found: Files = {}
    for path in _named_files(folder):
        try:
            status = path.stat()
        except FileNotFoundError:  # replaced at this very moment: the next look sees it
            continue
        found[path.relative_to(folder).as_posix()] = (status.st_ino, status.st_mtime_ns)
    return found


def _named_files(folder: Path) -> Iterator[Path]:
    """The feeds by the names that readers use; folders behind those names come and go."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != GENERATIONS]
        yield from (Path(place, name) for name in names if Path(name).suffix[1:] in FORMATS)


async def _named(app: App, files: set[str]) -> str:
    names = sorted({name.rpartition(".")[0] for name in files})
    endings = " ".join(f".{ending}" for ending in FORMATS)
    return f"{', '.join([await _spoken(app, name) for name in names])} ({endings})"


async def _spoken(app: App, name: str) -> str:
    """A story's own feed by the story's slug: an id says nothing to a person."""
    kind, _, rest = name.partition("/")
    story = await app.newsroom.load(rest) if kind == "story" else None
    return f"story/{story.slug}" if story else name
