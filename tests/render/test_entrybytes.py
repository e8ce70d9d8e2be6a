"""Kept bytes of entries: they spare work, and never change a byte of a feed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedstream.render import FORMATS, EntryBytes
from feedstream.render.document import Media, Person
from tests.render.documents import DOCUMENT, EMPTY, STORY, UPDATE, documents, tag


def many(count: int, length: int = 1000):
    return tuple(replace(STORY, id=tag(f"story/{n}"), content="x" * length) for n in range(count))


def counted(made: list[str]):
    """A builder that notes what it builds."""

    def build(entry):
        made.append(entry.id)
        return f"{entry.id} {entry.title}".encode()

    return build


@settings(max_examples=30)
@given(st.lists(documents, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_with_an_empty_a_warm_or_no_cache_in_any_order_the_bytes_are_the_same(chosen, random):
    alone = [(one, fmt, FORMATS[fmt].render(one)) for one in chosen for fmt in FORMATS]
    for cache in (EntryBytes(), EntryBytes(limit=2_000)):
        for _ in range(2):
            random.shuffle(alone)
            for document, fmt, expected in alone:
                assert FORMATS[fmt].render(document, cache) == expected


@settings(max_examples=30)
@given(documents)
def test_what_is_built_anew_from_equal_values_is_found(document):
    made: list[str] = []
    cache = EntryBytes()
    entries = {one.id: one for one in document.entries}.values()
    cache.render("atom", tuple(entries), counted(made))
    again = tuple(replace(one) for one in entries)
    cache.render("atom", again, counted(made))
    assert len(made) == len(again)


CHANGES = {
    str: lambda old: f"{old}x",
    int: lambda old: old + 1,
}


@pytest.mark.parametrize("field", [f.name for f in fields(STORY) if f.name not in ("id", "kind")])
def test_an_entry_that_differs_in_one_field_shares_no_bytes(field):
    cache, made = EntryBytes(), []
    old = getattr(STORY, field)
    if isinstance(old, tuple):
        new = old[1:]
    else:
        change = CHANGES.get(type(old))
        new = change(old) if change else None if field == "origin" else UPDATE.published
    assert new != old
    cache.render("atom", (STORY, replace(STORY, **{field: new})), counted(made))
    assert len(made) == 2


@pytest.mark.parametrize(
    "changed",
    [
        replace(STORY, media=(*STORY.media, Media(url="https://x.example/", type="image/png"))),
        replace(STORY, authors=(Person(name="Ada Example"), Person(name="Ben Sampel"))),
        replace(STORY, origin=replace(STORY.origin, rights="© another")),
        replace(STORY, amendments=(replace(STORY.amendments[0], text="Else."),)),
    ],
)
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_change_deep_inside_an_entry_is_seen(changed, fmt):
    cache = EntryBytes()
    FORMATS[fmt].render(DOCUMENT, cache)
    document = replace(DOCUMENT, entries=(changed, UPDATE))
    assert FORMATS[fmt].render(document, cache) == FORMATS[fmt].render(document)


def test_a_changed_entry_costs_itself_alone():
    cache, made, entries = EntryBytes(), [], many(100)
    cache.render("rss", entries, counted(made))
    made.clear()
    changed = (*entries[:40], replace(entries[40], title="New"), *entries[41:])
    rendered = cache.render("rss", changed, counted(made))
    assert made == [entries[40].id]
    assert rendered[40].endswith(b" New")
    assert len(cache) == 100


def test_slots_share_nothing():
    cache, made = EntryBytes(), []
    cache.render("rss", (STORY,), counted(made))
    cache.render("atom", (STORY,), counted(made))
    cache.render(("json", "https://a.example/"), (STORY,), counted(made))
    assert len(made) == 3


def test_it_holds_no_more_than_its_limit_and_drops_what_was_not_asked_for_longest():
    cache, made, entries = EntryBytes(limit=15_000), [], many(20)
    cache.render("rss", entries[:10], counted(made))
    cache.render("rss", entries[:1], counted(made))
    cache.render("rss", entries[10:], counted(made))
    assert cache.size <= 15_000
    assert 0 < len(cache) < 20
    made.clear()
    cache.render("rss", (entries[-1], entries[0], entries[1]), counted(made))
    assert entries[1].id in made
    assert entries[-1].id not in made


def test_one_entry_above_the_limit_is_rendered_and_not_kept():
    cache, made = EntryBytes(limit=100), []
    assert cache.render("rss", many(1), counted(made)) == cache.render("rss", many(1), counted([]))
    assert (len(cache), cache.size) == (0, 0)


def test_a_forgotten_story_is_gone_with_all_its_entries():
    cache, other = EntryBytes(), replace(STORY, id=tag("story/b"), story=tag("story/b"))
    cache.render("rss", (STORY, UPDATE, other), counted([]))
    cache.render("atom", (UPDATE,), counted([]))
    cache.forget(STORY.id)
    assert len(cache) == 1
    cache.forget(other.story)
    assert (len(cache), cache.size) == (0, 0)


def test_threads_may_share_it():
    cache = EntryBytes(limit=60_000)
    entries = many(30)
    versions = [
        tuple(replace(one, title=f"Version {version}") for one in entries) for version in range(4)
    ]
    start = threading.Barrier(8)

    def work(number: int) -> bool:
        start.wait()
        mine = versions[number % 4]
        expected = [f"{one.id} {one.title}".encode() for one in mine]
        return all(cache.render("rss", mine, counted([])) == expected for _ in range(40))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert 0 < cache.size <= 60_000


def test_threads_may_render_at_once():
    cache = EntryBytes()
    expected = {fmt: FORMATS[fmt].render(DOCUMENT) for fmt in FORMATS}
    start = threading.Barrier(4)

    def work(_: int) -> bool:
        start.wait()
        return all(
            FORMATS[fmt].render(DOCUMENT, keep) == expected[fmt]
            for _ in range(10)
            for fmt in FORMATS
            for keep in (None, cache)
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_head_is_remembered_without_its_date_which_text_cannot_be_taken_for(fmt):
    cache = EntryBytes()
    fakes = (
        "<updated>1970-01-01T00:00:00+00:00</updated>"
        "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"
        '"updated": "1970-01-01T00:00:00Z"'
    )
    document = replace(DOCUMENT, title=fakes, rights=fakes, stylesheet=f"/{fakes}")
    for day in range(3):
        later = replace(document, updated=DOCUMENT.updated + timedelta(days=day))
        raw = FORMATS[fmt].render(later, cache)
        assert raw == FORMATS[fmt].render(later)
        assert f"{9 + day:02}".encode() in raw[: raw.index(b"deleted")]
        assert seen_title(fmt, raw) == fakes
    assert cache.render("else", (), counted([])) == []


def seen_title(fmt, raw):
    if fmt == "json":
        return json.loads(raw)["title"]
    return next(etree.fromstring(raw).iter("{*}title")).text


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("field", [f.name for f in fields(DOCUMENT) if f.name != "entries"])
def test_a_head_that_differs_in_one_field_is_made_anew(field, fmt):
    cache = EntryBytes()
    FORMATS[fmt].render(DOCUMENT, cache)
    others = {"kind": "updates", "author": Person(name="Else"), "ttl": 9}
    old = getattr(DOCUMENT, field)
    new = others.get(field) or (f"{old}x" if isinstance(old, str) else getattr(EMPTY, field))
    assert new != old
    changed = replace(DOCUMENT, **{field: new})
    assert FORMATS[fmt].render(changed, cache) == FORMATS[fmt].render(changed)


def test_forgetting_a_story_forgets_the_heads_too_since_they_may_have_its_headline():
    cache = EntryBytes()
    for fmt in FORMATS:
        FORMATS[fmt].render(DOCUMENT, cache)
    assert len(cache) == 3 * 3
    cache.forget(STORY.story)
    assert (len(cache), cache.size) == (0, 0)
