"""The changes of one story as people speak of them: what kind, by whom, which words. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from feedstream import markup
from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.story import Correction, Story, Update
from feedstream.domain.when import When
from feedstream.replay.words import Run, word_diff

KINDS: Mapping[type, str] = {
    e.StoryPublished: "published",
    e.StoryEdited: "edited",
    e.StoryTagged: "tagged",
    e.StorySlugChanged: "moved",
    e.StoryEmbargoed: "embargoed",
    e.StoryEmbargoLifted: "embargo lifted",
    e.StoryRetracted: "retracted",
    e.StoryReinstated: "reinstated",
    e.StoryKilled: "killed",
    e.StoryClosed: "closed",
    e.StoryReopened: "reopened",
    e.StoryMergedInto: "merged",
    e.UpdateAdded: "updated",
    e.UpdateEdited: "update edited",
    e.UpdateWithdrawn: "update withdrawn",
    e.UpdatePinned: "update pinned",
    e.UpdateUnpinned: "update unpinned",
    e.CorrectionIssued: "corrected",
    e.ClarificationIssued: "clarified",
    e.CreditAdded: "credited",
    e.CreditRemoved: "credit removed",
}
_BLOCK = re.compile(r"</(?:p|li|h[2-6]|blockquote|pre|tr)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What changed in one part of a story: `headline`, `opening`, `update 3f2a91bc`, …"""

    part: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event of a story: its kind, where, when and by whom, and the parts it changed."""

    kind: str
    type: str
    position: int
    revision: int
    effective_at: When
    recorded_at: datetime
    actor: str
    parts: tuple[Part, ...]


def kind_of_change(recorded: e.Recorded) -> str:
    """Such as `corrected` or `minor edit`; the type of an event that this version can't tell."""
    event = recorded.event
    if isinstance(event, e.Withheld):
        return f"{recorded.type}, withheld"
    word = KINDS.get(type(event), recorded.type)
    return f"{word}, minor" if getattr(event, "minor", False) else word


def changes_of(
    before: Story | None, history: Iterable[e.Recorded], *, with_text: bool = True
) -> Iterator[Change]:
    """The changes that `history` makes to a story, each with a diff of the words it touched.

    Without text (of a story that was killed) kinds, times and actors are all there is.
    """
    for recorded in history:
        after = evolve(before, recorded)
        yield Change(
            kind=kind_of_change(recorded),
            type=recorded.type,
            position=recorded.position,
            revision=recorded.revision,
            effective_at=recorded.effective_at,
            recorded_at=recorded.recorded_at,
            actor=recorded.actor,
            parts=tuple(_parts(before, after)) if with_text else (),
        )
        before = after


def _parts(before: Story | None, after: Story) -> Iterator[Part]:
    old, new = _texts(before) if before else {}, _texts(after)
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, ""), new.get(name, "")
        if was != now:
            yield Part(part=name, runs=word_diff(was, now))


def _texts(story: Story) -> dict[str, str]:
    """Every text of a story by the part it is of, in the order of reading."""
    notice = story.killed or story.retracted
    return {
        "headline": story.headline,
        "notice": notice.reason if notice else "",
        "summary": story.summary,
        "section": story.section,
        "tags": ", ".join(story.tags),
        "authors": ", ".join(story.authors),
        "opening": text_of(story.body),
        **dict(pair for update in story.updates for pair in _of_update(update)),
        **{f"correction {one.id[-8:]}": _of_correction(one) for one in story.corrections},
        "credit line": story.credit_line,
    }


def _of_update(update: Update) -> Iterator[tuple[str, str]]:
    name = f"update {update.id[-8:]}"
    yield f"{name}, headline", update.headline
    yield name, text_of(update.body)
    yield f"{name}, notice", update.withdrawn or ""


def _of_correction(one: Correction) -> str:
    return one.text or f"Was: {one.was}\nNow: {one.now}\nWhy: {one.why}"


def text_of(html: str) -> str:
    """The words of sanitised HTML, a line for each paragraph."""
    return "\n".join(text for block in _BLOCK.split(html) if (text := markup.to_text(block)))
