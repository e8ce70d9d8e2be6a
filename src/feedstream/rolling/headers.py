"""Header lines of updates: the word UPDATE, perhaps misspelt, with a date, and little else.

A line is a header only as a whole: word, then in any sensible order a number, a weekday, a time
and the date, and after a dash or colon perhaps the update's headline. Prose that begins with the
same word is prose. A line that can only be a broken header is refused, since the events that come
of it can never be taken back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from feedstream.errors import Invalid
from feedstream.rolling.dates import HOW, WrittenDate, month_number, scan_date, weekday_number
from feedstream.rolling.times import WrittenTime, scan_time

_SCANNED = 300  # characters: word, date, time and dash of any header fit; the headline may go on
_BROKEN = 60  # characters: a longer line that begins with UPDATE is prose

_WORD = re.compile(r"([A-Za-z]{4,9})(?![\w'’])")
_NUMBER = re.compile(r"(?:#|no\.?\s?|number\s)?\d{1,3}(?![\w/]|[.:-]\d)", re.I)
_GAP = re.compile(r"[\s*_:,;.|()\[\]#–—-]{0,8}(?:(?:on|of|as of|at|for)\s)?", re.I)
_NAME = re.compile(r"([A-Za-z]{3,9})\b")
_END = re.compile(r"[\s*_.,;:|()\[\]#–—-]{0,12}$")
_THEN = re.compile(r"[\s*_)\]]{0,6}(?:[:–—|]|-{1,2}(?=[\s*_]))[\s*_]{0,6}")
_MARKS = "#*_ \t\u200c\u200d\u200e\u200f"
_INVISIBLE = dict.fromkeys(range(0x200C, 0x2010), " ")
_DASHES = re.compile(r"(?<=\d)[‐‑‒–−](?=\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderLine:
    """What a header line says; `rest` is what follows a dash or colon, or ""."""

    written: WrittenDate
    weekday: int | None
    time: WrittenTime | None
    rest: str


def read_header(text: str, *, line: int) -> HeaderLine | None:
    """The header that `text` is, or `None` where it is none.

    Raises `Invalid`, with the line, for the bare word and for what can only be a broken header.
    """
    bare = text.lstrip(_MARKS)
    word = _WORD.match(bare)
    if not word or word[1].lower() not in _SPELLINGS:
        return None
    marked = len(bare) < len(text.lstrip())
    head = _DASHES.sub("-", bare[:_SCANNED]).translate(_INVISIBLE)
    for header in _headers(head, word.end()):
        return _with_rest(header, bare, marked=marked)
    _refuse_broken(bare, word, line)
    return None


def is_doubtful(text: str, *, line: int) -> bool:
    """Whether `text` begins as a header does and yet is none.

    It does with UPDATE in capitals and a dash or colon, or where a date follows the word.
    """
    bare = text.lstrip(_MARKS)
    word = _WORD.match(bare)
    if not word or word[1].lower() not in _SPELLINGS:
        return False
    loud = word[1].isupper() and _THEN.match(bare, word.end())
    dated = scan_date(bare[:_SCANNED], _gap(bare, word.end()))
    return bool(loud or dated) and read_header(text, line=line) is None


def _edits(word: str) -> Iterator[str]:
    """Every spelling that one slip makes of `word`: a letter lost, added or wrong, or a swap."""
    for n in range(len(word) + 1):
        before, after = word[:n], word[n:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        yield from (before + letter + after[1:] for letter in ascii_lowercase)
        yield from (before + letter + after for letter in ascii_lowercase)


_SPELLINGS = frozenset(edit for word in ("update", "updated", "updates") for edit in _edits(word))


def _headers(head: str, after_word: int) -> Iterator[HeaderLine]:
    """Every way in which `head` is a header, likeliest first."""
    for at in _starts(head, after_word):
        early, at_weekday = _early_time(head, at)
        weekday, at_date = _weekday(head, at_weekday)
        if found := scan_date(head, at_date):
            written, end = found
            yield from _tails(head, end, written, weekday, early)


def _starts(head: str, after_word: int) -> Iterator[int]:
    """Where the date may begin: after the word, or after the word and a number."""
    start = _gap(head, after_word)
    yield start
    if number := _NUMBER.match(head, start):
        yield _gap(head, number.end())


def _tails(
    head: str,
    end: int,
    written: WrittenDate,
    weekday: int | None,
    early: WrittenTime | None,
) -> Iterator[HeaderLine]:
    late_weekday, end = _weekday(head, end, skip=_gap(head, end))
    weekday = weekday or late_weekday
    if late := scan_time(head, _gap_or_t(head, end)):
        yield from _closed(head, late[1], written, weekday, late[0])
    yield from _closed(head, end, written, weekday, early)


def _closed(
    head: str, end: int, written: WrittenDate, weekday: int | None, time: WrittenTime | None
) -> Iterator[HeaderLine]:
    """The header, where nothing follows but an end or a dash or colon with text after it."""
    if _END.match(head, end):
        yield HeaderLine(written=written, weekday=weekday, time=time, rest="")
    elif then := _THEN.match(head, end):
        yield HeaderLine(written=written, weekday=weekday, time=time, rest=head[then.end() :])


def _with_rest(header: HeaderLine, bare: str, *, marked: bool) -> HeaderLine:
    """`header` with all of its rest: dashes as they were, and beyond what was scanned."""
    if not header.rest:
        return header
    start = len(bare[:_SCANNED]) - len(header.rest)
    rest = bare[start:].strip()
    if marked:
        rest = rest.rstrip("#*_ ")
    return HeaderLine(written=header.written, weekday=header.weekday, time=header.time, rest=rest)


def _gap(head: str, at: int) -> int:
    match = _GAP.match(head, at)
    return match.end() if match else at


def _gap_or_t(head: str, at: int) -> int:
    return at + 1 if head[at : at + 1] == "T" else _gap(head, at)


def _weekday(head: str, at: int, *, skip: int | None = None) -> tuple[int | None, int]:
    """The weekday at `skip` (else `at`) and the index after it, or `None` and `at`."""
    match = _NAME.match(head, at if skip is None else skip)
    if match and (number := weekday_number(match[1])):
        return number, match.end() if skip is not None else _gap(head, match.end())
    return None, at


def _early_time(head: str, at: int) -> tuple[WrittenTime | None, int]:
    """A time that stands before the date. 6.12.2021 is none, although 6.12 would be one."""
    if scan_date(head, at) or not (found := scan_time(head, at)):
        return None, at
    return found[0], _gap(head, found[1])


def _refuse_broken(bare: str, word: re.Match[str], line: int) -> None:
    after = _gap(bare, word.end())
    rest = bare[after : after + _BROKEN]
    if number := _NUMBER.match(rest):
        rest = rest[number.end() :].lstrip(" :.-–—*_#")
    if time := scan_time(rest, 0):
        rest = rest[time[1] :]
    if _END.match(rest):
        raise Invalid(f"line {line}: this update has no date; {HOW}, such as UPDATE 6 Dec 2021")
    if word[1].isupper() and len(bare) <= _BROKEN and _begins_as_date(bare, after):
        raise Invalid(
            f"line {line}: “{bare.strip()}” looks like the header of an update but cannot be read"
            " as one; write UPDATE 6 Dec 2021 and put the headline on the next line"
        )


def _begins_as_date(bare: str, at: int) -> bool:
    name = _NAME.match(bare, at)
    named = name and (month_number(name[1]) or weekday_number(name[1]))
    return bool(named) or bare[at : at + 1].isdigit()
