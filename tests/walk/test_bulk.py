"""A rebuild gives the very rows that following the log event by event gives, for any log."""

import asyncio
import types
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import apsw
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.clock import new_id
from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.story import Story
from feedstream.errors import Invalid, NotFound, Unavailable
from feedstream.eventlog.memory import MemoryLog
from feedstream.projections import apply, bounded, bulk, memory
from feedstream.projections.labels import (
    correction_row,
    feeds_of,
    labels_of,
    publication_rows,
    update_row,
)
from feedstream.projections.rebuild import shadow_beside
from feedstream.projections.tables import NOW
from feedstream.projections.views import Views

NOON = datetime(2021, 12, 6, 12, tzinfo=UTC)
FEW: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["a", "b", "", "a-b", "tag/a"]),
    int: st.integers(1, 3),
    float: st.just(0.5),
    bool: st.booleans(),
    datetime: st.sampled_from([NOON, NOON.replace(microsecond=5), NOON.replace(day=7)]),
    date: st.sampled_from([NOON.date(), date(2021, 12, 7)]),
    type(None): st.none(),
}
"""So few values that slugs, tags, updates and feeds meet again and again."""


def few(hint: Any) -> st.SearchStrategy[Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return st.one_of(*(few(part) for part in parts))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(few(parts[0]), max_size=2).map(tuple)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{one.name: few(hints[one.name]) for one in fields(hint)})
    return FEW[hint]


STREAMS = {
    **{stream: get_args(e.StoryEvent) for stream in ("story-1", "story-2", "story-3")},
    "wire-1": get_args(e.WireEvent),
    "source-1": get_args(e.SourceEvent),
    "feed-a": get_args(e.FeedEvent),
}
OPENINGS = [("story-1", e.StoryPublished), ("story-2", e.StoryPublished)]


@st.composite
def proposals(draw: st.DrawFn) -> e.Proposed:
    stream = draw(st.sampled_from(list(STREAMS)))
    return proposed(stream, draw(few(draw(st.sampled_from(STREAMS[stream])))))


def own_id(event: e.Event) -> e.Event:
    """No two entries have one id: `begin` and its like mint them."""
    return replace(event, entry_id=f"tag:{new_id()}") if hasattr(event, "entry_id") else event


def proposed(stream: str, event: e.Event) -> e.Proposed:
    return e.Proposed(
        id=new_id(), stream=stream, event=own_id(event), effective_at=NOON, actor="desk"
    )


openings = st.tuples(
    *(few(kind).map(lambda event, stream=stream: proposed(stream, event))
      for stream, kind in OPENINGS)
)  # fmt: skip
histories = st.tuples(openings, st.lists(st.one_of(proposals(), st.integers(1, 9)), max_size=30))
"""Proposals, the first two of which begin stories; a number erases what stands there."""


async def logged(history: tuple[Any, Any]) -> MemoryLog:
    log = MemoryLog()
    opening, rest = history
    for act in (*opening, *rest):
        if isinstance(act, int):
            await erase(log, act)
        else:
            await log.append([act])
    return log


async def erase(log: MemoryLog, position: int) -> None:
    found = [one async for one in log.read_all(position - 1, upto=position)]
    event = e.ContentErased(positions=(position,), kind="request", reason="Asked.", former=("x",))
    stream = found[0].stream if found else "story-1"
    try:
        await log.erase(proposed(stream, event))
    except (Invalid, NotFound):
        return


def rows(path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, but for the mark that tells one set of tables from another."""
    with apsw.Connection(str(path)) as db:
        tables = db.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'")
        schema = sorted(tables.fetchall())
        named = [name for name, sql in schema if sql.startswith("CREATE TABLE")]
        found = {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in named}
    found["meta"] = [row for row in found["meta"] if row[0] != "generation"]
    return {"schema": schema, **found}


async def rebuilt(log: MemoryLog, path) -> dict[str, list[tuple[Any, ...]]]:
    with shadow_beside(path) as shadow:
        await shadow.build(log)
        return rows(shadow.path)


async def followed(log: MemoryLog, path) -> dict[str, list[tuple[Any, ...]]]:
    views = Views(path, scratch=True)
    async for recorded in log.read_all():
        views.apply([recorded])
    views.close()
    return rows(path)


@pytest.mark.parametrize("room", [memory.STORIES, 0], ids=["in memory", "without memory"])
@pytest.mark.parametrize("size", [bulk.PAGE, 3], ids=["one page", "pages of three"])
def test_it_gives_the_rows_that_following_gives(tmp_path_factory, monkeypatch, room, size):
    monkeypatch.setattr(memory, "STORIES", room)
    monkeypatch.setattr(memory, "STORIES_BEHIND", room)
    monkeypatch.setattr(memory, "ITEMS", room)
    monkeypatch.setattr(memory, "FEEDS", room)
    monkeypatch.setattr(memory, "MARKS", room)
    monkeypatch.setattr(bulk, "PAGE", size)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @for_all(histories)
    def law(history):
        asyncio.run(same(tmp_path_factory.mktemp("tables"), history))

    law()


async def same(folder, history) -> None:
    log = await logged(history)
    assert await rebuilt(log, folder / "views.db") == await followed(log, folder / "other.db")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(histories)
def test_labels_and_entries_are_at_any_position_what_public_stories_show(tmp_path_factory, history):
    asyncio.run(shown(tmp_path_factory.mktemp("tables"), history))


async def shown(folder, history) -> None:
    log = await logged(history)
    found = await rebuilt(log, folder / "views.db")
    stories: dict[str, Story] = {}
    async for recorded in log.read_all():
        if recorded.stream.startswith("story"):
            stories[recorded.stream] = evolve(stories.get(recorded.stream), recorded)
        public = [story for story in stories.values() if story.is_public]
        at = recorded.position
        labels = {row[:4] for row in found["labels"] if row[4] <= at < row[5]}
        assert labels == {(story.id, *one) for story in public for one in labels_of(story)}
        entries = {row[:5] for row in found["entries"] if row[5] <= at < row[6]}
        assert entries == {(story.id, *one) for story in public for one in entries_of(story)}
        feeds = {row[0] for row in found["feeds"] if row[3] <= at < row[4]}
        needed = {feed.name for story in public for feed in feeds_of(story)}
        assert needed - {"tag/a"} <= feeds  # that one the site may define and remove


def entries_of(story: Story) -> list[tuple[Any, ...]]:
    updates, corrections = map(update_row, story.updates), map(correction_row, story.corrections)
    return [*publication_rows(story), *updates, *corrections]


async def test_a_feed_that_went_with_its_story_is_there_again_with_the_next(tmp_path):
    log = MemoryLog()
    story = e.StoryPublished(entry_id="", slug="a", headline="", body="", tags=("Sea",))
    await log.append([proposed("story-1", story)])
    await log.append([proposed("story-1", e.StoryKilled(reason="Safety."))])
    await log.append([proposed("story-2", story)])
    feeds = (await rebuilt(log, tmp_path / "views.db"))["feeds"]
    assert [row[3:] for row in feeds if row[0] == "tag/sea"] == [(1, 2), (3, NOW)]


async def test_events_that_come_while_it_is_built_are_taken_up(tmp_path):
    log = MemoryLog()
    story = e.StoryPublished(entry_id="tag:a,2021:1", slug="a", headline="One", body="<p>x</p>")
    await log.append([proposed("story-1", story)])
    with shadow_beside(tmp_path / "views.db") as shadow:
        await shadow.build(log)
        await log.append([proposed("story-1", e.StoryTagged(added=("Sea",)))])
        assert await shadow.build(log) == 1
        assert rows(shadow.path) == await followed(log, tmp_path / "other.db")


async def test_an_event_that_cannot_be_applied_costs_none_of_the_others(tmp_path, monkeypatch):
    """The page it is in is applied all the same, whatever stands before and after it."""
    log = MemoryLog()
    for number in range(9):
        story = e.StoryPublished(entry_id="", slug="a", headline="", body="")
        update = e.UpdateAdded(update="u", entry_id="", headline="", body="")
        await log.append([proposed(f"story-{number}", one) for one in (story, update)])
    claim = apply.Page._claim_slug

    def fails(page, story):
        if story.id == "4":
            raise ZeroDivisionError("by a fault of ours")
        return claim(page, story)

    monkeypatch.setattr(apply.Page, "_claim_slug", fails)
    troubles = []
    with (
        shadow_beside(tmp_path / "views.db") as shadow,
        pytest.raises(Unavailable, match="position 9"),
    ):
        await shadow.build(log)
    with shadow_beside(tmp_path / "views.db") as shadow:
        assert await shadow.build(log, keep_going=True, told=troubles.append) == 18
        assert [one.position for one in troubles] == [9]
        stories = [row.story for row in shadow.views.stories()]
        assert {story.id for story in stories} == set("01235678")
        assert all(len(story.updates) == 1 for story in stories)
        assert shadow.views.unknown_events == 1


def test_what_is_remembered_is_bounded_by_its_size():
    kept = bounded.Bounded(len, 10)
    for stream in "abcd":
        kept.put(stream, "xxx")
        kept.trim()
    assert "d" in kept
    assert "a" not in kept
    kept.put("e", "x" * 100)
    assert kept.is_full
    kept.trim()
    assert not any(stream in kept for stream in "abcde")
