"""Dates as newsrooms write them: 06/12/2021, 6.12.21, 6 Dec 2021, December 6th, 2021-12-06.

Reading has two steps. `scan_date` finds what is written, without deciding; `resolve_date` decides
what it means, from the site's order of day and month and from the update before it. All patterns
are anchored and every repetition in them is bounded, so that a line costs what its start costs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from feedstream.errors import Invalid

HOW = "write it as 6 Dec 2021 or 2021-12-06"
_MONTH_NAMES = """
January February March April May June July August September October November December
"""
_WEEKDAY_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS = _MONTH_NAMES.split()
WEEKDAYS = _WEEKDAY_NAMES.split()

# Two digits are a year unless they are an hour: "Dec. 7 14:30", "7 Dec 2 pm".
_YEAR = r"(?:(?P<year>(?:19|20|21)\d{2})|['’]?(?P<short>\d{2}))(?!\w|[:.]\d|\s?[ap]\.?m\b)"
_NTH = r"(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})"
_ISO = re.compile(
    r"(?P<year>(?:19|20|21)\d{2})(?P<sep>[-./])(?P<a>\d{1,2})(?P=sep)(?P<b>\d{1,2})(?![^\WT])"
)
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<sep>[-./])\s?(?P<b>\d{1,2})(?P=sep)\s?" + _YEAR)
_DAY_MONTH = re.compile(
    r"(?P<a>\d{1,2})"
    + _NTH
    + r"[\s.-]{0,2}(?:of\s)?"
    + _MONTH
    + r"\b\.?(?:[,\s-]{0,2}"
    + _YEAR
    + ")?",
    re.I,
)
_MONTH_DAY = re.compile(
    _MONTH + r"\b\.?\s?(?P<a>\d{1,2})" + _NTH + r"(?![\w:])(?:,?\s?" + _YEAR + ")?", re.I
)
_SLASHED = re.compile(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\w/-])")

Order = Literal["day-month", "month-day", "unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDate:
    """A date as written: two numbers in an order that may be unsaid, and perhaps a year."""

    text: str
    pair: tuple[int, int]
    order: Order
    year: int | None


def scan_date(text: str, at: int) -> tuple[WrittenDate, int] | None:
    """The date written in `text` from the index `at`, and the index after it."""
    for pattern in (_ISO, _NUMERIC, _DAY_MONTH, _MONTH_DAY, _SLASHED):
        if (match := pattern.match(text, at)) and (written := _written(pattern, match)):
            return written, match.end()
    return None


def month_number(name: str) -> int | None:
    """1 to 12 for a month's name or any beginning of it of three letters or more."""
    return _ordinal(name, MONTHS) or (9 if name.lower() == "sept" else None)


def weekday_number(name: str) -> int | None:
    """1 (Monday) to 7 for a weekday's name or any beginning of it of three letters or more."""
    return _ordinal(name, WEEKDAYS)


def _ordinal(name: str, names: list[str]) -> int | None:
    name = name.lower()
    if len(name) < 3:
        return None
    return next((n for n, full in enumerate(names, 1) if full.lower().startswith(name)), None)


def _written(pattern: re.Pattern[str], match: re.Match[str]) -> WrittenDate | None:
    parts = match.groupdict()
    first, order = int(parts["a"]), _ORDERS[pattern]
    if "month" in parts:
        month = month_number(parts["month"])
        if month is None:
            return None
        pair = (first, month)
    else:
        pair = (first, int(parts["b"]))
    return WrittenDate(text=match[0].strip(), pair=pair, order=order, year=_year(parts))


_ORDERS: dict[re.Pattern[str], Order] = {
    _ISO: "month-day",
    _NUMERIC: "unsaid",
    _DAY_MONTH: "day-month",
    _MONTH_DAY: "day-month",  # its pair is (day, month) too: the month has a name
    _SLASHED: "unsaid",
}


def _year(parts: dict[str, str | None]) -> int | None:
    if year := parts.get("year"):
        return int(year)
    if short := parts.get("short"):
        return int(short) + (1900 if int(short) >= 70 else 2000)
    return None


def resolve_date(
    written: WrittenDate,
    *,
    line: int,
    day_first: bool,
    previous: date | None,
    default_year: int | None,
) -> tuple[date, str]:
    """The day that is meant, and a notice, or "" where nothing had to be guessed.

    Where one order of day and month gives no day of the calendar the other is taken. A date
    without a year is the one nearest to `previous`, else it lies in `default_year`.
    Raises `Invalid`, with the line, where no order gives a day or no year can be known.
    """
    if written.year is None and previous is None and default_year is None:
        raise Invalid(
            f"line {line}: “{written.text}” has no year and no update before it has one; {HOW}"
        )
    year = written.year or (default_year if previous is None else None)
    for nth, (day, month) in enumerate(_readings(written, day_first=day_first)):
        if found := _day(day, month, year, previous):
            return found, _other_order(written, found, line) if nth else ""
    raise Invalid(f"line {line}: “{written.text}” is no day of the calendar; {HOW}")


def _readings(written: WrittenDate, *, day_first: bool) -> Iterator[tuple[int, int]]:
    """(day, month) in the order in which to try them."""
    first, second = written.pair
    if written.order == "day-month" or (written.order == "unsaid" and day_first):
        yield first, second
    else:
        yield second, first
    if written.order == "unsaid":
        yield (second, first) if day_first else (first, second)


def _day(day: int, month: int, year: int | None, previous: date | None) -> date | None:
    if year is not None:
        return _calendar(day, month, year)
    if previous is None:
        return None
    years = (previous.year - 1, previous.year, previous.year + 1)
    days = [found for one in years if (found := _calendar(day, month, one))]
    near = [found for found in days if abs(found - previous) < timedelta(days=200)]
    return min(near, key=lambda found: abs(found - previous), default=None)


def _calendar(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _other_order(written: WrittenDate, found: date, line: int) -> str:
    return (
        f"line {line}: “{written.text}” is read as {spoken(found)}, against the site's order of"
        " day and month, because the other reading is no day of the calendar."
    )


def spoken(day: date) -> str:
    """`6 December 2021`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
