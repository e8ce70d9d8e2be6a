"""Laws of rolling copy, for any copy of its shape."""

import re
import string
from dataclasses import dataclass
from datetime import date
from itertools import chain, product

from hypothesis import assume, given
from hypothesis import strategies as st

from feedstream.errors import Invalid
from feedstream.rolling import parse_rolling
from feedstream.rolling.headers import read_header

TEXT = "Boat Crew Harbour storm water under seven quiet lamps gather & <b> “so” naïve 7 café"
WORDS = TEXT.split()
PARTNERS = ["TASS", "Foreign Policy", "AFP", "Anna de Vries", "dpa", "Harbour Gazette"]

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
headlines = words.map(lambda text: f"Ferry {text} sails")
paragraphs = words.map(lambda text: f"The {text} ended.")
bodies = st.lists(paragraphs, min_size=1, max_size=4)
days = st.dates(date(1970, 1, 1), date(2069, 12, 31))
FORMS = [
    "{d:%d/%m/%Y}", "{d:%d.%m.%Y}", "{d:%d-%m-%y}", "{d.day} {d:%b} {d.year}", "{d:%Y-%m-%d}",
    "{d:%B} {d.day}, {d.year}", "{d:%A} {d.day} {d:%B} {d.year}",
]  # fmt: skip
WORD_FORMS = ["UPDATE", "Update:", "UDPATE", "updtae -", "**UPDATE", "## UPDATE", "UPDATE #3"]


@dataclass(frozen=True)
class Part:
    """An update as parts: what the parser should give back."""

    day: date
    header: str
    headline: str
    body: list[str]

    def written(self, gap):
        return gap.join([self.header, self.headline, *self.body])


@st.composite
def parts(draw):
    day = draw(days)
    word, form = draw(st.sampled_from(list(product(WORD_FORMS, FORMS))))
    return Part(day, f"{word} {form.format(d=day)}", draw(headlines), draw(bodies))


gaps = st.sampled_from(["\n", "\n\n", "\r\n", " \n\n\n"])
credited = st.lists(st.sampled_from(PARTNERS), max_size=4, unique=True)


def credit_line(names):
    *most, last = names
    return "With reporting by " + (f"{', '.join(most)} and {last}" if most else last)


def written(headline, body, updates, names, gap):
    sections = [headline, *body], *([part.written(gap)] for part in updates)
    return gap.join([*chain(*sections), *([credit_line(names)] if names else [])])


@given(headlines, bodies, st.lists(parts(), max_size=4), credited, gaps)
def test_copy_built_from_parts_gives_the_parts_back(headline, body, updates, names, gap):
    copy = parse_rolling(written(headline, body, updates, names, gap))
    assert (copy.headline, copy.headline_from) == (headline, "text")
    assert [p.text for p in copy.opening] == body
    assert [(u.dated, u.headline, [p.text for p in u.paragraphs]) for u in copy.updates] == [
        (part.day, part.headline, part.body) for part in updates
    ]
    assert copy.credits == tuple(names)


stories = st.tuples(headlines, bodies, st.lists(parts(), max_size=3), credited, gaps)


@given(stories, parts(), gaps)
def test_an_update_added_at_the_end_leaves_all_before_it_equal(story, new, new_gap):
    text = written(*story)
    before = parse_rolling(text)
    after = parse_rolling(f"{text}\n{new.written(new_gap)}")
    assert (after.headline, after.opening) == (before.headline, before.opening)
    assert after.updates[:-1] == before.updates
    assert after.credits == before.credits
    assert after.updates[-1].headline == new.headline


loose = st.text(alphabet=st.sampled_from(string.printable + "“”–—é\u00a0\u200b\u2028"), max_size=60)
lines = st.one_of(loose, words, paragraphs, headlines, st.sampled_from(WORD_FORMS), st.just(""))


def read(text, kind):
    """The copy, or the sentence that refuses it."""
    try:
        return parse_rolling(text, kind=kind)
    except Invalid as refusal:
        return refusal.sentence


@given(st.lists(lines, max_size=12).map("\n".join), st.sampled_from(["plain", "markdown"]))
def test_any_text_is_read_or_refused_in_one_sentence(text, kind):
    copy = read(text, kind)
    if isinstance(copy, str):
        assert "\n" not in copy
        return
    assert copy.headline
    assert all(update.headline for update in copy.updates)
    assert "<script" not in copy.body


@given(st.lists(lines, max_size=10).map("\n".join), parts(), st.sampled_from(["plain", "markdown"]))
def test_an_update_added_to_any_text_leaves_its_opening_equal(text, new, kind):
    assume(kind == "plain" or not re.search(r"```|~~~|\]:", text))  # these reach past a section
    before = read(text, kind)
    assume(not isinstance(before, str))
    after = parse_rolling(f"{text}\n{new.written(chr(10))}", kind=kind)
    assert after.opening == before.opening
    assert after.updates[: len(before.updates)] == before.updates


@given(st.text(max_size=80))
def test_a_header_read_twice_is_the_same(text):
    try:
        first = read_header(text, line=1)
    except Invalid:
        return
    assert read_header(text, line=1) == first


@given(paragraphs, st.text(alphabet="<>&\"'ab", min_size=1, max_size=30))
def test_plain_html_has_no_mark_up_but_its_own(paragraph, text):
    copy = parse_rolling(f"Ferry\n{paragraph} {text}.")
    assert copy.body.startswith("<p>")
    assert re.findall(r"<[^>]*>", copy.body) == ["<p>", "</p>"]
