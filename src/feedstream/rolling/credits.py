"""Credit lines at the end of a section: "With reporting by A, B and C".

They become credits and leave the text, in whichever section they close: tomorrow's update may be
written below today's credit line. Names behind "editing by" and the like are no credits.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from feedstream.rolling.lines import Line, blocks, trimmed
from feedstream.rolling.outlets import is_known

_LONGEST = 400  # characters of a credit line
_MOST = 8  # credit lines at the end of one section
_WRAPPED = 4  # lines over which one may run

_KINDS = r"(?:reporting|inputs?|files|contributions?|material|information|copy)"
_GIVES = re.compile(
    r"(?:with\s)?(?:(?:additional|further|extra|more|some)\s)?" + _KINDS + r"\s(?:by|from)\b:?\s?",
    re.I,
)
_AGENCIES = re.compile(r"with\s(?=(?:news\s|wire\s)?agenc(?:y|ies)\b)", re.I)
_GAVE = re.compile(
    r"(?P<names>.{2,300}?)\s(?:also\s)?contributed\s(?:reporting\s)?to\sthis\s"
    r"(?:report|story|article|piece)$",
    re.I,
)
_OTHER = re.compile(
    r"(?:(?:additional|further)\s)?(?:writing|editing|edited|written|translation|translated|compiled"
    r"|production|produced)(?:\sand\s[a-z]{5,12})?\sby\b:?\s?",
    re.I,
)
_PARTS = re.compile(r"\s?;\s?|\.\s(?=[A-Z])(?=(?:[A-Za-z]{4,12}\s){1,3}(?:by|from)\b)")
_SPLIT = re.compile(r"\s?,\s?(?:and\s|&\s)?|\s(?:and|plus)\s|\s?&\s")
_GOES_ON = re.compile(r"(?:[,;:&]|\b(?:and|by|from|in|with))\s*$", re.I)
_PLACE = re.compile(r"\s(?:in|at)\s[A-Z].{0,60}$")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)")
_PARTICLES = """
a al bin da de del den der di du e el for in la le news of service services staff the van von
 wire wires y agency agencies reporters correspondents
"""
_SMALL = frozenset(_PARTICLES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLines:
    """What a section's credit lines say; `left_out` are names that are no credits."""

    names: tuple[str, ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()


def take_credits(lines: Sequence[Line]) -> tuple[CreditLines, list[Line]]:
    """The credits that close a section, and its lines without them and without end marks."""
    rest, found = trimmed(lines), list[CreditLines]()
    while rest and len(found) < _MOST and (taken := _last(rest)):
        size, said = taken
        found.insert(0, said)
        rest = trimmed(rest[:-size])
    names = unique(name for said in found for name in said.names)
    return CreditLines(names=names, left_out=tuple(x for s in found for x in s.left_out)), rest


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """`names` in their order, each once, whatever its case."""
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(name.casefold(), name)
    return tuple(seen.values())


def _last(rest: Sequence[Line]) -> tuple[int, CreditLines] | None:
    """The credit line at the end of `rest` and over how many lines it runs."""
    block = blocks(rest[-_WRAPPED - 1 :])[-1]
    for size in range(1, min(len(block), _WRAPPED) + 1):
        texts = [line.text for line in block[-size:]]
        if not all(_GOES_ON.search(text[-12:]) for text in texts[:-1]):
            return None
        if said := read_credits(" ".join(texts), line=block[-size].number):
            return size, said
    return None


def read_credits(text: str, *, line: int) -> CreditLines | None:
    """What `text` says where all of it is a credit line, else `None`."""
    if len(text) > _LONGEST:
        return None
    bare = _LINK.sub(r"\1", " ".join(text.split())).strip("*_()[]–—-•> ")
    bare = bare.removesuffix(".").rstrip("*_)] ")
    names: list[str] = []
    left_out: list[tuple[int, str]] = []
    for part in filter(None, _PARTS.split(bare)):
        if other := _OTHER.match(part):
            left_out.append((line, part.strip()))
            if not _all_names(part[other.end() :]):
                return None
        elif (given := _given(part)) and _all_names(given):
            names.extend(_names(given))
        else:
            return None
    return CreditLines(names=unique(names), left_out=tuple(left_out)) if bare else None


def _given(part: str) -> str:
    """The names in one part of a credit line, or ""."""
    for pattern in (_GIVES, _AGENCIES):
        if match := pattern.match(part):
            return part[match.end() :]
    match = _GAVE.match(part)
    return match["names"] if match else ""


def _names(text: str) -> Iterator[str]:
    for name in _SPLIT.split(text):
        if bare := _PLACE.sub("", name).strip("*_()[]. :"):
            yield bare


def _all_names(text: str) -> bool:
    """Whether nothing but names stands here: a small word that no name has shows a sentence."""
    words = [name.split() for name in _SPLIT.split(text) if name.strip()]
    return bool(words) and all(
        len(name) <= 8 and all(_of_a_name(word) for word in name) for name in words
    )


def _of_a_name(word: str) -> bool:
    letters = word.strip("*_()[].'’\"“”")
    if not letters[:1].islower() or any(letter.isupper() for letter in letters):
        return True
    return letters in _SMALL or is_known(letters)
