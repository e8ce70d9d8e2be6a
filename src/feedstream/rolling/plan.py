"""From rolling copy to commands: what brings a story to the copy, and nothing else.

Pure but for the ids that the desk draws for what is new. The copy wins where both have a text;
what only the story has is never taken away unless that is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from feedstream import markup
from feedstream.domain import commands as c
from feedstream.domain.story import Story, Update
from feedstream.domain.when import When, day_of, format_when
from feedstream.errors import Invalid
from feedstream.rolling.matching import Pairs, pair_updates
from feedstream.rolling.values import CopyUpdate, RollingCopy

MISSING = "no longer in the copy"


class Desk(Protocol):
    """Draws ids: `newsroom.Newsroom` is one."""

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
        """A command that begins a story."""
        ...

    def update(self, story: str, *, headline: str, body: str, **fields: Any) -> c.AddUpdate:
        """A command that adds an update."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the editor says besides the copy.

    `opened` is the date of the opening report, `credits` come on top of those in the copy;
    `withdraw_missing` takes back the updates that the copy no longer has.
    """

    opened: When | None = None
    slug: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    withdraw_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingPlan:
    """Commands in the order in which to carry them out, all on `story`; notices for the editor."""

    story: str
    commands: tuple[c.Command, ...]
    notices: tuple[str, ...] = field(default=())


def plan_rolling(
    copy: RollingCopy,
    story: Story | None,
    desk: Desk,
    *,
    at: datetime,
    wishes: Wishes | None = None,
) -> RollingPlan:
    """The commands that bring `story` (None: a new one) to `copy`, given at `at`.

    Raises `Invalid` where a new story would have no opening report.
    """
    wishes = wishes or Wishes()
    return (
        _first(copy, desk, at, wishes) if story is None else _again(copy, story, desk, at, wishes)
    )


def earliest(copy: RollingCopy) -> When | None:
    """The date of the first update by time; None for copy without one."""
    return min((u.dated for u in copy.updates), key=day_of, default=None)


# ── the first time ───────────────────────────────────────────────────────────────────────────
def _first(copy: RollingCopy, desk: Desk, at: datetime, wishes: Wishes) -> RollingPlan:
    if not copy.opening:
        raise Invalid("the copy has no opening report above its first update; write one")
    begin = desk.begin(
        headline=copy.headline,
        body=markup.sanitise(copy.body),
        slug=wishes.slug,
        effective=wishes.opened,
        section=wishes.section,
        tags=wishes.tags,
    )
    added = [_add(desk, begin.story, update) for update in in_order(copy.updates)]
    credits = _credits(begin.story, at, (*copy.credits, *wishes.credits), ())
    return RollingPlan(story=begin.story, commands=(begin, *added, *credits))


def in_order(updates: Sequence[CopyUpdate]) -> list[CopyUpdate]:
    """Oldest first, as they happened; copy that runs newest first is turned round."""
    falling = bool(updates) and day_of(updates[0].dated) > day_of(updates[-1].dated)
    return sorted(reversed(updates) if falling else updates, key=lambda u: day_of(u.dated))


def _add(desk: Desk, story: str, update: CopyUpdate) -> c.AddUpdate:
    return desk.update(
        story,
        headline=update.headline,
        body=body_of_update(update),
        effective=update.dated,
    )


def body_of_update(update: CopyUpdate) -> str:
    """Its body as it is stored; its headline stands for one where it has nothing more."""
    return markup.sanitise(update.body) or markup.from_text(update.headline)


def _credits(
    story: str, at: datetime, names: Sequence[str], have: Sequence[str]
) -> Iterator[c.AddCredit]:
    known = {name.casefold() for name in have}
    for name in names:
        if name.casefold() not in known:
            known.add(name.casefold())
            yield c.AddCredit(story=story, at=at, name=name)


# ── again ────────────────────────────────────────────────────────────────────────────────────
def _again(
    copy: RollingCopy, story: Story, desk: Desk, at: datetime, wishes: Wishes
) -> RollingPlan:
    pairs = pair_updates(in_order(copy.updates), story.updates)
    fresh = set(map(id, pairs.new))
    commands: list[c.Command] = [
        *_report(copy, story, at, wishes),
        *(command for both in pairs.known if (command := _edit(story.id, at, *both))),
        *(_add(desk, story.id, u) for u in in_order(copy.updates) if id(u) in fresh),
        *_credits(
            story.id,
            at,
            (*copy.credits, *wishes.credits),
            [credit.name for credit in story.credits],
        ),
    ]
    if wishes.withdraw_missing:
        commands += [
            c.WithdrawUpdate(story=story.id, at=at, update=u.id, reason=MISSING)
            for u in pairs.missing
        ]
    notices = tuple(_notices(pairs, withdrawn=wishes.withdraw_missing))
    return RollingPlan(story=story.id, commands=tuple(commands), notices=notices)


def _report(
    copy: RollingCopy, story: Story, at: datetime, wishes: Wishes
) -> Iterator[c.EditStory | c.TagStory]:
    """What changed in the report itself.

    A headline that was only cut from the first words never replaces one that a person may have
    given.
    """
    body, headline = markup.sanitise(copy.body), copy.headline
    changed: dict[str, str] = {}
    if copy.headline_from != "none" and headline != story.headline:
        changed["headline"] = headline
    if body and body != story.body:
        changed["body"] = body
    if wishes.section and wishes.section != story.section:
        changed["section"] = wishes.section
    if changed:
        yield c.EditStory(story=story.id, at=at, **changed)  # type: ignore[arg-type]  # text fields
    if added := tuple(tag for tag in wishes.tags if tag not in story.tags):
        yield c.TagStory(story=story.id, at=at, add=added)


def _edit(story: str, at: datetime, update: Update, said: CopyUpdate) -> c.EditUpdate | None:
    if update.withdrawn is not None:
        return None
    body = body_of_update(said)
    headline = None if said.headline == update.headline else said.headline
    dated = None if said.dated == update.dated else said.dated
    if headline is None and dated is None and body == update.body:
        return None
    return c.EditUpdate(
        story=story,
        at=at,
        update=update.id,
        headline=headline,
        body=None if body == update.body else body,
        dated=dated,
    )


def _notices(pairs: Pairs, *, withdrawn: bool) -> Iterator[str]:
    for update, said in pairs.known:
        if update.withdrawn is not None:
            yield f"line {said.line}: “{said.headline}” was withdrawn from the story and stays so."
    for update, said in pairs.rewritten:
        yield (
            f"line {said.line}: “{said.headline}” is taken for “{update.headline}” of that day,"
            " rewritten."
        )
    for update in pairs.missing:
        what = f"“{update.headline}” of {format_when(update.dated)} is not in the copy"
        yield (
            f"{what} and is withdrawn."
            if withdrawn
            else (f"{what} and stays in the story; --withdraw-missing would withdraw it.")
        )
