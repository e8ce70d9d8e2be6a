"""The only writer: load a story, decide, append, and begin again when somebody else was first.

`decide` holds the rules and does no I/O; here is all the I/O and no rule.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from slugify import slugify

from feedstream import markup
from feedstream.clock import Clock, NewId, new_id, utc_now
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.decide import decide
from feedstream.domain.evolve import evolve, fold
from feedstream.domain.ids import story_stream, wire_stream
from feedstream.domain.inbox import InboxItem, evolve_item
from feedstream.domain.story import Story
from feedstream.domain.when import When
from feedstream.errors import Conflict, NotFound
from feedstream.eventlog.base import EventLog, Placed
from feedstream.projections.bounded import Bounded, weight_of

ATTEMPTS = 10
FOLDED = 32 * 1024 * 1024
"""The most bytes, roughly, of stories that are kept folded for the next command on them."""

SETTINGS_ACTOR = "settings"
"""Who does what feedstream.toml says."""

Proposal = tuple[list[e.Proposed], Mapping[str, int]]
"""Events to append, and the position of the last event of each stream as it was seen."""
_T = TypeVar("_T")
_BODIES = ("body",)
_LINES = (
    *("headline", "summary", "section", "language", "was", "now", "why", "text", "reason", "note"),
    *("name", "url"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command led to: the events, where they stand, and the story after them."""

    story: Story
    events: tuple[e.Event, ...]
    placed: tuple[Placed, ...]

    @property
    def changed(self) -> bool:
        """Whether anything was recorded."""
        return bool(self.events)


class Newsroom:
    """Runs commands against a log.

    `authority` is the domain in the `tag:` ids (RFC 4151) that are minted for entries.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        authority: str,
        clock: Clock = utc_now,
        ids: NewId = new_id,
    ) -> None:
        self.log = log
        self.clock = clock
        self.ids = ids
        self._authority = authority
        self._folded: Bounded[Story] = Bounded(weight_of, FOLDED)

    # ── minting ──────────────────────────────────────────────────────────────────────────────
    def mint(self, kind: str, part: str) -> str:
        """A permanent entry id, such as `tag:news.example.org,2021-12-06:story/0190…`."""
        return f"tag:{self._authority},{self.clock():%Y-%m-%d}:{kind}/{part}"

    # ── commands ─────────────────────────────────────────────────────────────────────────────
    async def load(self, story_id: str) -> Story | None:
        """The story as the log has it now. Events that were folded before are not read again."""
        stream = story_stream(story_id)
        known = self._folded.get(stream)
        new = [one async for one in self.log.read_stream(stream, after=_position(known))]
        if known and any(isinstance(one.event, e.ContentErased) for one in new):
            known, new = None, [one async for one in self.log.read_stream(stream)]
        story = fold(new, known)
        if story:
            self._folded.put(stream, story)
            self._folded.trim()
        return story

    async def execute(self, command: c.Command, *, actor: str) -> Outcome:
        """Carry out one command. Raises what `decide` and the log raise."""
        return await self.execute_all([command], actor=actor)

    async def execute_all(self, commands: Sequence[c.Command], *, actor: str) -> Outcome:
        """Carry out commands on one story: all of them or none, in one append."""
        cleaned = [_clean(command) for command in commands]
        return await self._retry(lambda: self._try(cleaned, actor))

    async def _try(self, commands: Sequence[c.Command], actor: str) -> Outcome:
        story_id = commands[0].story
        before = await self.load(story_id)
        proposed, after = self.plan(commands, before, actor=actor)
        stream = story_stream(story_id)
        placed = await self.log.append(proposed, expect={stream: _position(before)})
        final = await self.load(story_id) if placed else after
        if final is None:
            raise NotFound(f"There is no story {story_id}.")
        events = tuple(p.event for p in proposed if not isinstance(p.event, e.Unknown | e.Withheld))
        return Outcome(story=final, events=events, placed=tuple(placed))

    def plan(
        self,
        commands: Sequence[c.Command],
        story: Story | None,
        *,
        actor: str,
        correlation_id: str = "",
    ) -> tuple[list[e.Proposed], Story | None]:
        """The events of `commands`, each decided on the state that those before it lead to."""
        proposed: list[e.Proposed] = []
        for command in commands:
            for event in decide(command, story):
                one = self.envelope(
                    event,
                    story_stream(command.story),
                    effective=command.effective or command.at,
                    actor=actor,
                    correlation_id=correlation_id,
                )
                proposed.append(one)
                story = evolve(story, self._as_recorded(one, event, story))
        return proposed, story

    def envelope(
        self,
        event: e.Event,
        stream: str,
        *,
        effective: When,
        actor: str,
        correlation_id: str = "",
    ) -> e.Proposed:
        """An event with a fresh id, ready for the log."""
        return e.Proposed(
            id=self.ids(),
            stream=stream,
            event=event,
            effective_at=effective,
            actor=actor,
            correlation_id=correlation_id,
        )

    def _as_recorded(self, proposed: e.Proposed, event: e.Event, story: Story | None) -> e.Recorded:
        return e.Recorded(
            position=(story.position if story else 0) + 1,
            id=proposed.id,
            stream=proposed.stream,
            revision=(story.revision if story else 0) + 1,
            type=event.TYPE,
            schema=event.SCHEMA,
            effective_at=proposed.effective_at,
            recorded_at=self.clock(),
            actor=proposed.actor,
            correlation_id=proposed.correlation_id,
            causation_id="",
            event=event,
            salt=b"",
            leaf=b"",
        )

    # ── wire items ───────────────────────────────────────────────────────────────────────────
    async def load_item(self, item_id: str) -> InboxItem | None:
        """A wire item as the log has it now."""
        item: InboxItem | None = None
        async for recorded in self.log.read_stream(wire_stream(item_id)):
            item = evolve_item(item, recorded)
        return item

    async def register(
        self, stream: str, rule: Callable[[Sequence[e.Recorded]], Sequence[e.Event]], *, actor: str
    ) -> bool:
        """Append what `rule` makes of the history of `stream`; whether that was anything."""

        async def propose() -> Proposal:
            history = [recorded async for recorded in self.log.read_stream(stream)]
            now, position = self.clock(), history[-1].position if history else 0
            proposed = [
                self.envelope(event, stream, effective=now, actor=actor) for event in rule(history)
            ]
            return proposed, {stream: position}

        return bool(await self.retry_append(propose))

    async def retry_append(
        self, propose: Callable[[], Awaitable[Proposal]], *, attempts: int = ATTEMPTS
    ) -> tuple[Placed, ...]:
        """Append what `propose` (async) gives: (events, expectations), again after a conflict."""

        async def once() -> tuple[Placed, ...]:
            proposed, expect = await propose()
            return tuple(await self.log.append(proposed, expect=expect))

        return await self._retry(once, attempts=attempts)

    async def _retry(self, work: Callable[[], Awaitable[_T]], *, attempts: int = ATTEMPTS) -> _T:
        for _ in range(attempts - 1):
            try:
                return await work()
            except Conflict as conflict:
                if not conflict.stream:  # only a lost race is worth another try
                    raise
        return await work()

    # ── ready-made commands ──────────────────────────────────────────────────────────────────
    def begin(
        self,
        *,
        headline: str,
        body: str,
        slug: str = "",
        story: str = "",
        effective: When | None = None,
        **fields: Any,
    ) -> c.PublishStory:
        """A `PublishStory` with a fresh id, and a slug from the headline where none is given."""
        story = story or self.ids()
        return c.PublishStory(
            story=story,
            at=self.clock(),
            effective=effective,
            entry_id=self.mint("story", story),
            slug=slug or slugify(headline, max_length=80, word_boundary=True) or story[-12:],
            headline=headline,
            body=body,
            **fields,
        )

    def update(self, story: str, *, headline: str, body: str, **fields: Any) -> c.AddUpdate:
        """An `AddUpdate` with fresh ids."""
        update = self.ids()
        return c.AddUpdate(
            story=story,
            at=self.clock(),
            update=update,
            entry_id=self.mint("update", update),
            headline=headline,
            body=body,
            **fields,
        )

    def correction(
        self, story: str, *, was: str, now: str, why: str, **fields: Any
    ) -> c.IssueCorrection:
        """An `IssueCorrection` with fresh ids."""
        part = self.ids()
        return c.IssueCorrection(
            story=story,
            at=self.clock(),
            correction=part,
            entry_id=self.mint("correction", part),
            was=was,
            now=now,
            why=why,
            **fields,
        )

    def clarification(self, story: str, *, text: str, **fields: Any) -> c.IssueClarification:
        """An `IssueClarification` with fresh ids."""
        part = self.ids()
        return c.IssueClarification(
            story=story,
            at=self.clock(),
            correction=part,
            entry_id=self.mint("correction", part),
            text=text,
            **fields,
        )

    def retraction(self, story: str, *, reason: str, **fields: Any) -> c.RetractStory:
        """A `RetractStory` with a fresh entry id."""
        entry_id = self.mint("retraction", self.ids())
        return c.RetractStory(
            story=story, at=self.clock(), entry_id=entry_id, reason=reason, **fields
        )


def _position(story: Story | None) -> int:
    return story.position if story else 0


def _clean(command: c.Command) -> c.Command:
    """Sanitise HTML and remove control characters: nothing else comes between this and the log."""
    changes: dict[str, Any] = {}
    for name in _BODIES:
        if value := getattr(command, name, None):
            changes[name] = markup.sanitise(value)
    for name in _LINES:
        if value := getattr(command, name, None):
            changes[name] = markup.strip_control(value)
    for name in ("tags", "authors", "add"):
        if value := getattr(command, name, None):
            changes[name] = tuple(markup.strip_control(part) for part in value)
    if media := getattr(command, "media", None):
        changes["media"] = tuple(
            replace(one, title=markup.strip_control(one.title)) for one in media
        )
    return replace(command, **changes)


def story_command(kind: type[Any], story: str, at: datetime, **fields: Any) -> c.Command:
    """A command of `kind` on a story, given at `at`."""
    command: c.Command = kind(story=story, at=at, **fields)
    return command
