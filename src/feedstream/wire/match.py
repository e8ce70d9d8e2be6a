"""Which running stories a partner's item may belong to, how surely, and why.

Pure and deterministic: the same item, stories and instant give the same answer. What is rare
among the given stories weighs more than what many of them share.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from feedstream.domain.when import instant_of
from feedstream.domain.wire import Candidate, Reason, WireItem
from feedstream.markup import to_text
from feedstream.wire.words import is_cyrillic, names, skeleton, stem, terms

MAX_CANDIDATES = 5
MAX_CHARS = 20_000
LINKED = 0.95
"""The least score of an item that links to the story."""
_BACKGROUND = 6
"""Stories assumed beside the given ones, so that a lone story is no proof of rarity."""
_ENOUGH_NAMES = 4.0
_ENOUGH_TERMS = 0.45
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryText:
    """What a story says, for matching: `id` is its permanent id, `text` plain text."""

    id: str
    headline: str
    text: str = ""
    tags: tuple[str, ...] = ()
    section: str = ""
    updated: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Profile:
    headline: frozenset[str]
    terms: frozenset[str]
    names: dict[str, str]
    shown: dict[str, str]
    bones: frozenset[str]


def match(item: WireItem, stories: Sequence[StoryText], *, at: datetime) -> tuple[Candidate, ...]:
    """The stories that `item` may belong to, the likeliest first, at most five.

    Scores run from 0 to 1; the reasons' weights add up to the score, but for rounding and for the
    floor of an item that links to the story. Times are compared with the item's own, or `at`.
    """
    mine = _profile(item.headline, _item_text(item))
    rarity = _rarity(tuple(stories))
    found = [_candidate(item, mine, story, rarity, at) for story in stories]
    best = sorted((c for c in found if c.score > 0), key=lambda c: (-c.score, c.story))
    return tuple(best[:MAX_CANDIDATES])


def _item_text(item: WireItem) -> str:
    return f"{item.summary}\n{to_text(item.body[: 4 * MAX_CHARS])}"[:MAX_CHARS]


@lru_cache(maxsize=4096)
def _profile(headline: str, text: str) -> _Profile:
    whole = f"{headline}\n{text[:MAX_CHARS]}"
    known = names(whole)
    singles = {key: word for key, word in known.items() if " " not in key}
    return _Profile(
        frozenset(terms(headline)),
        frozenset(terms(whole)),
        known,
        _as_written(whole),
        frozenset(bones for word in singles.values() if (bones := skeleton(word))),
    )


def _as_written(text: str) -> dict[str, str]:
    words = re.findall(r"[^\W\d_]{3,}", text)
    return {stem(word): word for word in reversed(words)}


@lru_cache(maxsize=8)
def _rarity(stories: tuple[StoryText, ...]) -> tuple[Counter[str], int]:
    """In how many stories each term is, and how many stories there are."""
    counts: Counter[str] = Counter()
    for story in stories:
        profile = _profile(story.headline, story.text)
        counts.update(profile.terms | profile.names.keys())
    return counts, len(stories)


def _rare(term: str, rarity: tuple[Counter[str], int]) -> float:
    """Inverse document frequency, scaled so that a term of one story alone has 1."""
    counts, stories = rarity
    within = counts[term] or 1
    total = stories + _BACKGROUND
    rare = math.log(total / (within + 0.5)) / math.log(total / 1.5)
    # What most stories share is a stop word here, whatever the language; it keeps a trace, so that
    # stories which are all alike are still found.
    return rare / 5 if stories >= 4 and within > stories / 2 else rare


def _candidate(
    item: WireItem,
    mine: _Profile,
    story: StoryText,
    rarity: tuple[Counter[str], int],
    at: datetime,
) -> Candidate:
    theirs = _profile(story.headline, story.text)
    said = [
        reason
        for reason in (
            _names(mine, theirs, rarity),
            _across_scripts(mine, theirs),
            _terms(mine, theirs, rarity),
            _headline(mine, theirs, rarity),
        )
        if reason.weight > 0
    ]
    content = min(1.0, sum(reason.weight for reason in said))
    said += [r for r in _circumstances(item, story, content, at) if r.weight > 0]
    score, said = _settle(said)
    if _links_to(item, story):
        said.insert(0, Reason(feature="link", found=story.url, weight=LINKED))
        score = max(score, LINKED)
    return Candidate(story=story.id, score=round(score, 4), reasons=tuple(said))


def _settle(said: list[Reason]) -> tuple[float, list[Reason]]:
    """The score, which nears 1 and never passes it, and the reasons with their shares of it."""
    total = sum(reason.weight for reason in said)
    scale = math.tanh(total) / total if total else 0.0
    return math.tanh(total), [replace(r, weight=round(r.weight * scale, 4)) for r in said]


def _names(mine: _Profile, theirs: _Profile, rarity: tuple[Counter[str], int]) -> Reason:
    shared = sorted(mine.names.keys() & theirs.names.keys(), key=lambda n: (-_rare(n, rarity), n))
    strength = sum(_rare(name, rarity) ** 2 for name in shared)
    # Single names say little; the weight grows faster once several are shared.
    share = min(1.0, strength / _ENOUGH_NAMES) ** 1.3
    full = [
        name
        for name in shared
        if not any(name in other.split() for other in shared if other != name)
    ]
    return _reason("names", (mine.names[name] for name in full), 0.35 * share)


def _across_scripts(mine: _Profile, theirs: _Profile) -> Reason:
    """Names that sound the same where one text is in Cyrillic and the other is not."""
    if _cyrillic(mine) == _cyrillic(theirs):
        return Reason(feature="names-across-scripts", found="", weight=0.0)
    shared = mine.bones & theirs.bones
    words = dict.fromkeys(
        word for key, word in mine.names.items() if " " not in key and skeleton(word) in shared
    )
    share = min(1.0, max(0, len(shared) - 1) / 3)
    return _reason("names-across-scripts", words, 0.5 * share)


def _cyrillic(profile: _Profile) -> bool:
    singles = [word for key, word in profile.names.items() if " " not in key]
    return sum(map(is_cyrillic, singles)) > len(singles) / 2


def _terms(mine: _Profile, theirs: _Profile, rarity: tuple[Counter[str], int]) -> Reason:
    shared = mine.terms & theirs.terms
    whole = sum(_weight(term, mine, rarity) for term in mine.terms)
    part = sum(_weight(term, mine, rarity) for term in shared)
    share = min(1.0, part / whole / _ENOUGH_TERMS) if whole else 0.0
    # One shared word in a short item is a large part of it and still little evidence.
    share *= min(1.0, len(shared) / 6)
    ranked = sorted(shared, key=lambda t: (-_weight(t, mine, rarity), t))
    return _reason("terms", (mine.shown.get(term, term) for term in ranked), 0.45 * share**1.3)


def _weight(term: str, mine: _Profile, rarity: tuple[Counter[str], int]) -> float:
    return _rare(term, rarity) * (2.0 if term in mine.headline else 1.0)


def _headline(mine: _Profile, theirs: _Profile, rarity: tuple[Counter[str], int]) -> Reason:
    shared = mine.headline & theirs.headline
    size = sum(_rare(t, rarity) for t in mine.headline) + sum(
        _rare(t, rarity) for t in theirs.headline
    )
    dice = 2 * sum(_rare(t, rarity) for t in shared) / size if size else 0.0
    if len(shared) < 2 and dice < 1:
        dice /= 2
    return _reason("headline", (mine.shown.get(t, t) for t in sorted(shared)), 0.3 * dice)


def _reason(feature: str, found: Iterable[str], weight: float) -> Reason:
    listed = list(found)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return Reason(feature=feature, found=", ".join(listed[:_SHOWN]) + more, weight=round(weight, 4))


def _circumstances(
    item: WireItem, story: StoryText, content: float, at: datetime
) -> Iterator[Reason]:
    """Time, section and tags: they add to what the words say, and are nothing without it."""
    when = item.published or item.updated
    latest = max(at, when) if isinstance(when, datetime) else at  # partners date ahead, too
    moment = instant_of(when, recorded_at=latest) if when is not None else at
    if story.updated is not None:
        days = abs((moment - story.updated).total_seconds()) / 86_400
        weight = 0.15 * content * math.exp(-days / 5)
        yield Reason(feature="time", found=_apart(days), weight=round(weight, 4))
    ours = {name.casefold(): name for name in (*story.tags, story.section) if name}
    shared = [ours[c.casefold()] for c in item.categories if c.casefold() in ours]
    if shared:
        yield _reason("section-or-tag", dict.fromkeys(shared), min(0.1, content))


def _apart(days: float) -> str:
    if days < 2:
        hours = round(days * 24)
        return "1 hour apart" if hours == 1 else f"{hours} hours apart"
    return f"{round(days)} days apart"


def _links_to(item: WireItem, story: StoryText) -> bool:
    if not story.url:
        return False
    pattern = re.escape(story.url.rstrip("/")) + r"(?![\w-])"
    return item.url.rstrip("/") == story.url.rstrip("/") or bool(
        re.search(pattern, f"{item.body}\n{item.summary}")
    )
