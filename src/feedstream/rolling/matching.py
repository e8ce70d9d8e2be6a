"""Which update of a story an update in the copy is: by date, then headline and text, then order."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TypeVar

from feedstream import markup
from feedstream.domain.story import Story, Update
from feedstream.domain.when import day_of
from feedstream.rolling.values import CopyUpdate, RollingCopy

ALIKE = 0.6
"""From this likeness (0 to 1) of headline or text, two updates of one day are one."""
SAME = 0.9
"""From this likeness of text, an update with the same headline has only been dated anew."""

_SHORT = 3  # letters of words that every text has

Both = tuple[Update, CopyUpdate]
_T = TypeVar("_T")
_Like = Callable[[Update, CopyUpdate], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """`known` are in both, `rewritten` those of them that only their day and order tell, `new`
    only in the copy, `missing` only in the story, from where no partner put them."""

    known: tuple[Both, ...]
    rewritten: tuple[Both, ...]
    new: tuple[CopyUpdate, ...]
    missing: tuple[Update, ...]


def pair_updates(said: Sequence[CopyUpdate], have: Sequence[Update]) -> Pairs:
    """Pair the updates of the copy with those of a story; each is in one pair at most.

    Updates that came from a partner's wire are never paired. A withdrawn update may be, by date
    and headline: the copy does not bring it back.
    """
    left = [update for update in have if update.origin is None]
    open_ = list(said)
    known = _take(open_, left, _identical, 1.0)
    known += _take(open_, left, _alike, ALIKE)
    known += _take(open_, left, _dated_anew, SAME)
    rewritten = _by_order(open_, left)
    return Pairs(
        known=(*known, *rewritten),
        rewritten=tuple(rewritten),
        new=tuple(open_),
        missing=tuple(update for update in left if update.withdrawn is None),
    )


def _take(said: list[CopyUpdate], have: list[Update], like: _Like, least: float) -> list[Both]:
    """The pairs that are most alike, each update once; what is paired leaves both lists."""
    scored = [
        (like(update, one), update, one)
        for one in said
        for update in have
        if like(update, one) >= least
    ]
    pairs: list[Both] = []
    # The sort is stable: of equals, the first in the copy goes to the first in the story.
    for _, update, one in sorted(scored, key=lambda each: -each[0]):
        if _holds(said, one) and _holds(have, update):
            pairs.append((update, one))
            _drop(said, one)
            _drop(have, update)
    return pairs


def _by_order(said: list[CopyUpdate], have: list[Update]) -> list[Both]:
    """What is left of a day, in order, where the copy and the story have as many of it."""
    pairs: list[Both] = []
    for day in sorted({day_of(one.dated) for one in said}):
        ours = [one for one in said if day_of(one.dated) == day]
        theirs = [u for u in have if day_of(u.dated) == day and u.withdrawn is None]
        if len(ours) == len(theirs):
            pairs += zip(theirs, ours, strict=True)
    for update, one in pairs:
        _drop(said, one)
        _drop(have, update)
    return pairs


def _holds(values: Iterable[object], value: object) -> bool:
    return any(one is value for one in values)


def _drop(values: list[_T], value: _T) -> None:
    del values[next(n for n, one in enumerate(values) if one is value)]


# ── likeness ─────────────────────────────────────────────────────────────────────────────────
def _identical(update: Update, said: CopyUpdate) -> float:
    return float(update.dated == said.dated and update.headline == said.headline)


def _alike(update: Update, said: CopyUpdate) -> float:
    if day_of(update.dated) != day_of(said.dated):
        return 0.0
    headline = _ratio(words(update.headline), words(said.headline))
    return headline if update.withdrawn is not None else max(headline, _text_ratio(update, said))


def _dated_anew(update: Update, said: CopyUpdate) -> float:
    if update.withdrawn is not None or words(update.headline) != words(said.headline):
        return 0.0
    return _text_ratio(update, said)


def _text_ratio(update: Update, said: CopyUpdate) -> float:
    return _ratio(words(markup.to_text(update.body)), words(markup.to_text(said.body)))


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, a few thousand at most."""
    return tuple(re.findall(r"\w+", text[:20_000].casefold()))


@lru_cache(maxsize=4096)
def _ratio(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    if not one or not other:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def likeness(copy: RollingCopy, story: Story) -> float:
    """How much of the copy's text a story has already: the share of its paragraphs, 0 to 1."""
    parts = [*copy.opening, *(p for update in copy.updates for p in update.paragraphs)]
    texts = [story.body, *(u.body for u in story.updates)]
    have = " ".join(" ".join(words_all(markup.to_text(text))) for text in texts)
    found = [p for p in parts if " ".join(words_all(p.text)) in have]
    return len(found) / len(parts) if parts else 0.0


def kinship(copy: RollingCopy, story: Story) -> float:
    """How many of the copy's longer words a story has, 0 to 1: an edited text keeps most."""
    parts = [*copy.opening, *(p for update in copy.updates for p in update.paragraphs)]
    texts = [story.body, *(u.body for u in story.updates)]
    have = {word for text in texts for word in words_all(markup.to_text(text))}
    said = {word for part in parts for word in words_all(part.text) if len(word) > _SHORT}
    return len(said & have) / len(said) if said else 1.0


def words_all(text: str) -> list[str]:
    """All words of a text, folded."""
    return re.findall(r"\w+", text.casefold())
