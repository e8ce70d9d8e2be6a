"""A story as it stands: frozen state, and `evolve`, which folds one event into it.

`evolve` never refuses: what was recorded happened. `decide` (decide.py) is what refuses, before.
Content is never visible unless `is_public` says so: ask it, not the single flags.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from feedstream.domain import events as e
from feedstream.domain.ids import id_in
from feedstream.domain.when import When, instant_of, moved_on
from feedstream.domain.wire import WireRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Whom the story owes something to."""

    name: str
    url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A dated addition.

    `dated` is what people read, `at` the instant that orders it, `published` the first such
    instant (it stays when the update is dated anew), `updated` that of its last significant
    change; `position` is that of the event which added it.
    """

    id: str
    entry_id: str
    headline: str
    body: str
    dated: When
    at: datetime
    published: datetime
    updated: datetime
    position: int
    pinned: bool = False
    withdrawn: str | None = None
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction (`was`, `now`, `why`) or, where `text` is given, a clarification."""

    id: str
    entry_id: str
    dated: When
    at: datetime
    position: int
    was: str = ""
    now: str = ""
    why: str = ""
    text: str = ""
    update: str | None = None

    @property
    def is_clarification(self) -> bool:
        """Whether it adds without fault."""
        return bool(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Why and when a story was retracted or killed."""

    reason: str
    dated: When
    at: datetime
    position: int
    entry_id: str = ""
    legal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The state of one story after `revision` events, the last at `position` in the log.

    `published` is set when the story first becomes visible and never moves; `updated` moves
    strictly forward with every significant change.
    """

    id: str
    revision: int = 0
    position: int = 0
    entry_id: str = ""
    slug: str = ""
    old_slugs: tuple[str, ...] = ()
    headline: str = ""
    summary: str = ""
    body: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    exists: bool = False
    dated: When | None = None
    published: datetime | None = None
    updated: datetime | None = None
    embargo_until: datetime | None = None
    retracted: Notice | None = None
    reinstated: datetime | None = None
    killed: Notice | None = None
    closed: bool = False
    merged_into: str = ""
    updates: tuple[Update, ...] = ()
    corrections: tuple[Correction, ...] = ()
    credits: tuple[Credit, ...] = ()
    origin: WireRef | None = None

    @property
    def is_public(self) -> bool:
        """Whether anything of it may appear in an output. A retracted story may: its notice."""
        hidden = self.killed or self.embargo_until or self.merged_into
        return self.exists and not hidden and self.published is not None

    @property
    def status(self) -> str:
        """One word for people: the strongest thing that holds."""
        states = (
            (not self.exists, "absent"),
            (self.killed, "killed"),
            (self.merged_into, "merged"),
            (self.embargo_until, "embargoed"),
            (self.retracted, "retracted"),
            (self.closed, "closed"),
        )
        return next((word for holds, word in states if holds), "running")

    def update(self, update_id: str) -> Update | None:
        """The update with this id, withdrawn or not."""
        return next((u for u in self.updates if u.id == update_id), None)

    @property
    def updates_in_order(self) -> tuple[Update, ...]:
        """Pinned first, then newest first by effective time, then by position in the log."""
        return tuple(sorted(self.updates, key=lambda u: (u.pinned, u.at, u.position), reverse=True))

    @property
    def corrections_in_order(self) -> tuple[Correction, ...]:
        """Newest first."""
        return tuple(sorted(self.corrections, key=lambda c: (c.at, c.position), reverse=True))

    @property
    def credit_line(self) -> str:
        """The closing line, such as "With reporting by TASS and Foreign Policy"."""
        names = [credit.name for credit in self.credits]
        if not names:
            return ""
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"With reporting by {listed}"


def evolve(story: Story | None, recorded: e.Recorded) -> Story:
    """The story after one more of its events; total: an unknown event only moves the revision.

    >>> evolve(None, recorded).revision
    1
    """
    story = story or Story(id=id_in(recorded.stream))
    change = _CHANGES.get(type(recorded.event))
    changed = (
        change(story, recorded.event, recorded) if change and _takes(story, recorded) else story
    )
    return replace(changed, revision=recorded.revision, position=recorded.position)


def _takes(story: Story, recorded: e.Recorded) -> bool:
    """Whether an event can mean anything: a story begins once, and nothing returns after a kill.

    `decide` sees to both; a log that another hand wrote may not have.
    """
    begins = isinstance(recorded.event, e.StoryPublished)
    return begins != story.exists and not story.killed


def fold(history: Iterable[e.Recorded]) -> Story | None:
    """The story that a history of one stream leads to; None for an empty one."""
    start: Story | None = None
    return reduce(evolve, history, start)


def _at(recorded: e.Recorded) -> datetime:
    return instant_of(recorded.effective_at, recorded_at=recorded.recorded_at)


def _touch(story: Story, recorded: e.Recorded) -> Story:
    return replace(story, updated=moved_on(story.updated, _at(recorded)))


def _published(story: Story, event: e.StoryPublished, recorded: e.Recorded) -> Story:
    at = _at(recorded)
    seen = event.embargo_until is None
    return replace(
        story,
        exists=True,
        entry_id=event.entry_id,
        slug=event.slug,
        headline=event.headline,
        summary=event.summary,
        body=event.body,
        language=event.language,
        section=event.section,
        tags=event.tags,
        authors=event.authors,
        dated=recorded.effective_at,
        published=at if seen else None,
        updated=at if seen else None,
        embargo_until=event.embargo_until,
        origin=event.origin,
    )


_EDITABLE = ("headline", "body", "summary", "language", "section", "authors")


def _edited(story: Story, event: e.StoryEdited, recorded: e.Recorded) -> Story:
    given = {name: getattr(event, name) for name in _EDITABLE}
    new = {name: value for name, value in given.items() if value is not None}
    changed = replace(story, **new, origin=event.origin)
    return changed if event.minor else _touch(changed, recorded)


def _tagged(story: Story, event: e.StoryTagged, _: e.Recorded) -> Story:
    kept = tuple(tag for tag in story.tags if tag not in event.removed)
    return replace(story, tags=kept + tuple(tag for tag in event.added if tag not in kept))


def _slug_changed(story: Story, event: e.StorySlugChanged, _: e.Recorded) -> Story:
    old = tuple(slug for slug in (*story.old_slugs, event.previous) if slug != event.slug)
    return replace(story, slug=event.slug, old_slugs=tuple(dict.fromkeys(old)))


def _embargoed(story: Story, event: e.StoryEmbargoed, _: e.Recorded) -> Story:
    return replace(story, embargo_until=event.until)


def _embargo_lifted(story: Story, _: e.StoryEmbargoLifted, recorded: e.Recorded) -> Story:
    at = _at(recorded)
    first = story.published is None
    return _touch(
        replace(
            story,
            embargo_until=None,
            dated=recorded.effective_at if first else story.dated,
            published=at if first else story.published,
        ),
        recorded,
    )


def _notice(recorded: e.Recorded, reason: str, entry_id: str = "", legal: bool = False) -> Notice:
    return Notice(
        reason=reason,
        dated=recorded.effective_at,
        at=_at(recorded),
        position=recorded.position,
        entry_id=entry_id,
        legal=legal,
    )


def _retracted(story: Story, event: e.StoryRetracted, recorded: e.Recorded) -> Story:
    notice = _notice(recorded, event.reason, event.entry_id)
    return _touch(replace(story, retracted=notice), recorded)


def _reinstated(story: Story, _: e.StoryReinstated, recorded: e.Recorded) -> Story:
    return _touch(replace(story, retracted=None, reinstated=_at(recorded)), recorded)


def _killed(story: Story, event: e.StoryKilled, recorded: e.Recorded) -> Story:
    """Keep what a 410 needs and nothing that could leak."""
    return replace(
        Story(id=story.id),
        exists=story.exists,
        entry_id=story.entry_id,
        slug=story.slug,
        old_slugs=story.old_slugs,
        dated=story.dated,
        published=story.published,
        updated=story.updated,
        killed=_notice(recorded, event.reason, legal=event.legal),
    )


def _closed(story: Story, _: e.StoryClosed, __: e.Recorded) -> Story:
    return replace(story, closed=True)


def _reopened(story: Story, _: e.StoryReopened, __: e.Recorded) -> Story:
    return replace(story, closed=False)


def _merged_into(story: Story, event: e.StoryMergedInto, _: e.Recorded) -> Story:
    return replace(story, merged_into=event.target)


def _update_added(story: Story, event: e.UpdateAdded, recorded: e.Recorded) -> Story:
    at = _at(recorded)
    update = Update(
        id=event.update,
        entry_id=event.entry_id,
        headline=event.headline,
        body=event.body,
        dated=recorded.effective_at,
        at=at,
        published=at,
        updated=at,
        position=recorded.position,
        origin=event.origin,
    )
    return _touch(replace(story, updates=(*story.updates, update)), recorded)


def _with_update(story: Story, update_id: str, change: Callable[[Update], Update]) -> Story:
    return replace(
        story, updates=tuple(change(u) if u.id == update_id else u for u in story.updates)
    )


def _update_edited(story: Story, event: e.UpdateEdited, recorded: e.Recorded) -> Story:
    def change(update: Update) -> Update:
        moved = update
        if event.dated is not None:
            at = instant_of(event.dated, recorded_at=recorded.recorded_at)
            moved = replace(update, dated=event.dated, at=at, updated=max(at, update.updated))
        return replace(
            moved,
            headline=update.headline if event.headline is None else event.headline,
            body=update.body if event.body is None else event.body,
            updated=moved.updated if event.minor else moved_on(moved.updated, _at(recorded)),
            origin=event.origin,
        )

    changed = _with_update(story, event.update, change)
    return changed if event.minor else _touch(changed, recorded)


def _update_withdrawn(story: Story, event: e.UpdateWithdrawn, recorded: e.Recorded) -> Story:
    def change(update: Update) -> Update:
        return replace(
            update,
            body="",
            withdrawn=event.reason,
            updated=moved_on(update.updated, _at(recorded)),
        )

    return _touch(_with_update(story, event.update, change), recorded)


def _update_pinned(story: Story, event: e.UpdatePinned, _: e.Recorded) -> Story:
    return _with_update(story, event.update, lambda u: replace(u, pinned=True))


def _update_unpinned(story: Story, event: e.UpdateUnpinned, _: e.Recorded) -> Story:
    return _with_update(story, event.update, lambda u: replace(u, pinned=False))


def _correction(story: Story, event: e.CorrectionIssued, recorded: e.Recorded) -> Story:
    return _corrected(
        story,
        recorded,
        Correction(
            id=event.correction,
            entry_id=event.entry_id,
            dated=recorded.effective_at,
            at=_at(recorded),
            position=recorded.position,
            was=event.was,
            now=event.now,
            why=event.why,
            update=event.update,
        ),
    )


def _clarification(story: Story, event: e.ClarificationIssued, recorded: e.Recorded) -> Story:
    return _corrected(
        story,
        recorded,
        Correction(
            id=event.correction,
            entry_id=event.entry_id,
            dated=recorded.effective_at,
            at=_at(recorded),
            position=recorded.position,
            text=event.text,
            update=event.update,
        ),
    )


def _corrected(story: Story, recorded: e.Recorded, correction: Correction) -> Story:
    return _touch(replace(story, corrections=(*story.corrections, correction)), recorded)


def _credit_added(story: Story, event: e.CreditAdded, _: e.Recorded) -> Story:
    if any(credit.name == event.name for credit in story.credits):
        return story
    credit = Credit(name=event.name, url=event.url, source=event.source)
    return replace(story, credits=(*story.credits, credit))


def _credit_removed(story: Story, event: e.CreditRemoved, _: e.Recorded) -> Story:
    return replace(story, credits=tuple(c for c in story.credits if c.name != event.name))


_CHANGES: dict[type, Callable[..., Story]] = {
    e.StoryPublished: _published,
    e.StoryEdited: _edited,
    e.StoryTagged: _tagged,
    e.StorySlugChanged: _slug_changed,
    e.StoryEmbargoed: _embargoed,
    e.StoryEmbargoLifted: _embargo_lifted,
    e.StoryRetracted: _retracted,
    e.StoryReinstated: _reinstated,
    e.StoryKilled: _killed,
    e.StoryClosed: _closed,
    e.StoryReopened: _reopened,
    e.StoryMergedInto: _merged_into,
    e.UpdateAdded: _update_added,
    e.UpdateEdited: _update_edited,
    e.UpdateWithdrawn: _update_withdrawn,
    e.UpdatePinned: _update_pinned,
    e.UpdateUnpinned: _update_unpinned,
    e.CorrectionIssued: _correction,
    e.ClarificationIssued: _clarification,
    e.CreditAdded: _credit_added,
    e.CreditRemoved: _credit_removed,
}
