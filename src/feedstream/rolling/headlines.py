"""Which line is a headline, and what stands for one where no line is."""

import re
from collections.abc import Sequence

from feedstream.rolling.blocks import plain_text
from feedstream.rolling.lines import Line, goes_on, is_wrapped
from feedstream.rolling.values import Kind

LONGEST = 120  # characters of a line that reads as a headline
DERIVED = 90  # characters of a headline that is cut from the text

_STOPS = ".…"
_ALL_STOPS = ".…!?"
_CLOSERS = "\"'”’»)]*_ "
_HALF = (",", ";", ":", "-", "–", "—", "(")
_UNFINISHED = """
a an the of to in on at and or but for by with from that which who as is are was were be has
 had have will would its their his her this said between into than
"""
_OPEN_WORDS = frozenset(_UNFINISHED.split())
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.{1,400}?)\s*#*\s*$")
_UNDERLINE = re.compile(r"\s{0,3}(={2,}|-{2,})\s*$")
_SENTENCE_END = re.compile(r"[.!?][\"”’)]{0,2}\s+(?=[\"“‘(]?[A-Z0-9])")
_INITIALS = re.compile(r"\b[A-Z]\.$")
_SHORT = re.compile(
    r"(?:\b[A-Za-z]|\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col"
    r"|Capt|Sgt|Sen|Rep|Gov|Pres|St|No|vs|Inc|Ltd|Co|Corp))$"
)


def take_headline(
    lines: Sequence[Line], kind: Kind, *, strict: bool
) -> tuple[str | None, list[Line]]:
    """The headline on the first of `lines`, or `None`, and the lines that are left.

    A Markdown or underlined heading is one. Another line is one where it is short, does not end
    as a sentence or a clause does, and the next line does not carry it on. `strict`, for the
    opening report: text must follow it, and a question or an exclamation is none.
    """
    start = next((n for n, line in enumerate(lines) if not line.blank), None)
    if start is None:
        return None, []
    first, rest = lines[start], list(lines[start + 1 :])
    underlined = bool(rest) and bool(_UNDERLINE.match(rest[0].text[:LONGEST]))
    if underlined:
        rest = rest[1:]
    heading = _HEADING.match(first.text) if len(first.text) <= 3 * LONGEST else None
    text = plain_text(heading["text"] if heading else first.text, kind)
    if strict and all(line.blank for line in rest):
        return None, list(lines)
    if ((heading or underlined) and text) or _reads_as_one(text, first, rest, strict=strict):
        return text, rest
    return None, list(lines)


def first_words(text: str) -> str:
    """A headline cut from `text`: its first sentence, or as many whole words as fit `DERIVED`."""
    sentence = _first_sentence(text[: 4 * DERIVED].strip())
    if len(sentence) <= DERIVED:
        return sentence if _INITIALS.search(sentence) else sentence.removesuffix(".")
    cut = sentence[: DERIVED - 1]
    whole = cut.rsplit(" ", 1)[0] if " " in cut else cut
    return whole.rstrip(" ,;:–—-") + "…"


def _first_sentence(text: str) -> str:
    for end in _SENTENCE_END.finditer(text):
        if not _SHORT.search(text[: end.start()]):
            return text[: end.end()].strip()
    return text


def _reads_as_one(text: str, first: Line, rest: list[Line], *, strict: bool) -> bool:
    if not text or len(text) > LONGEST or not any(sign.isalpha() for sign in text):
        return False
    bare = text.rstrip(_CLOSERS)
    if bare.endswith(tuple(_ALL_STOPS if strict else _STOPS)) or bare.endswith(_HALF):
        return False
    return not _carried_on(text, first, rest)


def _carried_on(text: str, first: Line, rest: list[Line]) -> bool:
    """Whether the next line is the same sentence: it says so, or the break was not deliberate."""
    following = rest[0] if rest and not rest[0].blank else None
    if text.rsplit(maxsplit=1)[-1].lower() in _OPEN_WORDS:
        return following is not None
    if following is None:
        return False
    if goes_on(first, following):
        return True
    # In wrapped text a line is filled: the next word did not fit on it any more.
    width = max(len(line.text) for line in rest)
    filled = len(first.text) + 1 + len(following.text.split()[0]) > width
    return is_wrapped(rest) and filled
