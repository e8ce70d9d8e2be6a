"""The rules: what may be done to a story in its present state.

`decide` is pure: it reads no clock, draws no id and writes nothing. `newsroom` does the rest: it
loads the state, calls `decide`, gives the events their ids and appends them, and begins again when
somebody else was first.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.ids import MOST_SLUG, is_slug
from feedstream.domain.media import MOST_MEDIA, Media, objection_to
from feedstream.domain.story import Story, Update
from feedstream.domain.when import EARLIEST, When, day_of, format_when
from feedstream.errors import NotFound, Refused, StaleRevision

Events = tuple[e.StoryEvent, ...]

HEADLINE_LIMIT, BODY_LIMIT, TEXT_LIMIT = 500, 2_000_000, 10_000  # characters
UPDATES_LIMIT = 10_000
TAG_LIMIT = 100  # characters
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CLOCK_SKEW = timedelta(minutes=5)


def decide(command: c.Command, story: Story | None) -> Events:
    """The events that `command` leads to; none where it would change nothing.

    Raises `Refused` where the rules forbid it, `NotFound` for a story or update that is not
    there, `StaleRevision` where `if_revision` is not the story's revision.
    """
    if isinstance(command, c.PublishStory):
        return _publish(command, story)
    if story is None or not story.exists:
        raise NotFound(f"There is no story {command.story}: list them with “story list”.")
    _check_revision(command, story)
    if story.killed:
        raise Refused(
            f"Story {story.id} was killed on {format_when(story.killed.dated)}"
            " and takes no more changes."
        )
    if story.merged_into:
        raise Refused(f"Story {story.id} is told in {story.merged_into}: change that one.")
    _check_effective(command.effective, command.at)
    rule: Callable[..., Events] = _RULES[type(command)]
    return rule(command, story)


def _check_revision(command: c.Command, story: Story) -> None:
    expected = command.if_revision
    if expected is not None and expected != story.revision:
        raise StaleRevision(
            f"The change was made on revision {expected} of story {story.id}, which is at revision"
            f" {story.revision} by now: look at it again and repeat the change.",
            expected=expected,
            actual=story.revision,
        )


def _check_effective(effective: When | None, at: datetime) -> None:
    if effective is None:
        return
    if (effective.date() if isinstance(effective, datetime) else effective) < EARLIEST:
        raise Refused(
            f"{format_when(effective)} is before the first newspapers: give a date of"
            f" {EARLIEST.year} or later."
        )
    late = (
        effective > at + _CLOCK_SKEW
        if isinstance(effective, datetime)
        else effective > day_of(at + timedelta(hours=14))  # already that day somewhere on earth
    )
    if late:
        raise Refused(
            f"{format_when(effective)} is in the future: give a date that has come,"
            " or set an embargo."
        )


def _plain(value: str) -> str:
    """`value` without the characters that mean nothing in a text and that XML forbids."""
    return _CONTROL.sub("", value).strip()


def _text(value: str, what: str, limit: int) -> str:
    value = _plain(value)
    if not value:
        raise Refused(f"The {what} is empty: give one.")
    if len(value) > limit:
        raise Refused(
            f"The {what} has {len(value)} characters: {limit} are the most that are taken."
        )
    return value


def _headline(value: str) -> str:
    return " ".join(_text(value, "headline", HEADLINE_LIMIT).split())


def _body(value: str) -> str:
    return _text(value, "body", BODY_LIMIT)


def _slug(value: str) -> str:
    if not is_slug(value):
        raise Refused(
            f"“{value}” is no slug: use lower-case letters and digits joined by single hyphens,"
            f" at most {MOST_SLUG} characters."
        )
    return value


def _future(until: datetime, at: datetime) -> datetime:
    if until <= at:
        raise Refused(f"The embargo {format_when(until)} is not in the future: publish instead.")
    return until


def _not_retracted(story: Story) -> None:
    if story.retracted:
        raise Refused(f"Story {story.id} is retracted: reinstate it first.")


def _running(story: Story) -> None:
    _not_retracted(story)
    if story.closed:
        raise Refused(f"Story {story.id} is closed: reopen it first.")


def _update(story: Story, update_id: str, *, standing: bool = True) -> Update:
    update = story.update(update_id)
    if update is None:
        raise NotFound(f"Story {story.id} has no update {update_id}.")
    if standing and update.withdrawn is not None:
        raise Refused(f"Update {update_id} was withdrawn and takes no more changes.")
    return update


def _publish(command: c.PublishStory, story: Story | None) -> Events:
    if story is not None and story.exists:
        raise Refused(f"Story {command.story} is published already: edit it or add an update.")
    _check_effective(command.effective, command.at)
    until = command.embargo_until
    return (
        e.StoryPublished(
            entry_id=command.entry_id,
            slug=_slug(command.slug),
            headline=_headline(command.headline),
            body=_body(command.body),
            summary=_plain(command.summary)[:TEXT_LIMIT],
            language=command.language,
            section=command.section.strip(),
            tags=_tags(command.tags),
            authors=command.authors,
            embargo_until=_future(until, command.at) if until else None,
            media=_media(command.media),
            origin=command.origin,
        ),
    )


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(" ".join(tag.split()), "tag", TAG_LIMIT) for tag in tags))


def _media(media: tuple[Media, ...]) -> tuple[Media, ...]:
    """Each address once, as it was given last."""
    for one in media:
        if problem := objection_to(one):
            raise Refused(f"{problem[0].upper()}{problem[1:]}.")
    if len(media) > MOST_MEDIA:
        raise Refused(f"There are {len(media)} media: {MOST_MEDIA} are the most that are taken.")
    return tuple({one.url: one for one in media}.values())


def _edit(command: c.EditStory, story: Story) -> Events:
    _not_retracted(story)
    wanted = {
        "headline": None if command.headline is None else _headline(command.headline),
        "body": None if command.body is None else _body(command.body),
        "summary": None if command.summary is None else _plain(command.summary)[:TEXT_LIMIT],
        "language": command.language,
        "section": command.section,
        "authors": command.authors,
        "media": None if command.media is None else _media(command.media),
    }
    changed = {k: v for k, v in wanted.items() if v is not None and v != getattr(story, k)}
    if not changed:
        return ()
    return (
        e.StoryEdited(
            minor=command.minor,
            note=command.note.strip(),
            origin=command.origin or (story.origin if changed.keys() == {"media"} else None),
            **changed,  # type: ignore[arg-type]  # the dict's values are those of the fields
        ),
    )


def _tag(command: c.TagStory, story: Story) -> Events:
    added = tuple(tag for tag in _tags(command.add) if tag not in story.tags)
    removed = tuple(tag for tag in dict.fromkeys(command.remove) if tag in story.tags)
    if not added and not removed:
        return ()
    return (e.StoryTagged(added=added, removed=removed),)


def _change_slug(command: c.ChangeSlug, story: Story) -> Events:
    slug = _slug(command.slug)
    if slug == story.slug:
        return ()
    return (e.StorySlugChanged(slug=slug, previous=story.slug),)


def _embargo(command: c.EmbargoStory, story: Story) -> Events:
    until = _future(command.until, command.at)
    if until == story.embargo_until:
        return ()
    return (e.StoryEmbargoed(until=until, reason=command.reason.strip()),)


def _lift(command: c.LiftEmbargo, story: Story) -> Events:
    if story.embargo_until is None:
        return ()
    if command.due and story.embargo_until > command.at:
        raise Refused(
            f"The embargo of story {story.id} lasts until {format_when(story.embargo_until)}."
        )
    return (e.StoryEmbargoLifted(due=command.due, reason=command.reason.strip()),)


def _retract(command: c.RetractStory, story: Story) -> Events:
    if story.retracted:
        raise Refused(f"Story {story.id} is retracted already.")
    reason = _text(command.reason, "reason of a retraction", TEXT_LIMIT)
    return (e.StoryRetracted(entry_id=command.entry_id, reason=reason),)


def _reinstate(command: c.ReinstateStory, story: Story) -> Events:
    if not story.retracted:
        raise Refused(f"Story {story.id} is not retracted.")
    return (e.StoryReinstated(reason=_text(command.reason, "reason", TEXT_LIMIT)),)


def _kill(command: c.KillStory, _: Story) -> Events:
    reason = _text(command.reason, "reason of a kill", TEXT_LIMIT)
    return (e.StoryKilled(reason=reason, legal=command.legal),)


def _close(command: c.CloseStory, story: Story) -> Events:
    return () if story.closed else (e.StoryClosed(note=command.note.strip()),)


def _reopen(command: c.ReopenStory, story: Story) -> Events:
    return (e.StoryReopened(note=command.note.strip()),) if story.closed else ()


def _add_update(command: c.AddUpdate, story: Story) -> Events:
    _running(story)
    if story.update(command.update):
        raise Refused(f"Story {story.id} has an update {command.update} already.")
    if len(story.updates) >= UPDATES_LIMIT:
        raise Refused(f"Story {story.id} has {UPDATES_LIMIT} updates: begin a new story.")
    return (
        e.UpdateAdded(
            update=command.update,
            entry_id=command.entry_id,
            headline=_headline(command.headline),
            body=_body(command.body),
            media=_media(command.media),
            origin=command.origin,
        ),
    )


def _edit_update(command: c.EditUpdate, story: Story) -> Events:
    _not_retracted(story)
    update = _update(story, command.update)
    _check_effective(command.dated, command.at)
    headline = None if command.headline is None else _headline(command.headline)
    body = None if command.body is None else _body(command.body)
    media = None if command.media is None else _media(command.media)
    only_media = headline is None and body is None and command.dated is None
    event = e.UpdateEdited(
        update=update.id,
        headline=None if headline == update.headline else headline,
        body=None if body == update.body else body,
        dated=None if command.dated == update.dated else command.dated,
        media=None if media == update.media else media,
        minor=command.minor,
        origin=command.origin or (update.origin if only_media else None),
    )
    changes = (event.headline, event.body, event.dated, event.media)
    return () if all(change is None for change in changes) else (event,)


def _withdraw_update(command: c.WithdrawUpdate, story: Story) -> Events:
    update = _update(story, command.update)
    reason = _text(command.reason, "reason of a withdrawal", TEXT_LIMIT)
    return (e.UpdateWithdrawn(update=update.id, reason=reason),)


def _pin(command: c.PinUpdate, story: Story) -> Events:
    update = _update(story, command.update)
    return () if update.pinned else (e.UpdatePinned(update=update.id),)


def _unpin(command: c.UnpinUpdate, story: Story) -> Events:
    update = _update(story, command.update, standing=False)
    return (e.UpdateUnpinned(update=update.id),) if update.pinned else ()


def _correct(command: c.IssueCorrection, story: Story) -> Events:
    if command.update is not None:
        _update(story, command.update)
    return (
        e.CorrectionIssued(
            correction=command.correction,
            entry_id=command.entry_id,
            was=_text(command.was, "“was” of a correction (what it said)", TEXT_LIMIT),
            now=_text(command.now, "“now” of a correction (what is right)", TEXT_LIMIT),
            why=_text(command.why, "“why” of a correction (the reason)", TEXT_LIMIT),
            update=command.update,
        ),
    )


def _clarify(command: c.IssueClarification, story: Story) -> Events:
    if command.update is not None:
        _update(story, command.update)
    return (
        e.ClarificationIssued(
            correction=command.correction,
            entry_id=command.entry_id,
            text=_text(command.text, "text of a clarification", TEXT_LIMIT),
            update=command.update,
        ),
    )


def _add_credit(command: c.AddCredit, story: Story) -> Events:
    name = " ".join(_text(command.name, "name of a credit", 200).split())
    if any(credit.name == name for credit in story.credits):
        return ()
    return (e.CreditAdded(name=name, url=command.url, source=command.source),)


def _remove_credit(command: c.RemoveCredit, story: Story) -> Events:
    if not any(credit.name == command.name for credit in story.credits):
        raise NotFound(f"Story {story.id} has no credit “{command.name}”.")
    return (e.CreditRemoved(name=command.name),)


_RULES: dict[type, Callable[..., Events]] = {
    c.EditStory: _edit,
    c.TagStory: _tag,
    c.ChangeSlug: _change_slug,
    c.EmbargoStory: _embargo,
    c.LiftEmbargo: _lift,
    c.RetractStory: _retract,
    c.ReinstateStory: _reinstate,
    c.KillStory: _kill,
    c.CloseStory: _close,
    c.ReopenStory: _reopen,
    c.AddUpdate: _add_update,
    c.EditUpdate: _edit_update,
    c.WithdrawUpdate: _withdraw_update,
    c.PinUpdate: _pin,
    c.UnpinUpdate: _unpin,
    c.IssueCorrection: _correct,
    c.IssueClarification: _clarify,
    c.AddCredit: _add_credit,
    c.RemoveCredit: _remove_credit,
}
