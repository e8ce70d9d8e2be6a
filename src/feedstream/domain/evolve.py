"""`evolve`: one event folded into a story. It never refuses, since what was recorded happened:
`decide` (decide.py) is what refuses, before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import reduce
from operator import attrgetter
from typing import Any

from feedstream.domain import events as e
from feedstream.domain.copies import copier
from feedstream.domain.ids import id_in
from feedstream.domain.story import (
    Correction,
    Credit,
    Notice,
    Reinstatement,
    Story,
    Update,
    Withheld,
)
from feedstream.domain.when import instant_of, moved_on


def evolve(story: Story | None, recorded: e.Recorded) -> Story:
    """The story after one more of its events; total: an unknown event only moves the revision.

    >>> evolve(None, recorded).revision
    1
    """
    if story is None:
        story = Story(id=id_in(recorded.stream))
    rule = _CHANGES.get(type(recorded.event))
    changes = rule(story, recorded.event, recorded) if rule and _takes(story, recorded) else {}
    changes["revision"] = recorded.revision
    changes["position"] = recorded.position
    return _story(story, changes)


Changes = dict[str, Any]
"""The fields of a story that an event gives other values: one copy is made for all of them."""

_FIELDS = tuple(field.name for field in fields(Story))
_values = attrgetter(*_FIELDS)
_story = copier(Story)
_update = copier(Update)
_notice_with = copier(Notice)
_withheld_with = copier(Withheld)


def _takes(story: Story, recorded: e.Recorded) -> bool:
    """Whether an event can mean anything: a story begins once, and nothing returns after a kill.

    `decide` sees to both; a log that another hand wrote may not have.
    """
    if recorded.type == e.StoryPublished.TYPE:
        return not (story.exists or story.killed)
    if story.exists and not story.killed:
        return True
    return isinstance(recorded.event, e.ContentErased)


def fold(history: Iterable[e.Recorded], story: Story | None = None) -> Story | None:
    """The story that a history of one stream leads to; None for an empty one.

    `story` is what came of the events before, where there are any. An erasure among `history` takes
    the content of earlier events away: then it must begin with the first.
    """
    return reduce(evolve, history, story)


def _at(recorded: e.Recorded) -> datetime:
    return instant_of(recorded.effective_at, recorded_at=recorded.recorded_at)


def _touched(story: Story, recorded: e.Recorded) -> Changes:
    return {"updated": moved_on(story.updated, _at(recorded))}


def _published(_: Story, event: e.StoryPublished, recorded: e.Recorded) -> Changes:
    seen = None if event.embargo_until else _at(recorded)
    taken = {name: getattr(event, name) for name in _PUBLISHED}
    return taken | {
        "exists": True,
        "dated": recorded.effective_at,
        "published": seen,
        "updated": seen,
    }


_EDITABLE = ("headline", "body", "summary", "language", "section", "authors", "media")
_PUBLISHED = (*_EDITABLE, "entry_id", "slug", "tags", "embargo_until", "origin")


def _edited(story: Story, event: e.StoryEdited, recorded: e.Recorded) -> Changes:
    given = {name: getattr(event, name) for name in _EDITABLE}
    changes = {name: value for name, value in given.items() if value is not None}
    changes["origin"] = event.origin
    return changes if event.minor else changes | _rewritten(story, recorded)


def _rewritten(story: Story, recorded: e.Recorded) -> Changes:
    moved = moved_on(story.updated, _at(recorded))
    return {"updated": moved, "edited": moved}


def _tagged(story: Story, event: e.StoryTagged, _: e.Recorded) -> Changes:
    kept = tuple(tag for tag in story.tags if tag not in event.removed)
    return {"tags": kept + tuple(tag for tag in event.added if tag not in kept)}


def _slug_changed(story: Story, event: e.StorySlugChanged, _: e.Recorded) -> Changes:
    old = tuple(slug for slug in (*story.old_slugs, event.previous) if slug != event.slug)
    return {"slug": event.slug, "old_slugs": tuple(dict.fromkeys(old))}


def _embargoed(_: Story, event: e.StoryEmbargoed, __: e.Recorded) -> Changes:
    return {"embargo_until": event.until}


def _embargo_lifted(story: Story, _: e.StoryEmbargoLifted, recorded: e.Recorded) -> Changes:
    first = story.published is None
    return {
        "embargo_until": None,
        "dated": recorded.effective_at if first else story.dated,
        "published": _at(recorded) if first else story.published,
    } | _touched(story, recorded)


def _notice(recorded: e.Recorded, reason: str, entry_id: str = "", legal: bool = False) -> Notice:
    return Notice(
        reason=reason,
        dated=recorded.effective_at,
        at=_at(recorded),
        position=recorded.position,
        entry_id=entry_id,
        legal=legal,
        ordered=legal,
    )


def _retracted(story: Story, event: e.StoryRetracted, recorded: e.Recorded) -> Changes:
    notice = _notice(recorded, event.reason, event.entry_id)
    return {"retracted": notice} | _touched(story, recorded)


def _reinstated(story: Story, event: e.StoryReinstated, recorded: e.Recorded) -> Changes:
    changes: Changes = {"retracted": None, "reinstated": _at(recorded)} | _touched(story, recorded)
    if story.retracted:
        entry_id = f"{story.retracted.entry_id or story.entry_id}/reinstated-{recorded.revision}"
        back = Reinstatement(
            retraction=story.retracted, notice=_notice(recorded, event.reason, entry_id)
        )
        changes["reinstatements"] = (*story.reinstatements, back)
    return changes


def _killed(story: Story, event: e.StoryKilled, recorded: e.Recorded) -> Changes:
    """Keep what a 410 needs and nothing that could leak."""
    blank = dict(zip(_FIELDS, _values(Story(id=story.id)), strict=True))
    kept = {name: getattr(story, name) for name in _KEPT_BY_A_KILL}
    return blank | kept | {"killed": _notice(recorded, event.reason, legal=event.legal)}


_KEPT_BY_A_KILL = (
    "withheld",
    "merged",
    "exists",
    "entry_id",
    "slug",
    "old_slugs",
    "dated",
    "published",
    "updated",
)


def _closed(_: Story, __: e.StoryClosed, ___: e.Recorded) -> Changes:
    return {"closed": True}


def _reopened(_: Story, __: e.StoryReopened, ___: e.Recorded) -> Changes:
    return {"closed": False}


def _merged_into(_: Story, event: e.StoryMergedInto, recorded: e.Recorded) -> Changes:
    return {"merged_into": event.target, "merged": _notice(recorded, "")}


def _update_added(story: Story, event: e.UpdateAdded, recorded: e.Recorded) -> Changes:
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
        media=event.media,
        origin=event.origin,
    )
    return {"updates": (*story.updates, update), "updated": moved_on(story.updated, at)}


def _with_update(story: Story, update_id: str, change: Callable[[Update], Update]) -> Changes:
    """The other updates stay the same objects; all of them where there is none of that id."""
    places = [number for number, one in enumerate(story.updates) if one.id == update_id]
    if not places:
        return {}
    updates = list(story.updates)
    for place in places:
        updates[place] = change(updates[place])
    return {"updates": tuple(updates)}


def _update_edited(story: Story, event: e.UpdateEdited, recorded: e.Recorded) -> Changes:
    def change(update: Update) -> Update:
        given = {name: getattr(event, name) for name in ("headline", "body", "media")}
        new = {name: value for name, value in given.items() if value is not None}
        updated = update.updated
        if event.dated is not None:
            at = instant_of(event.dated, recorded_at=recorded.recorded_at)
            new |= {"dated": event.dated, "at": at}
            updated = max(at, updated)
        new["updated"] = updated if event.minor else moved_on(updated, _at(recorded))
        return _update(update, new | {"origin": event.origin})

    changes = _with_update(story, event.update, change)
    return changes if event.minor else changes | _touched(story, recorded)


def _update_withdrawn(story: Story, event: e.UpdateWithdrawn, recorded: e.Recorded) -> Changes:
    def change(update: Update) -> Update:
        updated = moved_on(update.updated, _at(recorded))
        gone = {"body": "", "media": (), "withdrawn": event.reason, "updated": updated}
        return _update(update, gone)

    return _with_update(story, event.update, change) | _touched(story, recorded)


def _update_pinned(story: Story, event: e.UpdatePinned, _: e.Recorded) -> Changes:
    return _with_update(story, event.update, lambda u: _update(u, {"pinned": True}))


def _update_unpinned(story: Story, event: e.UpdateUnpinned, _: e.Recorded) -> Changes:
    return _with_update(story, event.update, lambda u: _update(u, {"pinned": False}))


def _correction(story: Story, event: e.CorrectionIssued, recorded: e.Recorded) -> Changes:
    told = {"was": event.was, "now": event.now, "why": event.why}
    return _corrected(story, recorded, event.correction, event.entry_id, event.update, **told)


def _clarification(story: Story, event: e.ClarificationIssued, recorded: e.Recorded) -> Changes:
    told = {"text": event.text}
    return _corrected(story, recorded, event.correction, event.entry_id, event.update, **told)


def _corrected(
    story: Story,
    recorded: e.Recorded,
    correction: str,
    entry_id: str,
    update: str | None,
    **told: str,
) -> Changes:
    """One more correction or clarification, which says what is `told`."""
    made = Correction(
        id=correction,
        entry_id=entry_id,
        dated=recorded.effective_at,
        at=_at(recorded),
        position=recorded.position,
        update=update,
        **told,
    )
    return {"corrections": (*story.corrections, made)} | _touched(story, recorded)


def _credit_added(story: Story, event: e.CreditAdded, _: e.Recorded) -> Changes:
    if any(credit.name == event.name for credit in story.credits):
        return {}
    credit = Credit(name=event.name, url=event.url, source=event.source)
    return {"credits": (*story.credits, credit)}


def _credit_removed(story: Story, event: e.CreditRemoved, _: e.Recorded) -> Changes:
    return {"credits": tuple(c for c in story.credits if c.name != event.name)}


def _erased(story: Story, event: e.ContentErased, recorded: e.Recorded) -> Changes:
    changes: Changes = {"withheld": explained(story, event, recorded).withheld}
    if story.killed and event.kind == "legal":
        # That is what readers are told from then on.
        changes["killed"] = _notice_with(story.killed, {"legal": True})
    return changes


def explained(story: Story, event: e.ContentErased, recorded: e.Recorded) -> Story:
    """The story with what an erasure, recorded there or later, says of its withheld parts."""
    parts = tuple(
        _withheld_with(part, {"kind": event.kind, "erased": recorded.effective_at})
        if part.by == recorded.position
        else part
        for part in story.withheld
    )
    return _story(story, {"withheld": parts})


# ── what was erased ──────────────────────────────────────────────────────────────────────────
ERASED = "Its content was erased."
"""Stands where a text was."""

_GONE = "…"


def _withheld(story: Story, event: e.Withheld, recorded: e.Recorded) -> Changes:
    """What an event did still holds; what it said is gone, and nothing older comes back for it."""
    part = Withheld(
        type=recorded.type,
        dated=recorded.effective_at,
        position=recorded.position,
        by=event.by,
    )
    rule = _ERASED.get(recorded.type)
    changes = rule(story, event.kept, recorded) if rule else {}
    return changes | {"withheld": (*story.withheld, part)}


def _kept(kept: Mapping[str, Any], name: str) -> str:
    return str(kept.get(name) or "")


def _erased_opening(story: Story, kept: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    until = kept.get("embargo_until")
    seen = None if until else _at(recorded)
    return {
        "exists": True,
        "entry_id": _kept(kept, "entry_id") or f"urn:uuid:{story.id}",
        "dated": recorded.effective_at,
        "published": seen,
        "updated": seen,
        "embargo_until": datetime.fromisoformat(str(until)) if until else None,
    }


def _erased_edit(story: Story, _: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    blank = {"headline": "", "summary": "", "body": "", "media": (), "origin": None}
    return blank | _rewritten(story, recorded)


def _erased_update(story: Story, kept: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    name, at = _kept(kept, "update"), _at(recorded)
    if story.update(name):
        gone = {"headline": "", "body": "", "media": (), "withdrawn": ERASED, "origin": None}
        return _with_update(story, name, lambda u: _update(u, gone)) | _touched(story, recorded)
    update = Update(
        id=name or f"p{recorded.position}",
        entry_id=_kept(kept, "entry_id") or f"{story.entry_id}/p{recorded.position}",
        headline="",
        body="",
        dated=recorded.effective_at,
        at=at,
        published=at,
        updated=at,
        position=recorded.position,
        withdrawn=ERASED,
    )
    return {"updates": (*story.updates, update), "updated": moved_on(story.updated, at)}


def _erased_correction(story: Story, kept: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    clarifies = recorded.type == e.ClarificationIssued.TYPE
    told = {"text": ERASED} if clarifies else {"was": _GONE, "now": _GONE, "why": ERASED}
    name = _kept(kept, "correction") or f"p{recorded.position}"
    entry_id = _kept(kept, "entry_id") or f"{story.entry_id}/p{recorded.position}"
    return _corrected(story, recorded, name, entry_id, kept.get("update"), **told)


def _erased_slug(_: Story, __: Mapping[str, Any], ___: e.Recorded) -> Changes:
    return {"slug": "", "old_slugs": ()}


def _erased_tags(_: Story, __: Mapping[str, Any], ___: e.Recorded) -> Changes:
    return {"tags": ()}


def _erased_retraction(story: Story, kept: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    notice = _notice(recorded, ERASED, _kept(kept, "entry_id"))
    return {"retracted": notice} | _touched(story, recorded)


def _erased_kill(story: Story, kept: Mapping[str, Any], recorded: e.Recorded) -> Changes:
    legal = bool(kept.get("legal"))
    return _killed(story, e.StoryKilled(reason=ERASED, legal=legal), recorded)


_ERASED: dict[str, Callable[..., Changes]] = {
    e.StoryPublished.TYPE: _erased_opening,
    e.StoryEdited.TYPE: _erased_edit,
    e.UpdateAdded.TYPE: _erased_update,
    e.UpdateEdited.TYPE: _erased_update,
    e.UpdateWithdrawn.TYPE: _erased_update,
    e.CorrectionIssued.TYPE: _erased_correction,
    e.ClarificationIssued.TYPE: _erased_correction,
    e.StorySlugChanged.TYPE: _erased_slug,
    e.StoryTagged.TYPE: _erased_tags,
    e.StoryRetracted.TYPE: _erased_retraction,
    e.StoryKilled.TYPE: _erased_kill,
}


_CHANGES: dict[type, Callable[..., Changes]] = {
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
    e.ContentErased: _erased,
    e.Withheld: _withheld,
}
