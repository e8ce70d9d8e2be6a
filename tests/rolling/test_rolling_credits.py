"""Credit lines, and partners that the text quotes."""

import pytest

from feedstream.rolling.credits import read_credits, take_credits, unique
from feedstream.rolling.lines import clean_lines
from feedstream.rolling.offers import offers_of
from feedstream.rolling.values import CreditOffer, Paragraph


def names(text):
    said = read_credits(text, line=1)
    return said.names if said else None


@pytest.mark.parametrize(
    ("text", "credited"),
    [
        ("With reporting by TASS, Foreign Policy", ("TASS", "Foreign Policy")),
        ("With reporting by A, B and C", ("A", "B", "C")),
        ("With reporting by AFP, Reuters, and dpa.", ("AFP", "Reuters", "dpa")),
        ("With reporting by AFP and AFP, afp", ("AFP",)),
        ("with additional reporting by Reuters & AP", ("Reuters", "AP")),
        ("Additional reporting by Anna de Vries in Oslo", ("Anna de Vries",)),
        ("(With inputs from ANI and PTI)", ("ANI", "PTI")),
        ("*With files from the Canadian Press*", ("the Canadian Press",)),
        ("— Reporting by Jane Roe in Paris and John Doe in Rome —", ("Jane Roe", "John Doe")),
        ("With agencies", ("agencies",)),
        ("With agencies, Reuters", ("agencies", "Reuters")),
        ("With reporting by [AFP](https://example.org/a) and **dpa**", ("AFP", "dpa")),
        ("Interfax and RIA Novosti contributed to this report.", ("Interfax", "RIA Novosti")),
    ],
)
def test_a_credit_line_gives_its_names(text, credited):
    assert names(text) == credited


@pytest.mark.parametrize(
    "text",
    [
        "Reporting by journalists was restricted, the union said.",
        "With reporting by Reuters came the first pictures of the ferry.",
        "Information from the harbour was scarce.",
        "With the ferry, everything changed.",
        "Reporting by",
        "With reporting by " + "A, " * 300 + "B",
        "***",
        "",
    ],
)
def test_prose_is_no_credit_line(text):
    assert names(text) is None


def test_those_who_edit_or_write_are_left_out_and_named():
    said = read_credits("Reporting by Jane Roe; Writing by Max Moe; Editing by Jo Bloggs", line=7)
    assert said is not None
    assert said.names == ("Jane Roe",)
    assert said.left_out == ((7, "Writing by Max Moe"), (7, "Editing by Jo Bloggs"))


def test_sentences_of_a_credit_line_are_told_apart():
    said = read_credits("Reporting by Jane Roe. Editing by Jo Bloggs.", line=7)
    assert said is not None
    assert said.names == ("Jane Roe",)


def taken(text):
    said, rest = take_credits(clean_lines(text, "plain"))
    return said.names, [line.text for line in rest]


def test_credit_lines_leave_the_end_of_the_text():
    text = "One.\nTwo.\n\nWith reporting by AFP\nAdditional reporting by dpa\n\n"
    assert taken(text) == (("AFP", "dpa"), ["One.", "Two."])


def test_a_credit_line_may_be_wrapped_and_followed_by_an_end_mark():
    assert taken("One.\n\nWith reporting by AFP,\nReuters and dpa\n\n###\n") == (
        ("AFP", "Reuters", "dpa"),
        ["One."],
    )
    assert taken("One.\nWith reporting by AFP;\nediting by Jo Bloggs\n-30-")[0] == ("AFP",)


def test_a_credit_line_in_the_middle_is_text():
    assert taken("One.\nWith reporting by AFP\nTwo.")[1] == [
        "One.",
        "With reporting by AFP",
        "Two.",
    ]


def test_a_name_keeps_its_first_place_and_spelling():
    assert unique(["TASS", "AFP", "Tass", "afp"]) == ("TASS", "AFP")


def offers(*texts, credits=()):
    paragraphs = [Paragraph(text=text, html="", line=n) for n, text in enumerate(texts, 1)]
    return offers_of(paragraphs, credits)


@pytest.mark.parametrize(
    ("text", "name", "phrase"),
    [
        ("“Not yet,” TASS quoted him as saying.", "TASS", "TASS quoted him as saying"),
        ("The captain told Reuters that he was glad.", "Reuters", "The captain told Reuters"),
        ("It sank, according to AFP.", "AFP", "according to AFP"),
        ("Reuters reported a delay.", "Reuters", "Reuters reported a delay"),
        ("The Reuters news agency has reported it.", "Reuters",
         "The Reuters news agency has reported it"),
        ("He told the Russian news agency Interfax so.", "Interfax",
         "He told the Russian news agency Interfax"),
        ("She told The Guardian so.", "The Guardian", "She told The Guardian"),
        ("According to the Guardian it sank.", "The Guardian", "According to the Guardian"),
        ("As the Harbour Gazette reported, it sank.", "Harbour Gazette",
         "the Harbour Gazette reported"),
        ("Quoted by the Associated Press, he agreed.", "AP", "Quoted by the Associated Press"),
    ],
)  # fmt: skip
def test_a_wire_quotation_is_offered_with_its_phrase(text, name, phrase):
    assert offers(text) == (CreditOffer(name=name, line=1, phrase=phrase),)


@pytest.mark.parametrize(
    "text",
    [
        "The captain told journalists so.",
        "According to the captain’s secretary, it sank.",
        "According to the Times’s rival it sank.",
        "The mate quoted the captain as saying so.",
        "He told Anna so.",
        "Nobody reported it.",
        "The harbour master reported to NATO.",
    ],
)
def test_people_and_offices_are_not_offered(text):
    assert offers(text) == ()


def test_each_partner_is_offered_once_and_not_when_credited():
    texts = ("AFP reported it.", "He told AFP so.", "Tass reported it. He told Reuters so.")
    assert [(o.name, o.line) for o in offers(*texts, credits=("TASS",))] == [
        ("AFP", 1),
        ("Reuters", 3),
    ]
    assert offers("AP reported it.", credits=("Associated Press",)) == ()


def test_offers_stand_in_the_order_of_the_text():
    assert [o.name for o in offers("He told dpa so. AFP reported it. He told EFE so.")] == [
        "dpa", "AFP", "EFE",
    ]  # fmt: skip
