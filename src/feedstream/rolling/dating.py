"""The dates of all updates, each in the light of the one before it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from feedstream.domain.when import When, day_of
from feedstream.rolling.dates import WEEKDAYS, resolve_date, spoken
from feedstream.rolling.headers import HeaderLine
from feedstream.rolling.times import on_day


def dates_of(
    headers: Sequence[tuple[HeaderLine, int]],
    *,
    day_first: bool,
    default_year: int | None,
    notices: list[str],
) -> Iterator[When]:
    """The date or instant that every header (with its line) means, in the order of the copy.

    What had to be guessed or looks odd goes to `notices`. Raises `Invalid` as `resolve_date` and
    `on_day` do.
    """
    previous: When | None = None
    for header, line in headers:
        day, notice = resolve_date(
            header.written,
            line=line,
            day_first=day_first,
            previous=None if previous is None else day_of(previous),
            default_year=default_year,
        )
        dated, timeless = on_day(header.time, day, line=line) if header.time else (day, "")
        odd = (
            notice,
            _wrong_weekday(header, day, line),
            timeless,
            _disorder(previous, dated, line),
        )
        notices.extend(filter(None, odd))
        previous = dated
        yield dated


def _wrong_weekday(header: HeaderLine, day: date, line: int) -> str:
    if header.weekday in (None, day.isoweekday()):
        return ""
    return f"line {line}: {spoken(day)} is a {WEEKDAYS[day.weekday()]}; check the date."


def _disorder(previous: When | None, dated: When, line: int) -> str:
    if previous is None or not _before(dated, previous):
        return ""
    return (
        f"line {line}: this update of {spoken(day_of(dated))} stands below one of"
        f" {spoken(day_of(previous))}; check the date."
    )


def _before(one: When, other: When) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)
