"""Every file of the sample, and of random histories, against the grammar of its format."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all

from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.wire import WireRef
from feedstream.render import (
    FORMATS,
    Article,
    build_document,
    render_atom,
    render_json,
    render_rss,
)
from tests.conformance.grammars import atom_faults, faults, json_faults, rss_faults
from tests.conformance.histories import History, histories, published, sample
from tests.domain.desk import PUBLISHED, story_after
from tests.render.documents import DOCUMENT
from tests.render.sample import SITE, tag

Judge = Callable[[bytes], list[str]]


async def test_every_file_of_the_sample_keeps_to_its_grammar() -> None:
    _, files = await sample()
    assert {name.partition(".")[2] for name in files} == {
        *("atom", "rss", "json", "opml", "xml", "ninjs.json", "newsml.xml")
    }
    assert {name: found for name in files if (found := faults(name, files[name]))} == {}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(histories)
def test_whatever_happens_every_file_keeps_to_its_grammar(history: History) -> None:
    files = asyncio.run(published(history))
    assert {name: found for name in files if (found := faults(name, files[name]))} == {}


def item_of(*events: e.StoryEvent) -> dict[str, Any]:
    """The first item of the feed of updates of a story with these events, held against schemas."""
    article = Article(story_after(PUBLISHED, *events), "s")
    feed = FeedDefinition(name="updates", title="Updates", kind="updates")
    document = build_document(feed, [article], SITE)
    for fmt, output in FORMATS.items():
        assert faults(f"updates.{fmt}", output.render(document)) == []
    found: dict[str, Any] = json.loads(render_json(document))["items"][0]
    return found


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://e.org/a b?c=ü&d=[1]#e#f", "https://e.org/a%20b?c=%C3%BC&d=%5B1%5D#e%23f"),
        ("https://e.org/100%", "https://e.org/100%25"),
        ("https://[2001:db8::1]:8080/a%20b", "https://[2001:db8::1]:8080/a%20b"),
        *((one, None) for one in ("http://[", "http://:80/", "https://e.org:x/", "/a", "data:,x")),
    ],
)
def test_a_partners_address_is_told_as_a_uri_or_not_at_all(address: str, told: str | None) -> None:
    origin = WireRef(item="i", source="w", revision=1, url=address)
    added = e.UpdateAdded(
        update="u", entry_id=tag("u"), headline="Up", body="<p>x</p>", origin=origin
    )
    assert item_of(added)["_feedstream"]["source"].get("url") == told


@pytest.mark.parametrize(
    ("language", "told"),
    [("pt-BR", "pt-BR"), ("de-x-a", "de-x-a"), ("not a language", "en"), ("en_GB", "en")],
)
def test_a_language_that_is_none_is_the_sites(language: str, told: str) -> None:
    assert item_of(e.StoryEdited(language=language))["language"] == told


def test_an_amendment_without_words_says_so() -> None:
    retraction = e.StoryRetracted(entry_id=tag("r"), reason=" \x00")
    assert item_of(retraction)["_feedstream"]["amendments"][0]["text"] == "Not given"


@pytest.mark.parametrize(
    ("judge", "document", "right", "wrong"),
    [
        (atom_faults, render_atom(DOCUMENT), b"<updated>2021-12-09T", b"<updated>9.12.2021 "),
        (atom_faults, render_atom(DOCUMENT), b"<entry ", b"<entry when='now' "),
        (atom_faults, render_atom(DOCUMENT), b"author>", b"contributor>"),
        (atom_faults, render_atom(DOCUMENT), b"<fs:kind>update<", b"<fs:kind>essay<"),
        (rss_faults, render_rss(DOCUMENT), b"<fs:kind>update<", b"<fs:kind>essay<"),
        (json_faults, render_json(DOCUMENT), b'"date_published": "2021-', b'"date_published": "'),
        (json_faults, render_json(DOCUMENT), b'"kind": "update"', b'"kind": "essay"'),
    ],
)
def test_the_judges_can_find_fault(
    judge: Judge, document: bytes, right: bytes, wrong: bytes
) -> None:
    assert judge(document) == []
    assert right in document
    assert judge(document.replace(right, wrong)) != []
