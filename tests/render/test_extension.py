"""The documented extension: what feeds say in it is what its grammar and its schema allow."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from lxml import etree

from feedstream.domain.feed import FeedKind
from feedstream.render import FORMATS, build_document, render_atom, render_json, render_rss
from feedstream.render import jsonmodels as models
from feedstream.render.document import Amendment, EntryKind
from feedstream.render.elements import EXTENSION
from tests.render.documents import (
    ALL,
    CLARIFICATION,
    CORRECTION,
    DOCUMENT,
    REINSTATEMENT,
    STORY,
    documents,
)
from tests.render.sample import FEEDS, SITE, articles_for

DOCS = Path(__file__).parents[2] / "docs"
GRAMMAR = etree.RelaxNG(etree.parse(DOCS / "schemas" / "feedstream.rng"))
SCHEMA = json.loads((DOCS / "schemas" / "feedstream.schema.json").read_text())
JSON_FEED = json.loads((Path(__file__).parent / "jsonfeed-1.1.schema.json").read_text())
DATES = Draft202012Validator.FORMAT_CHECKER
EXTENDED = Draft202012Validator(SCHEMA, format_checker=DATES)
STANDARD = Draft202012Validator(JSON_FEED, format_checker=DATES)
FS = f"{{{EXTENSION}}}"
SAMPLE = [build_document(feed, articles_for(feed), SITE) for feed in FEEDS]


@pytest.mark.parametrize("document", [*ALL, *SAMPLE], ids=lambda one: one.address)
@pytest.mark.parametrize("render", [render_atom, render_rss])
def test_atom_and_rss_keep_to_the_grammar(render, document):
    GRAMMAR.assertValid(etree.fromstring(render(document)))


@pytest.mark.parametrize("document", [*ALL, *SAMPLE], ids=lambda one: one.address)
def test_json_keeps_to_both_schemas(document):
    feed = json.loads(render_json(document))
    STANDARD.validate(feed)
    EXTENDED.validate(feed)


BROKEN = [
    ("<fs:kind>story</fs:kind>", "<fs:kind>essay</fs:kind>"),
    ("<fs:revision>7</fs:revision>", "<fs:revision>0</fs:revision>"),
    ("<fs:why>A misread timetable.</fs:why>", ""),
    ('date="2021-12-09"', 'date="yesterday"'),
    ("<fs:kind>update</fs:kind>", ""),
    ("<generator>feedstream</generator>", "<fs:kind>story</fs:kind>"),
]


@pytest.mark.parametrize(("right", "wrong"), BROKEN)
@pytest.mark.parametrize("render", [render_atom, render_rss])
def test_the_grammar_can_fail(render, right, wrong):
    text = render(DOCUMENT).decode()
    assert right in text
    assert not GRAMMAR.validate(etree.fromstring(text.replace(right, wrong).encode()))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"kind": "stories"', '"kind": "essays"'),
        ('"legal": true', '"legal": false'),
        ('"why": "A misread timetable."', '"because": "A misread timetable."'),
        ('"when": "2021-12-06T09:30:00Z"', '"when": "yesterday"'),
        ('"revision": 7', '"revision": 0'),
    ],
)
def test_the_schema_can_fail(right, wrong):
    text = render_json(DOCUMENT).decode()
    assert right in text
    assert not EXTENDED.is_valid(json.loads(text.replace(right, wrong)))


def test_the_three_formats_say_the_same():
    def told(node):
        words = {f"{FS}{name}": name for name in ("was", "now", "why", "text")}
        kind = node.tag.removeprefix(FS)
        return {"kind": kind, **node.attrib, **{words[one.tag]: one.text for one in node}}

    items = json.loads(render_json(DOCUMENT))["items"]
    for render, path in (
        (render_atom, "{http://www.w3.org/2005/Atom}entry"),
        (render_rss, "*/item"),
    ):
        for node, item in zip(etree.fromstring(render(DOCUMENT)).findall(path), items, strict=True):
            own = item["_feedstream"]
            assert node.find(f"{FS}kind").text == own["kind"]
            assert node.find(f"{FS}story").text == own["story"]
            assert node.find(f"{FS}story").get("href") == own["story_url"]
            assert node.findtext(f"{FS}revision") == (
                str(own["revision"]) if "revision" in own else None
            )
            amended = [told(one) for one in node if one.get("date")]
            assert amended == own.get("amendments", [])


@pytest.mark.parametrize(
    ("definition", "model"),
    [
        ("feed", models.FeedExtension),
        ("history", models.Neighbours),
        ("deletion", models.Deletion),
        ("item", models.ItemExtension),
        ("amendment", models.Change),
        ("credit", models.Author),
        ("source", models.Source),
    ],
)
def test_the_schema_names_exactly_what_the_models_have(definition, model):
    assert set(SCHEMA["$defs"][definition]["properties"]) == set(model.model_fields)
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert set(SCHEMA["$defs"][definition]["required"]) == required


def test_every_kind_of_entry_and_feed_is_in_schema_grammar_and_text():
    kinds = set(get_args(EntryKind))
    rng = {"r": "http://relaxng.org/ns/structure/1.0"}
    grammar = etree.parse(DOCS / "schemas" / "feedstream.rng")
    named = grammar.findall("r:define[@name='kind']//r:value", rng)
    assert {one.text for one in named} == kinds
    assert set(SCHEMA["$defs"]["item"]["properties"]["kind"]["enum"]) == kinds
    assert set(SCHEMA["$defs"]["feed"]["properties"]["kind"]["enum"]) == set(get_args(FeedKind))
    text = (DOCS / "feedstream-extension.md").read_text()
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []


@settings(max_examples=30)
@given(documents)
def test_whatever_an_entry_says_its_json_is_what_the_models_write_whole(document):
    raw = render_json(document)
    feed = models.Feed.model_validate_json(raw)
    assert feed.model_dump_json(exclude_none=True, indent=1).encode() + b"\n" == raw


@settings(max_examples=30)
@given(documents)
def test_amendments_with_words_keep_to_grammar_and_schema(document):
    said = (REINSTATEMENT, CORRECTION, CLARIFICATION)
    amended = (replace(one, amendments=said if one.amendments else ()) for one in document.entries)
    document = replace(document, entries=tuple(amended))
    GRAMMAR.assertValid(etree.fromstring(render_atom(document)))
    GRAMMAR.assertValid(etree.fromstring(render_rss(document)))
    EXTENDED.validate(json.loads(FORMATS["json"].render(document)))


def test_words_of_people_stay_words():
    nasty = Amendment(**{**_fields(CORRECTION), "was": "</fs:was><script>", "why": "]]>&amp;"})
    document = replace(DOCUMENT, entries=(replace(STORY, amendments=(nasty,)),))
    for render in (render_atom, render_rss):
        root = etree.fromstring(render(document))
        assert next(root.iter(f"{FS}was")).text == "</fs:was><script>"
        assert next(root.iter(f"{FS}why")).text == "]]>&amp;"


def _fields(one):
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
