"""Dates and times as newsrooms write them."""

from datetime import UTC, date, datetime

import pytest

from feedstream.errors import Invalid
from feedstream.rolling.dates import resolve_date, scan_date
from feedstream.rolling.times import on_day, scan_time

SIXTH = date(2021, 12, 6)


def meant(text, *, day_first=True, previous=None, default_year=None):
    found = scan_date(text, 0)
    assert found is not None, text
    return resolve_date(
        found[0], line=14, day_first=day_first, previous=previous, default_year=default_year
    )


@pytest.mark.parametrize(
    "text",
    [
        "06/12/2021", "6/12/21", "6.12.2021", "6. 12. 2021", "06-12-2021", "2021-12-06",
        "2021/12/06", "6 Dec 2021", "6 DEC. 2021", "6-Dec-2021", "6 December 2021",
        "6th December, 2021", "6th of December 2021", "December 6, 2021", "Dec. 6 2021",
        "December 6th, 2021", "dec 6 ’21",
    ],
)  # fmt: skip
def test_every_usual_way_to_write_a_date_is_read(text):
    assert meant(text) == (SIXTH, "")


def test_the_sites_order_decides_only_between_two_possible_days():
    assert meant("06/12/2021", day_first=False) == (date(2021, 6, 12), "")
    assert meant("2021-06-12", day_first=False) == (date(2021, 6, 12), "")
    assert meant("6 Dec 2021", day_first=False) == (SIXTH, "")


def test_an_order_that_gives_no_day_yields_to_the_other_with_a_notice():
    day, notice = meant("06/13/2021", day_first=True)
    assert day == date(2021, 6, 13)
    assert notice.startswith("line 14: “06/13/2021” is read as 13 June 2021")
    assert meant("13/06/2021", day_first=False)[0] == date(2021, 6, 13)


@pytest.mark.parametrize(
    "text", ["31/02/2021", "13/13/2021", "0/1/2021", "30 Feb 2021", "2021-02-30"]
)
@pytest.mark.parametrize("day_first", [True, False])
def test_a_day_that_no_calendar_has_is_refused_with_its_line(text, day_first):
    with pytest.raises(Invalid) as refusal:
        meant(text, day_first=day_first)
    assert refusal.value.sentence.startswith(f"line 14: “{text}” is no day of the calendar; write")


def test_a_date_without_a_year_is_the_one_nearest_to_the_update_before():
    assert meant("Dec. 7", previous=SIXTH)[0] == date(2021, 12, 7)
    assert meant("2 January", previous=date(2021, 12, 31))[0] == date(2022, 1, 2)
    assert meant("Dec. 31", previous=date(2022, 1, 2))[0] == date(2021, 12, 31)
    assert meant("07/12", previous=SIXTH)[0] == date(2021, 12, 7)
    assert meant("Dec. 7", previous=SIXTH, default_year=1999)[0] == date(2021, 12, 7)


def test_without_an_update_before_it_the_given_year_is_taken_or_the_date_refused():
    assert meant("Dec. 6", default_year=2021)[0] == SIXTH
    with pytest.raises(Invalid, match=r"^line 14: “Dec. 6” has no year"):
        meant("Dec. 6")


def test_the_29th_of_february_needs_a_leap_year_near():
    assert meant("29 Feb", previous=date(2024, 3, 1))[0] == date(2024, 2, 29)
    with pytest.raises(Invalid, match="no day of the calendar"):
        meant("29 Feb", previous=SIXTH)


def test_an_hour_after_a_month_and_day_is_not_taken_for_a_year():
    for text in ("Dec. 7 14:30", "7 Dec 14.30", "7 Dec 02 pm"):
        found = scan_date(text, 0)
        assert found is not None
        assert found[0].year is None


@pytest.mark.parametrize("text", ["", "soon", "6 Foo 2021", "6", "12345", "6/12/0021", "6/12-2021"])
def test_what_is_no_date_is_none(text):
    assert scan_date(text, 0) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("14:30 UTC", (14, 30)),
        ("14:30Z", (14, 30)),
        ("2.30 pm GMT", (14, 30)),
        ("2:30 p.m. UTC", (14, 30)),
        ("2 PM utc", (14, 0)),
        ("12 am UTC", (0, 0)),
        ("12 pm UTC", (12, 0)),
        ("1430GMT", (14, 30)),
        ("14:30:59 +03:00", (11, 30)),
        ("14:30 UTC+3", (11, 30)),
        ("14:30 -0530", (20, 0)),
    ],
)
def test_a_time_with_a_known_zone_is_an_instant(text, instant):
    found = scan_time(text, 0)
    assert found is not None
    assert found[1] == len(text)
    when, notice = on_day(found[0], SIXTH, line=3)
    assert (when, notice) == (datetime(2021, 12, 6, *instant, tzinfo=UTC), "")
    assert isinstance(when, datetime)
    assert when.tzinfo is UTC


def test_an_offset_may_lead_to_another_day():
    found = scan_time("01:30 +03:00", 0)
    assert found is not None
    assert on_day(found[0], SIXTH, line=3)[0] == datetime(2021, 12, 5, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("14:30", "it has no zone"),
        ("14:30 CET", "the zone “CET” is not known"),
        ("14:30 Moscow time", "the zone “Moscow time” is not known"),
    ],
)
def test_a_time_without_a_known_zone_leaves_the_date_alone_and_says_so(text, why):
    found = scan_time(text, 0)
    assert found is not None
    when, notice = on_day(found[0], SIXTH, line=3)
    assert when == SIXTH
    assert not isinstance(when, datetime)
    assert notice.startswith(f"line 3: the time “{text}” is left out because {why}")


@pytest.mark.parametrize(
    "text", ["24:00 UTC", "14:60 UTC", "13 pm UTC", "0 am UTC", "14:30 +15:00"]
)
def test_a_time_that_no_clock_shows_is_refused_with_its_line(text):
    found = scan_time(text, 0)
    assert found is not None
    with pytest.raises(Invalid, match=r"^line 3: .* is no time of day"):
        on_day(found[0], SIXTH, line=3)


@pytest.mark.parametrize("text", ["", "14", "14 killed", "1430", "x"])
def test_what_is_no_time_is_none(text):
    assert scan_time(text, 0) is None
