"""Copy as clean, numbered lines.

Every kind of line end is one; control characters, zero-width ones and lone surrogates go; every
kind of space is a plain one; letters are composed (NFC), so that the same copy from another
machine is the same copy. The joiners and direction marks U+200C to U+200F stay: Persian, Hindi,
Arabic, Hebrew and emoji need them.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from feedstream.rolling.values import Kind

WRAP_WIDTH = 132
"""Characters. Nobody wraps wider by hand: a longer line is a paragraph."""

_PHYSICAL = re.compile(r"\r\n|\r|\n")
_INNER_ENDS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_GONE = "\u200b\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Sorting a pile of combining marks costs the square of its height; no language builds one.
_PILE = re.compile(r"[^\w\s\x00-\x7f]{65}")
_MARKS = re.compile(r"\s{0,3}(?:(?:[-*_#=—–~]\s?){1,60}|-30-|(?i:\(?ends?\)?\.?))")
_CLOSED = re.compile(r"[.!?…:][\"'”’»)\]*_]{0,4}$")


def _cleaning() -> dict[int, str]:
    table = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *map(ord, _GONE)], "")
    table |= dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
    table |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    return table | dict.fromkeys(map(ord, _INNER_ENDS), "\n") | {ord("\t"): "\t"}


_CLEANING = _cleaning()


@dataclass(frozen=True, slots=True)
class Line:
    """A cleaned line and the number of the physical line it comes from."""

    number: int
    text: str

    @property
    def blank(self) -> bool:
        """Whether nothing stands on it."""
        return not self.text or self.text.isspace()


def clean_lines(text: str, kind: Kind) -> list[Line]:
    """The lines of `text`. Plain ones lose all spare spaces; Markdown ones only what ends them."""
    tidy = _markdown_line if kind == "markdown" else _plain_line
    return [
        Line(number, tidy(part))
        for number, physical in enumerate(_PHYSICAL.split(text), 1)
        for part in _composed(physical.translate(_CLEANING)).split("\n")
    ]


def _composed(text: str) -> str:
    return text if _PILE.search(text) else unicodedata.normalize("NFC", text)


def _plain_line(text: str) -> str:
    return " ".join(text.split())


def _markdown_line(text: str) -> str:
    # Two spaces at the end are a line break in Markdown, more say no more.
    bare = text.rstrip()
    return bare + "  " if text.endswith("  ") and bare else bare


def trimmed(lines: Sequence[Line]) -> list[Line]:
    """`lines` without blank ones and end marks (---, ###, -30-, ENDS) at the end."""
    end = len(lines)
    while end and (lines[end - 1].blank or is_mark(lines[end - 1].text)):
        end -= 1
    return list(lines[:end])


def is_mark(text: str) -> bool:
    """Whether `text` is a rule between parts or an end mark, and no text."""
    return len(text) <= 120 and bool(_MARKS.fullmatch(text.rstrip()))


def closed(text: str) -> bool:
    """Whether `text` ends as a sentence does, perhaps inside quotation marks."""
    return bool(_CLOSED.search(text.rstrip()[-6:]))


def has_long(lines: Sequence[Line]) -> bool:
    """Whether some line of prose is longer than anybody wraps."""
    return any(len(line.text) > WRAP_WIDTH and " " in line.text.strip() for line in lines)


def is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether these lines of one section were wrapped by hand, and so belong together.

    They were where none is longer than `WRAP_WIDTH` and either blank lines part the paragraphs or
    a line goes on in lower case on the next. Otherwise each line is a paragraph. This is decided
    for each section by itself, so that an update added later never changes how an earlier one
    is read.
    """
    if has_long(lines):
        return False
    written = [n for n, line in enumerate(lines) if not line.blank]
    if not written:
        return False
    inner = lines[written[0] : written[-1]]
    return any(line.blank for line in inner) or any(
        goes_on(one, two) for one, two in pairwise(lines)
    )


def goes_on(one: Line, two: Line) -> bool:
    """Whether the sentence on `one` surely goes on on `two`."""
    return not (one.blank or two.blank) and not closed(one.text) and two.text.lstrip()[:1].islower()


def blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Runs of lines between blank ones."""
    found: list[list[Line]] = [[]]
    for line in lines:
        if not line.blank:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [block for block in found if block]
