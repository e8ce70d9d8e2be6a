"""What changed on a whole site between two positions: which stories, and which feed files."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedstream.config import Settings
from feedstream.domain.events import StoryKilled
from feedstream.domain.ids import STORY, id_in, kind_of
from feedstream.eventlog.base import EventLog
from feedstream.projections.runner import Progress, catch_up
from feedstream.projections.views import StoryRow, Views
from feedstream.publish import FileChange, Outputs
from feedstream.replay.changes import kind_of_change
from feedstream.scratch import scratch_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """A story that changed: `new` to readers, `gone` from them, `changed`, or `hidden` throughout.

    `kinds` counts the changes by kind. Of a story that was killed, also later, slug and headline
    are empty.
    """

    id: str
    slug: str
    headline: str
    change: str
    status: str
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDiff:
    """The changes after position `start` up to `end`."""

    start: int
    end: int
    stories: tuple[StoryChange, ...]
    files: tuple[FileChange, ...]


async def site_diff(
    log: EventLog, settings: Settings, start: int, end: int, *, progress: Progress = lambda _: None
) -> SiteDiff:
    """Compare the site as of two positions of the log, both rendered with `settings`."""
    kinds = await _kinds(log, start, end)
    killed = {id_in(one.stream) async for one in log.read_all(end, types=[StoryKilled.TYPE])}
    with scratch_folder() as folder:
        old, new = folder / "old.db", folder / "new.db"
        await _grow(log, old, start, progress)
        await asyncio.to_thread(shutil.copyfile, old, new)
        await _grow(log, new, end, progress)
        with closing(Views(old)) as then, closing(Views(new)) as now:
            stories = [_story(then, now, story, kinds[story], killed) for story in kinds]
            files = await asyncio.to_thread(lambda: tuple(_files(then, now, settings)))
    return SiteDiff(start=start, end=end, stories=tuple(stories), files=files)


async def _kinds(log: EventLog, start: int, end: int) -> dict[str, Counter[str]]:
    """By story, in the order of their first change: how often it changed in which way."""
    kinds: dict[str, Counter[str]] = {}
    async for one in log.read_all(start, upto=end):
        if kind_of(one.stream) == STORY:
            kinds.setdefault(id_in(one.stream), Counter())[kind_of_change(one)] += 1
    return kinds


async def _grow(log: EventLog, path: Path, upto: int, progress: Progress) -> None:
    """Bring the read model at `path` up to a position; what that touches is marked."""
    with closing(Views(path)) as views:
        views.clean(views.dirty(), checkpoint=views.checkpoint)
        await catch_up(log, views, upto=upto, progress=progress)


def _story(
    then: Views, now: Views, story: str, kinds: Mapping[str, int], killed: Collection[str]
) -> StoryChange:
    before, after = then.story(story), now.story(story)
    was, is_ = _public(before), _public(after)
    change = {(False, True): "new", (True, False): "gone", (True, True): "changed"}
    told = after if after and not after.story.killed and story not in killed else None
    return StoryChange(
        id=story,
        slug=told.slug if told else "",
        headline=told.story.headline if told else "",
        change=change.get((was, is_), "hidden"),
        status=after.story.status if after else "absent",
        kinds=dict(kinds),
    )


def _public(row: StoryRow | None) -> bool:
    return bool(row and row.story.is_public)


def _files(then: Views, now: Views, settings: Settings) -> Iterator[FileChange]:
    """The files that differ: only feeds that were touched in between can."""
    old = Outputs(then, settings.site, settings.feeds, settings.websub)
    new = Outputs(now, settings.site, settings.feeds, settings.websub)
    for name in new.names_touched(now.dirty()):
        was, is_ = old.files_of(name), new.files_of(name)
        for file in dict.fromkeys((*was, *is_)):
            if was.get(file) != is_.get(file):
                change: Literal["added", "changed", "removed"] = (
                    "added" if file not in was else "changed" if file in is_ else "removed"
                )
                yield FileChange(file=file, change=change)
