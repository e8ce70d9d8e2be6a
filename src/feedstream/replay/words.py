"""What changed between two texts, word by word. Pure: text in, runs out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Literal

_TOKEN = re.compile(r"(?:\w+|[^\w\s])\s*|\s+")
_MUCH = 25_000_000
"""So many pairs of words, and frequent ones are no longer compared one by one."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some words that stayed, went or came."""

    op: Literal["same", "removed", "added"]
    text: str


def word_diff(before: str, after: str) -> tuple[Run, ...]:
    """The runs from `before` to `after`; what was removed stands before what came instead.

    The runs but the added ones are `before` again, those but the removed ones `after`.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    first, last = Run("same", "".join(old[:head])), Run("same", "".join(old[len(old) - tail :]))
    return tuple(run for run in (first, *middle, last) if run.text)


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _middle(old: list[str], new: list[str]) -> list[Run]:
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) * len(new) > _MUCH)
    runs: list[Run] = []
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            runs.append(Run("same", "".join(old[a:b])))
        else:
            runs += [Run("removed", "".join(old[a:b])), Run("added", "".join(new[c:d]))]
    return runs
