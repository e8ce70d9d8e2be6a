"""Times of day as newsrooms write them: 14:30 UTC, 2.30 pm GMT, 1430GMT, 14:30 +03:00."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from feedstream.domain.when import When
from feedstream.errors import Invalid

_TIME = re.compile(
    r"(?:(?P<h>\d{1,2})(?:[:.h](?P<m>\d{2})(?::\d{2})?)?(?!\d)\s?(?P<half>[ap]\.?m\b\.?)?"
    r"|(?P<hh>\d{2})(?P<mm>\d{2})(?=\s?(?:UTC|GMT|Z)\b))",
    re.I,
)
_ZONE = re.compile(
    r"\s?(?P<name>\(?(?:UTC|GMT|Z)\b\)?)?\s?(?:(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?(?!\w))?",
    re.I,
)
_OTHER_ZONE = re.compile(r"\s?\(?(?P<zone>[A-Z]{2,5}\b|(?:[A-Za-z]{2,15}\s){1,2}time\b)\)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTime:
    """A time as written. `offset` is in minutes east of UTC, `None` where it cannot be known;
    `zone` names a zone that we do not read."""

    text: str
    hour: int
    minute: int
    offset: int | None
    zone: str = ""


def scan_time(text: str, at: int) -> tuple[WrittenTime, int] | None:
    """The time written in `text` from the index `at`, and the index after it and its zone.

    Hours and minutes may still be impossible ones: `on_day` says so.
    """
    match = _TIME.match(text, at)
    if not match or not (match["m"] or match["half"] or match["mm"]):
        return None
    offset, zone, end = _scan_zone(text, match.end())
    hour, minute = _hour(match), int(match["m"] or match["mm"] or 0)
    written = text[at:end].strip()
    return WrittenTime(text=written, hour=hour, minute=minute, offset=offset, zone=zone), end


def _hour(match: re.Match[str]) -> int:
    hour, half = int(match["h"] or match["hh"]), (match["half"] or "").lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return 99
    return hour % 12 + (12 if half.startswith("p") else 0)


def _scan_zone(text: str, at: int) -> tuple[int | None, str, int]:
    match = _ZONE.match(text, at)
    if match and (match["name"] or match["sign"]):
        size = int(match["h"] or 0) * 60 + int(match["m"] or 0)
        return (-size if match["sign"] == "-" else size), "", match.end()
    if other := _OTHER_ZONE.match(text, at):
        return None, other["zone"], other.end()
    return None, "", at


def on_day(written: WrittenTime, day: date, *, line: int) -> tuple[When, str]:
    """The instant of that time on `day` and "", or `day` itself and a notice without a known zone.

    Raises `Invalid`, with the line, for a time or an offset that does not exist.
    """
    if written.hour > 23 or written.minute > 59 or abs(written.offset or 0) > 14 * 60:
        raise Invalid(f"line {line}: “{written.text}” is no time of day; write it as 14:30 UTC")
    if written.offset is None:
        return day, _without_zone(written, line)
    zone = timezone(timedelta(minutes=written.offset))
    local = datetime.combine(day, time(written.hour, written.minute), tzinfo=zone)
    return local.astimezone(UTC), ""


def _without_zone(written: WrittenTime, line: int) -> str:
    why = f"the zone “{written.zone}” is not known here" if written.zone else "it has no zone"
    return (
        f"line {line}: the time “{written.text}” is left out because {why};"
        " write 14:30 UTC or 14:30 +03:00 to keep it."
    )
