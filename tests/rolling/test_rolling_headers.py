"""Which lines are headers of updates."""

import pytest

from feedstream.errors import Invalid
from feedstream.rolling.headers import is_doubtful, read_header


def header(text):
    return read_header(text, line=9)


@pytest.mark.parametrize(
    "word",
    ["UPDATE", "update", "Update", "UDPATE", "UPDAET", "UPDTE", "UPATE", "UPDDATE", "UPDARE",
     "UPDATED", "UPDATES", "UDPATED", "PUDATE"],
)  # fmt: skip
def test_the_word_may_be_in_any_case_and_misspelt_by_one_slip(word):
    found = header(f"{word} 06/12/2021")
    assert found is not None
    assert found.written.pair == (6, 12)


@pytest.mark.parametrize("word", ["DATE", "UPLOAD", "UPD", "OUTDATED", "UP", "DATED", "UPDATING"])
def test_another_word_is_no_header(word):
    assert header(f"{word} 06/12/2021") is None


@pytest.mark.parametrize(
    "line",
    [
        "UPDATE: 6 Dec 2021",
        "UPDATE - 6 Dec 2021",
        "UPDATE – 6 Dec 2021 –",
        "UPDATE, 6 Dec 2021.",
        "UPDATE (6 Dec 2021)",
        "UPDATE #2 6 Dec 2021",
        "UPDATE 2: 6 Dec 2021",
        "UPDATE 2 6 Dec 2021",
        "UPDATE No. 2 - 06/12/2021",
        "UPDATE 2 (06–12–2021)",
        "UPDATE Monday 6 Dec 2021",
        "UPDATE on Monday, December 6th, 2021",
        "UPDATE 6 Dec 2021 (Monday)",
        "**UPDATE 06/12/2021**",
        "## UPDATE 6 Dec 2021",
        "### **UPDATE** 6 Dec 2021 ###",
        "__Update:__ 2021-12-06",
        "\u200dUPDATE\u200e 6 Dec 2021",
    ],
)
def test_number_weekday_marks_and_signs_may_stand_around_the_date(line):
    found = header(line)
    assert found is not None
    assert (sorted(found.written.pair), found.written.year) == ([6, 12], 2021)
    assert found.rest == ""
    assert found.weekday in (None, 1)


def test_a_number_before_a_month_is_its_day():
    found = header("UPDATE 2 December 2021")
    assert found is not None
    assert found.written.pair == (2, 12)


@pytest.mark.parametrize(
    ("line", "hour", "minute", "offset"),
    [
        ("UPDATE 6 Dec 2021 14:30 UTC", 14, 30, 0),
        ("UPDATE 6 Dec 2021, 2.30 pm GMT", 14, 30, 0),
        ("UPDATE 14:30 GMT, 6 Dec 2021", 14, 30, 0),
        ("UPDATE 2021-12-06T14:30:00Z", 14, 30, 0),
        ("UPDATE 2021-12-06 at 14:30 +03:00", 14, 30, 180),
        ("UPDATE Dec. 6 14:30", 14, 30, None),
    ],
)
def test_a_time_may_stand_before_or_after_the_date(line, hour, minute, offset):
    found = header(line)
    assert found is not None
    assert found.time is not None
    assert (found.time.hour, found.time.minute, found.time.offset) == (hour, minute, offset)


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("UPDATE 6 Dec 2021: Ferry sails again", "Ferry sails again"),
        ("UPDATE 06/12/2021 – Ferry sails again", "Ferry sails again"),
        ("UPDATE 06/12/2021 -- Ferry sails – at last", "Ferry sails – at last"),
        ("**UPDATE 6 Dec 2021: Ferry sails again**", "Ferry sails again"),
        ("UPDATE 6 Dec 2021 14:30 UTC — Ferry sails again", "Ferry sails again"),
        ("UPDATE 6 Dec 2021 – 14 people rescued", "14 people rescued"),
        ("UPDATE 6 Dec 2021 – 10.50 euros a ticket", "10.50 euros a ticket"),
        ("UPDATE 6 Dec 2021: 2020–2021 “season” ends", "2020–2021 “season” ends"),
    ],
)
def test_a_headline_may_follow_a_dash_or_colon(line, rest):
    found = header(line)
    assert found is not None
    assert found.rest == rest


def test_what_follows_may_be_longer_than_any_headline():
    text = "word " * 1000
    found = header(f"UPDATE 6 Dec 2021: {text}")
    assert found is not None
    assert found.rest == text.strip()


@pytest.mark.parametrize(
    "line",
    [
        "Update your calendars for 6 December.",
        "Updates on 6 December were scarce.",
        "Updates of 6 December, which came late, were short.",
        "Update 6 of the handbook appeared in December.",
        "UPDATE NEEDED",
        "Update: the ferry sails.",
        "The UPDATE 06/12/2021",
        "Updated by hand",
        "UPDATE's 6 Dec 2021",
        "",
        "   ",
    ],
)
def test_prose_is_no_header(line):
    assert header(line) is None


@pytest.mark.parametrize(
    "line",
    ["UPDATE", "Update:", "**update**", "## UPDATE", "UPDATE #2", "UPDATE 2:", "UPDATE 14:30 GMT"],
)
def test_the_bare_word_is_refused_with_its_line_and_how_to_mend_it(line):
    with pytest.raises(Invalid, match=r"^line 9: this update has no date; .* UPDATE 6 Dec 2021"):
        header(line)


@pytest.mark.parametrize(
    "line",
    ["UPDATE 06/12/2021 Ferry sails", "UPDATE 6 Decmber 2021", "UPDATE 6/12/0021", "UPDATE MONDAY"],
)
def test_a_short_line_that_can_only_be_a_broken_header_is_refused(line):
    with pytest.raises(Invalid, match=r"^line 9: .* looks like the header of an update"):
        header(line)


@pytest.mark.parametrize(
    ("line", "doubtful"),
    [
        ("UPDATE: the ferry sails again", True),
        ("Update 6 December 2021 the ferry sails again", True),
        ("Update: the ferry sails again", False),
        ("UPDATE 6 Dec 2021: Ferry sails", False),
        ("The ferry sails", False),
    ],
)
def test_what_begins_as_a_header_and_is_none_is_noticed(line, doubtful):
    assert is_doubtful(line, line=9) is doubtful
