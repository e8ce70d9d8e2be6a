"""Whole copy taken apart."""

from datetime import UTC, date, datetime

import pytest

from feedstream.errors import Invalid
from feedstream.rolling import parse_rolling
from feedstream.rolling.parse import MOST_CHARACTERS, MOST_LINES, MOST_NOTICES, MOST_UPDATES

# The shape of a real rolling story: a line is a paragraph, no blank lines, a header misspelt.
LINED = """\
The owners of the island ferry and its crew are preparing to talk again next week, \
the harbour master told reporters on Friday, after a month in which no boat has sailed.
“Nothing is settled,” TASS quoted her as saying. She named no place.
Everybody on the island waits.
UPDATE 06/12/2021
Harbour master names Dec. 7 as day of ferry talks
The owners & the crew meet on Tuesday, the harbour master said.
UDPATE 07/12/2021
Ferry talks begin
Both sides sat down in the town hall this morning. Nobody spoke to the waiting islanders.
“We hope to sail by Sunday,” the captain said.
UPDATE 08/12/2021
Owners, crew agree on pay, hours, boats
They talked until midnight.
The first boat sails on Thursday.
With reporting by TASS, Harbour Gazette
"""


def texts(paragraphs):
    return [paragraph.text for paragraph in paragraphs]


def test_copy_with_a_paragraph_a_line_is_one_opening_and_dated_updates():
    copy = parse_rolling(LINED)
    assert len(copy.opening) == 3
    assert [(u.dated, u.headline, len(u.paragraphs), u.line) for u in copy.updates] == [
        (date(2021, 12, 6), "Harbour master names Dec. 7 as day of ferry talks", 1, 4),
        (date(2021, 12, 7), "Ferry talks begin", 2, 7),
        (date(2021, 12, 8), "Owners, crew agree on pay, hours, boats", 2, 11),
    ]
    assert {u.headline_from for u in copy.updates} == {"text"}
    assert copy.credits == ("TASS", "Harbour Gazette")
    assert copy.offers == ()
    assert "reporting by" not in copy.updates[-1].body


def test_quotations_are_offered_where_no_credit_line_names_them():
    copy = parse_rolling(LINED.replace("TASS, Harbour", "Harbour"))
    assert [(o.name, o.line, o.phrase) for o in copy.offers] == [
        ("TASS", 2, "TASS quoted her as saying")
    ]


def test_without_a_headline_the_first_words_stand_for_it_and_a_notice_says_so():
    copy = parse_rolling(LINED)
    assert copy.headline_from == "none"
    assert copy.headline == (
        "The owners of the island ferry and its crew are preparing to talk again next week, the…"
    )
    assert len(copy.headline) <= 90
    assert any("--headline" in notice for notice in copy.notices)


def test_a_given_headline_wins_and_one_in_the_copy_gives_way_with_a_notice():
    assert parse_rolling(LINED, headline=" Ferry\n talks ").headline == "Ferry talks"
    copy = parse_rolling("Ferry waits\nNo boat sails.", headline="Ferry talks")
    assert (copy.headline, copy.headline_from) == ("Ferry talks", "option")
    assert texts(copy.opening) == ["No boat sails."]
    assert any("“Ferry waits”" in notice for notice in copy.notices)


@pytest.mark.parametrize(
    ("first", "is_one"),
    [
        ("Ferry talks to resume", True),
        ("Ferry talks: what we know", True),
        ("x" * 120, True),
        ("x" * 121, False),
        ("The ferry sails.", False),
        ("“The ferry sails.”", False),
        ("Will the ferry sail?", False),
        ("The ferry sails,", False),
        ("The ferry sails from the", False),
        ("2021", False),
    ],
)
def test_the_first_line_is_the_headline_where_it_reads_as_one(first, is_one):
    copy = parse_rolling(f"{first}\nNo boat has sailed for a month.")
    assert copy.headline_from == ("text" if is_one else "none")
    assert len(copy.opening) == (1 if is_one else 2)


def test_a_headline_alone_is_the_text():
    copy = parse_rolling("Ferry talks to resume")
    assert (copy.headline, copy.headline_from) == ("Ferry talks to resume", "none")
    assert texts(copy.opening) == ["Ferry talks to resume"]


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("It sails. All is well.", "It sails"),
        ("It sails on Dec. 7 with Mr. Moe. Good.", "It sails on Dec. 7 with Mr. Moe"),
        ("It sails to the U.S. in spring. Good.", "It sails to the U.S. in spring"),
        ("It sails to the U.S.", "It sails to the U.S."),
        ("“It sails!” Nobody cheered.", "“It sails!”"),
        ("Does it sail? Nobody knows.", "Does it sail?"),
        ("x" * 200 + ".", "x" * 89 + "…"),
        ("word " * 30 + "end.", ("word " * 17).strip() + "…"),
    ],
)
def test_first_words_are_a_sentence_or_whole_words(text, headline):
    assert parse_rolling(text).headline == headline


def test_an_update_without_a_headline_takes_its_first_words_and_says_so():
    copy = parse_rolling("Ferry\nIt waits.\nUPDATE 6 Dec 2021\nIt sails today. All are glad.")
    (update,) = copy.updates
    assert (update.headline, update.headline_from) == ("It sails today", "none")
    assert texts(update.paragraphs) == ["It sails today. All are glad."]
    assert any(notice.startswith("line 3: no line of this update") for notice in copy.notices)


def test_an_update_of_one_headline_has_no_body():
    (update,) = parse_rolling("It waits.\nUPDATE 6 Dec 2021\nFerry sails").updates
    assert (update.headline, update.headline_from, update.body) == ("Ferry sails", "text", "")


def test_what_follows_the_date_is_the_headline_or_the_first_paragraph():
    copy = parse_rolling(
        "It waits.\nUPDATE 6 Dec 2021: Ferry sails\nIt left.\n"
        "UPDATE 7 Dec 2021 – It is back.\nSafe."
    )
    assert copy.updates[0].headline == "Ferry sails"
    assert texts(copy.updates[0].paragraphs) == ["It left."]
    assert texts(copy.updates[1].paragraphs) == ["It is back.", "Safe."]


WRAPPED = """\
Ferry talks to resume

The owners of the island ferry and its crew are preparing
to talk again, the harbour master
said on Friday.

No boat has sailed for a month.
Everybody waits.

UPDATE 6 Dec 2021

The owners and the crew will meet on the mainland next
Tuesday, the harbour master said on Monday, after both
of them agreed.

UPDATE 7 Dec 2021
Talks begin
Both sides sat down in the old town hall of the island
this morning.

UPDATE 8 Dec 2021
Both sides agreed on pay and on hours
and went home.
"""


def test_lines_wrapped_by_hand_join_into_paragraphs():
    copy = parse_rolling(WRAPPED)
    assert copy.headline == "Ferry talks to resume"
    assert texts(copy.opening) == [
        "The owners of the island ferry and its crew are preparing to talk again,"
        " the harbour master said on Friday.",
        "No boat has sailed for a month. Everybody waits.",
    ]
    assert [p.line for p in copy.opening] == [3, 7]


def test_a_first_line_that_was_filled_or_goes_on_is_no_headline():
    first, second, third = parse_rolling(WRAPPED).updates
    assert first.headline_from == "none"
    assert texts(first.paragraphs)[0].startswith("The owners and the crew will meet")
    assert second.headline == "Talks begin"
    assert texts(second.paragraphs) == [
        "Both sides sat down in the old town hall of the island this morning."
    ]
    assert texts(third.paragraphs) == ["Both sides agreed on pay and on hours and went home."]


def test_blank_lines_between_paragraphs_show_that_lines_belong_together():
    copy = parse_rolling("Ferry\n\nNo boat sails.\nEverybody waits.\n\nNobody speaks.")
    assert texts(copy.opening) == ["No boat sails. Everybody waits.", "Nobody speaks."]


def test_blank_lines_around_sections_only_do_not_join_lines():
    copy = parse_rolling("Ferry\n\nOne.\nTwo.\n\n\nUPDATE 6 Dec 2021\n\nSails\n\nThree.\nFour.\n")
    assert texts(copy.opening) == ["One.", "Two."]
    assert texts(copy.updates[0].paragraphs) == ["Three.", "Four."]


def test_long_lines_are_paragraphs_whether_blank_lines_stand_between_them_or_not():
    one, two = "One " + "word " * 40 + "ends.", "Two " + "word " * 40 + "ends."
    assert texts(parse_rolling(f"Ferry\n{one}\n{two}\n\n{one}").opening) == [one, two, one]


def test_line_ends_spaces_and_invisible_signs_do_not_matter():
    plain = parse_rolling(LINED)
    assert parse_rolling(LINED.replace("\n", "\r\n")) == plain
    assert parse_rolling(LINED.replace("\n", "  \r")) == plain
    assert parse_rolling("\ufeff" + LINED.replace(" ", "\u00a0")) == plain
    assert parse_rolling(LINED.replace("UPDATE", "UP\u200bDATE\u00ad")) == plain
    assert parse_rolling(LINED.replace("the", "t\x07h\x00e\x1b")) == plain


def test_the_same_letters_composed_or_not_are_the_same():
    assert parse_rolling("Cafe\u0301\nIt opens.") == parse_rolling("Caf\u00e9\nIt opens.")


def test_joiners_stay_in_words_that_need_them():
    assert parse_rolling("نامه\u200cها\nIt opens.").headline == "نامه\u200cها"


def test_plain_text_is_escaped():
    copy = parse_rolling("Ferry\n<script>alert('x')</script> & more.")
    assert copy.body == "<p>&lt;script&gt;alert('x')&lt;/script&gt; &amp; more.</p>"


MARKDOWN = """\
# Ferry *talks* to resume

The owners **and** the crew [talk][r].

- pay
- hours

<b onclick=x>raw</b> [bad](javascript:alert(1))

---

## UPDATE 6 Dec 2021

### Day is *set*

> Not yet

```
UPDATE 7 Dec 2021
```

**UPDATE 2: 7 Dec 2021, 14:30 UTC**
**Talks begin**

Both sides sat
down.

*With reporting by [TASS](https://example.org/t)*

[r]: https://example.org/r
"""


def test_markdown_is_rendered_without_raw_html():
    copy = parse_rolling(MARKDOWN, kind="markdown")
    assert (copy.headline, copy.credits) == ("Ferry talks to resume", ("TASS",))
    assert [p.html for p in copy.opening] == [
        '<p>The owners <strong>and</strong> the crew <a href="https://example.org/r">talk</a>.</p>',
        "<ul>\n<li>pay</li>\n<li>hours</li>\n</ul>",
        "<p>&lt;b onclick=x&gt;raw&lt;/b&gt; [bad](javascript:alert(1))</p>",
    ]
    assert [(p.text, p.line) for p in copy.opening[:2]] == [
        ("The owners and the crew talk.", 3),
        ("pay hours", 5),
    ]


def test_markdown_headings_and_bold_lines_are_headlines_and_code_is_no_header():
    first, second = parse_rolling(MARKDOWN, kind="markdown").updates
    assert (first.dated, first.headline) == (date(2021, 12, 6), "Day is set")
    assert texts(first.paragraphs) == ["Not yet", "UPDATE 7 Dec 2021"]
    assert second.dated == datetime(2021, 12, 7, 14, 30, tzinfo=UTC)
    assert second.headline == "Talks begin"
    assert second.body == "<p>Both sides sat\ndown.</p>"


def test_an_underlined_headline_is_one():
    text = "Ferry sails.\n============\n\nAt noon.\n\nUPDATE 6 Dec 2021\n------\nIt is back."
    copy = parse_rolling(text, kind="markdown")
    assert (copy.headline, copy.body) == ("Ferry sails.", "<p>At noon.</p>")
    assert copy.updates[0].body == "<p>It is back.</p>"


def test_long_markdown_lines_are_paragraphs_without_blank_lines_too():
    copy = parse_rolling(LINED, kind="markdown")
    assert texts(copy.opening) == texts(parse_rolling(LINED).opening)


def test_a_markdown_block_too_long_to_read_is_plain_text_with_a_notice():
    copy = parse_rolling("Ferry\n\n" + "*a* " * 3000, kind="markdown")
    assert copy.opening[0].html.startswith("<p>*a* *a*")
    assert any("taken as plain text" in notice for notice in copy.notices)


def test_nesting_without_end_does_no_harm():
    text = "Ferry\n\n" + "> " * 4000 + "deep\n\n" + "- " * 4000 + "deep\n\n" + "[" * 9000
    copy = parse_rolling(text, kind="markdown")
    assert copy.body.count("<blockquote>") <= 20


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("One.\nUPDATE 7 Dec 2021\nTwo.\nUPDATE 6 Dec 2021\nTwo.",
         "line 4: this update of 6 December 2021 stands below one of 7 December 2021"),
        ("One.\nUPDATE 7 Dec 2021 15:00 UTC\nTwo.\nUPDATE 7 Dec 2021 14:00 UTC\nTwo.",
         "line 4: this update of 7 December 2021 stands below"),
        ("One.\nUPDATE Monday, 7 Dec 2021\nTwo.", "line 2: 7 December 2021 is a Tuesday"),
        ("One.\nUPDATE 7 Dec 2021 14:30\nTwo.", "line 2: the time “14:30” is left out"),
        ("One.\nUPDATE 12/13/2021\nTwo.", "line 2: “12/13/2021” is read as 13 December 2021"),
        ("One.\nUPDATE: it sails.\nTwo.", "line 2: this begins like the header of an update"),
        ("One.\nEditing by Jo Bloggs", "line 2: “Editing by Jo Bloggs” is left out"),
        ("UPDATE 7 Dec 2021\nTwo.", "There is no opening report"),
    ],
)  # fmt: skip
def test_what_was_guessed_or_looks_wrong_is_noticed(text, notice):
    assert any(said.startswith(notice) for said in parse_rolling(text).notices)


def test_tidy_copy_has_no_notices():
    assert (
        parse_rolling("Ferry\nIt waits.\nUPDATE Tuesday 7 Dec 2021\nBack\nIt sails.").notices == ()
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the copy has no text"),
        ("\u200b \n\t\n", "the copy has no text"),
        ("With agencies", "the copy has nothing but a credit line"),
        ("One.\nUPDATE\nTwo.", "line 2: this update has no date"),
        ("One.\n\nUPDATE 31/02/2021\nTwo.", "line 3: “31/02/2021” is no day of the calendar"),
        ("One.\nUPDATE 7 Dec\nTwo.", "line 2: “7 Dec” has no year"),
        ("One.\nUPDATE 7 Dec 2021\n\nUPDATE 8 Dec 2021\nTwo.",
         "line 2: the update of 7 December 2021 has no text"),
        ("One.\nUPDATE 7 Dec 2021\nWith agencies", "line 2: the update of 7 December 2021 has no"),
        ("One.\nUPDATE 7 Dec 2021 25:00 UTC\nTwo.", "line 2: “25:00 UTC” is no time of day"),
        ("x" * (MOST_CHARACTERS + 1), "the copy has more than"),
        ("x\n" * (MOST_LINES + 1), "the copy has more than"),
        ("UPDATE 7/12/2021\nText.\n" * 49_000, f"line {2 * MOST_UPDATES + 1}: more than"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_import_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(Invalid) as refusal:
        parse_rolling(text)
    assert refusal.value.sentence.startswith(sentence)
    assert "\n" not in refusal.value.sentence


def test_one_endless_line_is_one_paragraph():
    copy = parse_rolling("told " * (MOST_CHARACTERS // 5))
    assert (len(copy.opening), len(copy.headline) <= 90) == (1, True)


def test_a_pile_of_combining_marks_is_left_as_it_is():
    pile = "A" + "\u0301\u0323" * 100_000
    (paragraph,) = parse_rolling(f"Ferry\n{pile}.").opening
    assert len(paragraph.text) == len(pile) + 1


def test_a_flood_of_notices_is_cut():
    notices = parse_rolling("One.\n" + "UPDATE: two.\n" * 500).notices
    assert len(notices) == MOST_NOTICES + 1
    assert notices[-1].startswith("And 4")


def test_dates_without_a_year_follow_the_updates_before_them():
    text = "One.\nUPDATE Dec. 30\nA.\nUPDATE Dec. 31\nB.\nUPDATE Jan. 1\nC."
    assert [u.dated for u in parse_rolling(text, default_year=2021).updates] == [
        date(2021, 12, 30),
        date(2021, 12, 31),
        date(2022, 1, 1),
    ]


def test_the_sites_order_of_day_and_month_is_followed():
    (update,) = parse_rolling("One.\nUPDATE 06/12/2021\nA.", day_first=False).updates
    assert update.dated == date(2021, 6, 12)


def test_credit_lines_of_all_sections_come_together_in_order():
    text = "One.\nWith reporting by AFP\n\nUPDATE 6 Dec 2021\nTwo.\nWith reporting by dpa and AFP"
    copy = parse_rolling(text)
    assert copy.credits == ("AFP", "dpa")
    assert texts(copy.opening) == ["One."]
