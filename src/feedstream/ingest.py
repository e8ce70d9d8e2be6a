"""From a partner's items to events: what is new, where it belongs, what the policy makes of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedstream import markup
from feedstream.config import Settings
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain import inbox
from feedstream.domain.decide import TAG_LIMIT
from feedstream.domain.ids import story_stream, wire_item_id, wire_stream
from feedstream.domain.inbox import InboxItem
from feedstream.domain.story import Story
from feedstream.domain.when import EARLIEST, When, day_of
from feedstream.domain.wire import Candidate, Source, WireItem, WireRef
from feedstream.errors import Invalid, NotFound, Refused
from feedstream.newsroom import Newsroom
from feedstream.projections.runner import catch_up
from feedstream.projections.views import Views
from feedstream.threads import in_thread
from feedstream.wire.match import match
from feedstream.wire.running import RunningStories

logger = logging.getLogger("feedstream.ingest")
MOST_TAGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a delivery came to: counts of items by what happened to them."""

    new: int = 0
    revised: int = 0
    withdrawn: int = 0
    attached: int = 0
    published: int = 0

    def __add__(self, other: "Delivery") -> "Delivery":
        """The sum, field by field."""
        return Delivery(
            new=self.new + other.new,
            revised=self.revised + other.revised,
            withdrawn=self.withdrawn + other.withdrawn,
            attached=self.attached + other.attached,
            published=self.published + other.published,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """Events that use an item, what they expect of other streams, and how they count."""

    events: list[e.Proposed] = field(default_factory=list)
    expect: dict[str, int] = field(default_factory=dict)
    attached: int = 0
    published: int = 0


_Rule = Callable[[InboxItem], tuple[e.WireEvent, ...]]


class Ingest:
    """Takes partners' items in and carries editors' decisions on them out."""

    def __init__(self, newsroom: Newsroom, views: Views, settings: Settings) -> None:
        self._newsroom = newsroom
        self._views = views
        self._limits = settings.wire
        self._running = RunningStories(views, settings.site)

    # ── deliveries ───────────────────────────────────────────────────────────────────────────
    async def deliver(self, source: Source, items: Sequence[WireItem]) -> Delivery:
        """Record what a source says, and do with each item what its policy asks."""
        total = Delivery()
        for item in items:
            total += await self._deliver_one(source, item)
        return total

    async def _deliver_one(self, source: Source, incoming: WireItem) -> Delivery:
        item_id = wire_item_id(incoming.source, incoming.guid)
        outcome = Delivery()

        async def propose() -> tuple[list[e.Proposed], dict[str, int]]:
            nonlocal outcome
            before = await self._newsroom.load_item(item_id)
            heard = inbox.receive(before, incoming)
            if not heard:
                outcome = Delivery()
                return [], {}
            after = self._heard(before, item_id, heard, source)
            proposed, expect, outcome = await self._by_policy(source, before, after, heard)
            return proposed, {wire_stream(item_id): before.position if before else 0} | expect

        await self._newsroom.retry_append(propose)
        return outcome

    def _heard(
        self,
        before: InboxItem | None,
        item_id: str,
        heard: Sequence[e.WireEvent],
        source: Source,
    ) -> InboxItem:
        item = before or InboxItem(id=item_id)
        for event in heard:
            item = inbox.evolve_item(item, self._recorded_wire(item, event, source))
        return item

    def _recorded_wire(self, item: InboxItem, event: e.WireEvent, source: Source) -> e.Recorded:
        now = self._newsroom.clock()
        return e.Recorded(
            position=item.position + 1,
            id="",
            stream=wire_stream(item.id),
            revision=item.revision + 1,
            type=event.TYPE,
            schema=event.SCHEMA,
            effective_at=now,
            recorded_at=now,
            actor=_actor(source.name),
            correlation_id="",
            causation_id="",
            event=event,
            salt=b"",
            leaf=b"",
        )

    async def _by_policy(
        self,
        source: Source,
        before: InboxItem | None,
        item: InboxItem,
        heard: Sequence[e.WireEvent],
    ) -> tuple[list[e.Proposed], dict[str, int], Delivery]:
        """The events of one item: what was heard, and what the policy adds to it."""
        first = before is None or before.item is None
        counts = Delivery(
            new=int(first),
            revised=int(not first and not item.withdrawn),
            withdrawn=int(item.withdrawn),
        )
        events = [self._wire(item, event, source.name) for event in heard]
        expect: dict[str, int] = {}
        if not (item.withdrawn or item.detached or item.rejected is not None):
            used = await self._use_or_keep(source, item, first)
            events, expect = events + used.events, used.expect
            counts += Delivery(attached=used.attached, published=used.published)
        return events, expect, counts

    async def _use_or_keep(self, source: Source, item: InboxItem, first: bool) -> _Use:
        """What the rules refuse must not hold back the items behind it: it waits in the inbox."""
        try:
            return await self._use(source, item, first)
        except (Refused, NotFound, Invalid) as error:
            logger.warning("Wire item %s stays in the inbox: %s", item.id, error.sentence)
            return _Use()

    async def _use(self, source: Source, item: InboxItem, first: bool) -> _Use:
        if item.story:
            follows = source.policy in ("attach", "publish")
            return await self._follow(source, item) if follows else _Use()
        if source.policy == "hold":
            return _Use()
        if source.policy == "publish":
            return await self._publish(source, item)
        candidates = await self._candidates(item)
        best = candidates[0] if candidates else None
        if source.policy == "attach" and best and best.score >= self._limits.attach_at:
            return await self._attach(source, item, best.story)
        suggestions = inbox.suggest(item, candidates) if candidates or first else ()
        return _Use(events=[self._wire(item, event, source.name) for event in suggestions])

    # ── what an item becomes ─────────────────────────────────────────────────────────────────
    async def _attach(
        self, source: Source, item: InboxItem, story_id: str, *, actor: str = ""
    ) -> _Use:
        story = await self._newsroom.load(story_id)
        if story is None:
            raise NotFound(f"There is no story {story_id}.")
        known = item.known
        update = self._newsroom.update(
            story_id,
            headline=known.headline,
            body=_body(known),
            effective=_effective(known, self._newsroom.clock()),
            origin=item.ref,
        )
        commands = [update, *self._credit(source, story)]
        who = actor or _actor(source.name)
        proposed, _ = self._newsroom.plan(commands, story, actor=who)
        linked = inbox.attach(item, story_id, update.update)
        return _Use(
            events=[*(self._wire(item, event, source.name, who) for event in linked), *proposed],
            expect={story_stream(story_id): story.position},
            attached=1,
        )

    async def _publish(self, source: Source, item: InboxItem, *, actor: str = "") -> _Use:
        known = item.known
        begin = self._newsroom.begin(
            headline=known.headline,
            body=_body(known),
            summary=known.summary,
            language=known.language or source.language,
            section=source.section,
            tags=source.tags or _tags(known),
            authors=known.authors,
            effective=_effective(known, self._newsroom.clock()),
            origin=item.ref,
        )
        who = actor or _actor(source.name)
        proposed, _ = self._newsroom.plan(
            [begin, *self._credit(source, None, begin.story)], None, actor=who
        )
        linked = inbox.attach(item, begin.story, None)
        return _Use(
            events=[*(self._wire(item, event, source.name, who) for event in linked), *proposed],
            expect={story_stream(begin.story): 0},
            published=1,
        )

    async def _follow(self, source: Source, item: InboxItem, *, actor: str = "") -> _Use:
        """Take a new version over, unless the newsroom changed its text: that is never undone."""
        story = await self._newsroom.load(item.story)
        if story is None or story.killed or story.retracted:
            return _Use()
        command = self._revision_of(story, item)
        if command is None:
            return _Use()
        who = actor or _actor(source.name)
        proposed, _ = self._newsroom.plan([command], story, actor=who)
        linked = inbox.attach(item, item.story, item.update)
        return _Use(
            events=[*(self._wire(item, event, source.name, who) for event in linked), *proposed],
            expect={story_stream(story.id): story.position},
        )

    def _revision_of(self, story: Story, item: InboxItem) -> c.Command | None:
        known, at = item.known, self._newsroom.clock()
        if item.update is None:
            if not _ours(story.origin, item):
                return None
            return c.EditStory(
                story=story.id,
                at=at,
                effective=_revised(known, at),
                headline=known.headline,
                body=_body(known),
                summary=known.summary,
                note=f"revised by {known.source}",
                origin=item.ref,
            )
        update = story.update(item.update)
        if update is None or update.withdrawn is not None or not _ours(update.origin, item):
            return None
        return c.EditUpdate(
            story=story.id,
            at=at,
            effective=_revised(known, at),
            update=item.update,
            headline=known.headline,
            body=_body(known),
            origin=item.ref,
        )

    def _credit(self, source: Source, story: Story | None, story_id: str = "") -> list[c.Command]:
        name = source.credit or source.name
        if story and any(credit.name == name for credit in story.credits):
            return []
        return [
            c.AddCredit(
                story=story.id if story else story_id,
                at=self._newsroom.clock(),
                name=name,
                source=source.name,
            )
        ]

    # ── an editor's decisions ────────────────────────────────────────────────────────────────
    async def accept(self, item_id: str, story_id: str, *, actor: str) -> tuple[str, str | None]:
        """Attach an item to a story as a credited update, or take its newer version over.

        With an empty `story_id` it becomes a story of its own. Returns the story and the update.
        Raises `NotFound`, `Refused`.
        """

        async def propose() -> tuple[list[e.Proposed], dict[str, int]]:
            item = await self._item(item_id)
            await catch_up(self._newsroom.log, self._views)
            source = self._source_of(item)
            if item.story:
                use = await self._accept_revision(source, item, actor)
            elif story_id:
                use = await self._attach(source, item, story_id, actor=actor)
            else:
                use = await self._publish(source, item, actor=actor)
            return use.events, {wire_stream(item_id): item.position} | use.expect

        await self._newsroom.retry_append(propose)
        after = await self._item(item_id)
        return after.story, after.update

    async def _accept_revision(self, source: Source, item: InboxItem, actor: str) -> _Use:
        if item.version == item.used_version:
            raise Refused(f"Wire item {item.id} is in story {item.story} already.")
        story = await self._newsroom.load(item.story)
        if story and (story.killed or story.retracted):
            raise Refused(
                f"Story {story.id}, which uses wire item {item.id}, is {story.status}: what its"
                " partner changed since is not taken over."
            )
        use = await self._follow(source, item, actor=actor)
        if not use.events:
            raise Refused(
                f"The newsroom has edited what came from wire item {item.id}: take what is new over"
                f" by hand with “update edit {item.story} {item.update or ''}”."
            )
        return use

    async def reject(self, item_id: str, *, reason: str, actor: str) -> None:
        """The item is not wanted. Raises `NotFound`, `Refused`."""
        await self._decide_item(item_id, lambda item: inbox.reject(item, reason), actor)

    async def detach(self, item_id: str, *, reason: str, actor: str) -> None:
        """Take an item out of its story: its update is withdrawn. Raises `NotFound`, `Refused`."""

        async def propose() -> tuple[list[e.Proposed], dict[str, int]]:
            item = await self._item(item_id)
            events = inbox.detach(item, reason)
            proposed = [self._wire(item, event, item.known.source, actor) for event in events]
            expect = {wire_stream(item_id): item.position}
            story = await self._newsroom.load(item.story)
            if story and not story.killed:
                more, _ = self._newsroom.plan(self._undo(story, item, reason), story, actor=actor)
                proposed += more
                expect[story_stream(story.id)] = story.position
            return proposed, expect

        await self._newsroom.retry_append(propose)

    def _undo(self, story: Story, item: InboxItem, reason: str) -> list[c.Command]:
        """Withdraw the update that an item became, and the credit that nothing else earns."""
        if item.update is None:
            if story.retracted or not _ours(story.origin, item):
                return []
            raise Refused(
                f"Story {story.id} was opened by wire item {item.id}: retract or kill the story,"
                " or its text would stay."
            )
        update = story.update(item.update)
        if update is None or update.withdrawn is not None:
            return []
        at, source = self._newsroom.clock(), item.known.source
        standing = (u for u in story.updates if u is not update and u.withdrawn is None)
        left = [story.origin, *(u.origin for u in standing)]
        earned = any(origin is not None and origin.source == source for origin in left)
        credits = [] if earned else [one for one in story.credits if one.source == source]
        return [
            c.WithdrawUpdate(story=story.id, at=at, update=update.id, reason=reason),
            *(c.RemoveCredit(story=story.id, at=at, name=one.name) for one in credits),
        ]

    async def _decide_item(self, item_id: str, rule: _Rule, actor: str) -> None:
        async def propose() -> tuple[list[e.Proposed], dict[str, int]]:
            item = await self._item(item_id)
            events = [self._wire(item, event, item.known.source, actor) for event in rule(item)]
            return events, {wire_stream(item_id): item.position}

        await self._newsroom.retry_append(propose)

    async def _item(self, item_id: str) -> InboxItem:
        item = await self._newsroom.load_item(item_id)
        if item is None or item.item is None:
            raise NotFound(f"There is no wire item {item_id}: “inbox list” shows them.")
        return item

    def _source_of(self, item: InboxItem) -> Source:
        name = item.known.source
        known = self._views.source(name)
        return known or Source(name=name, url=item.known.url, credit=name)

    # ── helpers ──────────────────────────────────────────────────────────────────────────────
    async def _candidates(self, item: InboxItem) -> tuple[Candidate, ...]:
        await catch_up(self._newsroom.log, self._views)
        at = self._newsroom.clock()

        def found_among_running() -> tuple[Candidate, ...]:
            return match(item.known, self._running.texts(), at=at)

        # Long stories take a while to read: not on the event loop.
        found = await in_thread(found_among_running)
        return tuple(one for one in found if one.score >= self._limits.suggest_at)

    def _wire(
        self, item: InboxItem, event: e.WireEvent, source: str, actor: str = ""
    ) -> e.Proposed:
        now = self._newsroom.clock()
        heard = isinstance(event, e.WireReceived | e.WireRevised)
        return self._newsroom.envelope(
            event,
            wire_stream(item.id),
            effective=_effective(item.known, now) if heard else now,
            actor=actor or _actor(source),
        )


def _actor(source: str) -> str:
    return f"wire:{source}"


def _ours(origin: WireRef | None, item: InboxItem) -> bool:
    """Whether a text is still as the item gave it: an editor's change removes its origin."""
    return origin is not None and origin.item == item.id


def _tags(item: WireItem) -> tuple[str, ...]:
    """A partner's categories, as far as they can be tags of ours."""
    return tuple(term for term in item.categories if 0 < len(term.strip()) <= TAG_LIMIT)[:MOST_TAGS]


def _body(item: WireItem) -> str:
    return item.body or markup.from_text(item.summary or item.headline)


def _effective(item: WireItem, now: datetime) -> When:
    """The partner's own date, but never one that has not come."""
    return _come(item.published or item.updated or now, now)


def _revised(item: WireItem, now: datetime) -> When:
    """When the partner says it changed the item."""
    return _come(item.updated or item.published or now, now)


def _come(when: When, now: datetime) -> When:
    if day_of(when) < EARLIEST:  # a slip of the partner's clock, not a date
        return now
    if isinstance(when, datetime):
        return min(when, now)
    return min(when, day_of(now))
