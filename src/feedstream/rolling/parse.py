"""Rolling copy into values: an opening report, dated updates, credits, and what to tell the editor.

Pure: the same copy gives the same values. Every section is read by itself, so that an update
added at the end changes nothing that stands before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from feedstream.domain.when import When, day_of
from feedstream.errors import Invalid
from feedstream.rolling.blocks import (
    MARKDOWN_BLOCK,
    Reading,
    is_heavy,
    paragraphs_of,
    reading_of,
    without_definitions,
)
from feedstream.rolling.credits import CreditLines, take_credits, unique
from feedstream.rolling.dates import spoken
from feedstream.rolling.dating import dates_of
from feedstream.rolling.headers import HeaderLine, is_doubtful, read_header
from feedstream.rolling.headlines import first_words, take_headline
from feedstream.rolling.lines import Line, clean_lines, is_mark
from feedstream.rolling.offers import offers_of
from feedstream.rolling.values import (
    CopyUpdate,
    HeadlineFrom,
    Kind,
    Paragraph,
    RollingCopy,
)

MOST_CHARACTERS = 5 * 1024 * 1024
MOST_LINES = 100_000
MOST_UPDATES = 2_000
MOST_NOTICES = 100


@dataclass(frozen=True, slots=True)
class _Section:
    """The opening report (no header) or an update, as lines."""

    header: HeaderLine | None
    line: int
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A section taken apart; `headline` is `None` where no line of it is one.

    `heavy`: it is Markdown with a block too long to be read as such.
    """

    line: int
    headline: str | None
    paragraphs: tuple[Paragraph, ...]
    credits: CreditLines
    heavy: bool


def parse_rolling(
    text: str,
    *,
    kind: Kind = "plain",
    day_first: bool = True,
    headline: str | None = None,
    default_year: int | None = None,
) -> RollingCopy:
    """Take rolling copy apart.

    `day_first` is the site's order where 06/12/2021 may be two days, `headline` one given by the
    editor, `default_year` the year of dates without one before any date has one.
    Raises `Invalid` in one sentence, with the line where there is one, for empty or endless copy,
    an update without a date or text, and a date or time that does not exist.
    """
    lines = _lines(text, kind)
    reading = reading_of(lines, kind)
    first, *later = _sections(lines, reading)
    notices = _doubtful(lines, reading)
    opening = _read(first, reading, strict=True)
    dates = list(
        dates_of(
            [(section.header, section.line) for section in later if section.header],
            day_first=day_first,
            default_year=default_year,
            notices=notices,
        )
    )
    parts = [_read(section, reading, strict=False) for section in later]
    updates = tuple(map(_update, later, dates, parts))
    given, whence = _headline(headline, opening, updates)
    credits = unique(name for part in (opening, *parts) for name in part.credits.names)
    return RollingCopy(
        headline=given,
        headline_from=whence,
        opening=opening.paragraphs,
        updates=updates,
        credits=credits,
        offers=offers_of(_all_paragraphs(opening, updates), credits),
        notices=_few([*notices, *_remarks(opening, updates, parts, whence)]),
    )


def _lines(text: str, kind: Kind) -> list[Line]:
    if len(text) > MOST_CHARACTERS:
        raise Invalid(f"the copy has more than {MOST_CHARACTERS:,} characters; split it")
    if max(text.count("\n"), text.count("\r")) > MOST_LINES:
        raise Invalid(f"the copy has more than {MOST_LINES:,} lines; split it")
    lines = clean_lines(text, kind)
    if all(line.blank for line in lines):
        raise Invalid("the copy has no text; write an opening report and updates below it")
    return lines


def _sections(lines: Sequence[Line], reading: Reading) -> Iterator[_Section]:
    """The opening report, then every update."""
    section, count = _Section(None, 1), 0
    for n, line in enumerate(lines):
        header = None if n in reading.code else read_header(line.text, line=line.number)
        if header is None:
            section.lines.append(line)
            continue
        yield section
        count += 1
        if count > MOST_UPDATES:
            raise Invalid(f"line {line.number}: more than {MOST_UPDATES:,} updates; split the copy")
        section = _Section(header, line.number)
        if header.rest:
            section.lines.append(Line(line.number, header.rest))
    yield section


def _read(section: _Section, reading: Reading, *, strict: bool) -> _Read:
    credits, lines = take_credits(_without_marks(without_definitions(section.lines, reading)))
    headline, lines = take_headline(lines, reading.kind, strict=strict)
    return _Read(
        line=section.line,
        headline=headline,
        paragraphs=paragraphs_of(lines, reading),
        credits=credits,
        heavy=is_heavy(lines, reading),
    )


def _without_marks(lines: Sequence[Line]) -> list[Line]:
    """`lines` without blank ones and rules at the start."""
    start = 0
    while start < len(lines) and (lines[start].blank or is_mark(lines[start].text)):
        start += 1
    return list(lines[start:])


def _update(section: _Section, dated: When, part: _Read) -> CopyUpdate:
    if not part.headline and not part.paragraphs:
        raise Invalid(
            f"line {section.line}: the update of {spoken(day_of(dated))} has no text;"
            " write some below its header or take the header out"
        )
    return CopyUpdate(
        dated=dated,
        headline=part.headline or first_words(part.paragraphs[0].text),
        headline_from="text" if part.headline else "none",
        paragraphs=part.paragraphs,
        line=section.line,
    )


def _headline(
    given: str | None, opening: _Read, updates: Sequence[CopyUpdate]
) -> tuple[str, HeadlineFrom]:
    """The story's headline and whence it came."""
    if given and given.strip():
        return " ".join(given.split()), "option"
    if opening.headline:
        return opening.headline, "text"
    if opening.paragraphs:
        return first_words(opening.paragraphs[0].text), "none"
    if updates:
        return updates[0].headline, "none"
    raise Invalid("the copy has nothing but a credit line; write an opening report above it")


def _all_paragraphs(opening: _Read, updates: Sequence[CopyUpdate]) -> Iterator[Paragraph]:
    yield from opening.paragraphs
    for update in updates:
        yield from update.paragraphs


def _doubtful(lines: Sequence[Line], reading: Reading) -> list[str]:
    return [
        f"line {line.number}: this begins like the header of an update but is none, and stays a"
        " part of the text; write UPDATE 6 Dec 2021 on a line of its own to make it one."
        for n, line in enumerate(lines)
        if n not in reading.code and is_doubtful(line.text, line=line.number)
    ]


def _few(notices: list[str]) -> tuple[str, ...]:
    """`notices`, or the first of them and how many more there are."""
    more = len(notices) - MOST_NOTICES
    return (*notices[:MOST_NOTICES], f"And {more:,} more notices.") if more > 0 else tuple(notices)


def _remarks(
    opening: _Read,
    updates: Sequence[CopyUpdate],
    parts: Sequence[_Read],
    whence: HeadlineFrom,
) -> Iterator[str]:
    """What the editor should know about headlines and credits."""
    if whence == "none":
        yield (
            "No line reads as the story's headline, so the first words of the text stand for it;"
            " give one with --headline."
        )
    elif whence == "option" and opening.headline:
        yield f"“{opening.headline}”, the headline in the copy, gives way to the one of --headline."
    if not opening.paragraphs:
        yield "There is no opening report above the first update."
    for update in updates:
        if update.headline_from == "none":
            yield (
                f"line {update.line}: no line of this update reads as its headline,"
                " so its first words stand for it."
            )
    for part in (opening, *parts):
        if part.heavy:
            yield (
                f"line {part.line}: this part is taken as plain text, since it has a block of more"
                f" than {MARKDOWN_BLOCK:,} characters; put blank lines between its paragraphs."
            )
        for line, name in part.credits.left_out:
            yield f"line {line}: “{name}” is left out, since credits name who reported."
