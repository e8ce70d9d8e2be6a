"""Erasure: content leaves the log for good, and with it the read model, the feeds, every export.

What an event did still holds, and that it was erased, when and why, stays on record. The legal
duty is about bytes, so that nothing here hides: it removes.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.ids import (
    STORY,
    WIRE,
    former_address,
    id_in,
    kind_of,
    story_stream,
    wire_stream,
)
from feedstream.domain.story import Story
from feedstream.errors import Conflict, NotFound, Refused
from feedstream.eventlog.base import Placed
from feedstream.newsroom import ATTEMPTS, Newsroom

Kind = Literal["legal", "request"]
"""A legal order (HTTP 451 for readers), or a person's request."""

_KEPT = frozenset({e.StoryKilled.TYPE, e.ContentErased.TYPE})
"""What stays of a story that is erased whole: that it was killed, and that it was erased."""

ERASABLE = frozenset(
    kind.TYPE
    for kind in (
        e.StoryPublished,
        e.StoryEdited,
        e.StorySlugChanged,
        e.StoryTagged,
        e.StoryRetracted,
        e.StoryKilled,
        e.UpdateAdded,
        e.UpdateEdited,
        e.UpdateWithdrawn,
        e.CorrectionIssued,
        e.ClarificationIssued,
        e.CreditAdded,
        e.WireReceived,
        e.WireRevised,
        e.WireSuggested,
        e.WireRejected,
    )
)
"""The types whose events can be erased one by one: what the others do could not be told from
what they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be erased: `positions` in rising order, of `stream` and of wire items that
    `story` used; `whole` for all of a story, `kill` where that must be killed first, `addresses`
    where the text of its slugs goes too; `expect` is what was seen of the streams."""

    stream: str
    positions: tuple[int, ...]
    story: Story | None = None
    whole: bool = False
    kill: bool = False
    addresses: bool = False
    expect: Mapping[str, int] = field(default_factory=dict)


class Eraser:
    """Plans erasures, and carries them out."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom

    async def of_story(self, story_id: str) -> Plan:
        """All of a story, the versions of partners' items that it used among it.

        Raises `NotFound`, and `Refused` where nothing is left to erase.
        """
        story = await self._newsroom.load(story_id)
        if story is None:
            raise NotFound(f"There is no story {story_id}.")
        stream = story_stream(story_id)
        streams = dict.fromkeys([stream, *[wire_stream(i) async for i in self._items(stream)]])
        log = self._newsroom.log
        # Seen first: what comes after it is a conflict, and planned in the next attempt.
        expect = {one: (await log.stream_head(one)).position for one in streams}
        positions = [p for one in streams for p in [q async for q in self._positions(one)]]
        if not positions:
            raise Refused(f"Nothing is left of story {story_id} that could be erased.")
        kill = story.killed is None
        return Plan(
            stream=stream,
            positions=tuple(sorted(positions)),
            story=story,
            kill=kill,
            addresses=True,
            whole=True,
            expect=expect,
        )

    async def _items(self, stream: str) -> AsyncIterator[str]:
        """The wire items that the events of a story were made from."""
        async for recorded in self._newsroom.log.read_stream(stream):
            origin = getattr(recorded.event, "origin", None)
            if origin is not None:
                yield origin.item

    async def _positions(self, stream: str) -> AsyncIterator[int]:
        async for recorded in self._newsroom.log.read_stream(stream):
            if recorded.type not in _KEPT and not isinstance(recorded.event, e.Withheld):
                yield recorded.position

    async def of_positions(self, positions: Iterable[int]) -> Plan:
        """Single events, of one story or one wire item.

        Raises `NotFound` for a position that the log does not have, `Refused` for an event that
        cannot be erased alone or was erased already.
        """
        wanted = sorted(set(positions))
        events = [await self._at(position) for position in wanted]
        streams = {recorded.stream for recorded in events}
        if len(streams) != 1:
            raise Refused("These events are of several streams: erase those of one at a time.")
        [stream] = streams
        story = await self._newsroom.load(id_in(stream)) if kind_of(stream) == STORY else None
        types = {recorded.type for recorded in events}
        if e.StoryPublished.TYPE in types:  # its slug is told again wherever it was changed
            wanted = sorted({*wanted, *[p async for p in self._renamings(stream)]})
        return Plan(
            stream=stream,
            positions=tuple(wanted),
            story=story,
            addresses=bool(types & {e.StoryPublished.TYPE, e.StorySlugChanged.TYPE}),
        )

    async def _renamings(self, stream: str) -> AsyncIterator[int]:
        async for recorded in self._newsroom.log.read_stream(stream):
            if isinstance(recorded.event, e.StorySlugChanged):
                yield recorded.position

    async def _at(self, position: int) -> e.Recorded:
        found = [one async for one in self._newsroom.log.read_all(position - 1, upto=position)]
        if position < 1 or not found:
            head = (await self._newsroom.log.head()).position
            raise NotFound(f"The log has no position {position}: it goes from 1 to {head}.")
        [recorded] = found
        if isinstance(recorded.event, e.Withheld):
            raise Refused(f"The event at position {position} was erased already.")
        if recorded.type not in ERASABLE or kind_of(recorded.stream) not in (STORY, WIRE):
            raise Refused(
                f"The event at position {position} is a {recorded.type}, which can't be erased"
                " alone: erase its whole story."
            )
        return recorded

    async def carry_out(
        self, plan: Plan, *, kind: Kind, reason: str, actor: str
    ) -> tuple[Placed, Plan]:
        """Erase; returns where the `content.erased` event stands, and what was erased in the end.

        A story is killed first and planned again, so that what came in meanwhile goes too.
        Raises `Conflict`, `Refused`, and what the log raises.
        """
        story = plan.story
        if story is None or not plan.whole:
            return await self._erase(plan, kind, reason, actor), plan
        if plan.kill:
            await self._kill(story, kind, actor)
        for _ in range(ATTEMPTS):
            plan = await self.of_story(story.id)
            with suppress(Conflict):
                return await self._erase(plan, kind, reason, actor), plan
        raise Conflict(f"Story {story.id} was changed all the time: erase it again.")

    async def _erase(self, plan: Plan, kind: Kind, reason: str, actor: str) -> Placed:
        event = e.ContentErased(
            positions=plan.positions,
            kind=kind,
            reason=reason.strip(),
            former=_former(plan.story) if plan.story and plan.addresses else (),
        )
        proposed = self._newsroom.envelope(
            event, plan.stream, effective=self._newsroom.clock(), actor=actor
        )
        return await self._newsroom.log.erase(proposed, expect=plan.expect)

    async def _kill(self, story: Story, kind: Kind, actor: str) -> None:
        command = c.KillStory(
            story=story.id,
            at=self._newsroom.clock(),
            reason="Erased after a legal order." if kind == "legal" else "Erased at a request.",
            legal=kind == "legal",
        )
        await self._newsroom.execute(command, actor=actor)


def _former(story: Story) -> tuple[str, ...]:
    slugs = [slug for slug in (story.slug, *story.old_slugs) if slug]
    return tuple(former_address(story.id, slug) for slug in slugs)
