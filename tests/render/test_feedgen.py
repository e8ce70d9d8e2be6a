"""What feedgen gets wrong does not reach a feed: one test for each of its known faults."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from lxml import etree

from feedstream.render import render_atom, render_rss
from feedstream.render.document import Person
from tests.render.documents import (
    ALL,
    DOCUMENT,
    EMPTY,
    FILM,
    PAPER,
    PICTURE,
    SOUND,
    STORY,
    UPDATE,
    tag,
)

A = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
XML = [(render_atom, f"{A}entry", f"{A}title"), (render_rss, "channel/item", "title")]
both = pytest.mark.parametrize(("render", "entry", "title"), XML, ids=["atom", "rss"])


def parsed(render, *entries, **changes):
    return etree.fromstring(render(replace(DOCUMENT, entries=entries or (STORY,), **changes)))


def test_a_link_of_an_entry_keeps_its_relation_type_and_length():
    links = [dict(link.attrib) for link in parsed(render_atom).findall(f"{A}entry/{A}link")]
    assert links[0] == {"rel": "alternate", "type": "text/html", "href": STORY.url}
    assert {
        "rel": "enclosure",
        "href": PICTURE.url,
        "type": "image/jpeg",
        "length": "52100",
        "title": PICTURE.title,
    } in links
    assert {"rel": "enclosure", "href": FILM.url, "type": "video/mp4"} in links
    assert {link["rel"] for link in links} == {"alternate", "enclosure", "via"}


def test_the_link_of_an_rss_channel_is_the_home_page_and_that_of_an_item_its_page():
    channel = parsed(render_rss).find("channel")
    assert [link.text for link in channel.findall("link")] == [DOCUMENT.home_url]
    assert [link.text for link in channel.findall("item/link")] == [STORY.url]


@both
def test_every_hub_is_named(render, entry, title):
    links = parsed(render).findall(f".//{A}link[@rel='hub']")
    assert [link.get("href") for link in links] == list(DOCUMENT.hubs)


@both
def test_content_is_escaped_html_and_never_cdata(render, entry, title):
    ends = replace(STORY, content="<p>]]&gt; <![CDATA[x]]></p>")
    raw = render(replace(DOCUMENT, entries=(ends,)))
    assert b"<![CDATA" not in raw
    assert b'type="CDATA"' not in raw
    texts = [node.text for node in etree.fromstring(raw).iter() if node.text]
    assert ends.content in texts


LOCALE = """
import locale, sys
from feedstream.render import FORMATS
from tests.render.documents import DOCUMENT
before = locale.setlocale(locale.LC_ALL, sys.argv[1])
assert before == sys.argv[1], before
rendered = b"".join(one.render(DOCUMENT) for one in FORMATS.values())
assert locale.setlocale(locale.LC_ALL) == before
assert b"Thu, 09 Dec 2021 09:30:00 GMT" in rendered
"""


def foreign_locale(folder: Path) -> tuple[str, dict[str, str]]:
    """A locale with other names of days, made here where the system can; else C's cousin."""
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        return "C.UTF-8", {}
    return "de_DE.UTF-8", {"LOCPATH": str(folder)}


def test_a_foreign_locale_stays_set_and_changes_no_date(tmp_path):
    name, where = foreign_locale(tmp_path)
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", LOCALE, name],
        env={**os.environ, **where, "PYTHONPATH": str(root)},
        cwd=root,
        check=True,
    )


@both
def test_control_characters_are_left_out(render, entry, title):
    bad = "A\x00\x0b\x1f\x7f\ufffe\ud800B\x85"
    one = replace(STORY, title=bad, summary=bad, content=bad, authors=(Person(name=bad),))
    root = parsed(render, one, title=bad, hubs=("https://hub.example/\x01",))
    assert root.find(f"{entry}/{title}").text == "AB"
    assert root.find(f".//{A}link[@rel='hub']").get("href") == "https://hub.example/"


@both
@pytest.mark.parametrize("blank", ["", " ", "\x00"])
def test_an_empty_title_is_untitled(render, entry, title, blank):
    root = parsed(render, replace(STORY, title=blank, content="", summary=""), title=blank)
    found = [node.text for node in root.iter(title) if node.getparent().tag != f"{A}source"]
    assert found == ["Untitled", "Untitled"]


@both
def test_entries_stand_in_the_order_of_the_document(render, entry, title):
    entries = [replace(STORY, title=f"Title {n}", id=tag(f"story/{n}")) for n in (3, 1, 2)]
    root = parsed(render, *entries)
    assert [node.text for node in root.findall(f"{entry}/{title}")] == [e.title for e in entries]


@pytest.mark.parametrize(
    ("media", "chosen"),
    [
        ((PAPER, FILM, PICTURE, SOUND), PICTURE),
        ((SOUND, PICTURE), SOUND),
        ((FILM, PAPER), PAPER),
        ((FILM,), None),
    ],
)
def test_of_several_enclosures_rss_has_the_first_of_known_length(media, chosen):
    root = parsed(render_rss, replace(STORY, media=media))
    found = [dict(one.attrib) for one in root.findall("channel/item/enclosure")]
    expected = [chosen] if chosen else []
    assert found == [
        {"url": one.url, "type": one.type, "length": str(one.length)} for one in expected
    ]


def test_authors_without_an_address_are_named_in_rss():
    item = parsed(render_rss).find("channel/item")
    assert [one.text for one in item.findall(f"{DC}creator")] == ["Ada Example", "Ben Sample"]
    assert item.find("author") is None


@both
def test_namespaces_are_declared_on_the_root_alone(render, entry, title):
    raw = render(DOCUMENT)
    root = raw[raw.index(b"<rss" if render is render_rss else b"<feed") :]
    assert b"xmlns" not in root[root.index(b">") :]
    assert b"ns0:" not in raw


@both
def test_a_feed_without_dates_shows_no_clock(render, entry, title):
    assert b"T" not in render(EMPTY).partition(b"<updated>1970-01-01T00:00:00+00:00")[2][:30]
    raw = render(EMPTY).replace(b"2026:ns", b"").replace(b",2021:", b"")
    assert b"202" not in raw


@both
@pytest.mark.parametrize("document", [*ALL, replace(DOCUMENT, stylesheet="")])
def test_the_spliced_bytes_are_those_of_the_tree_written_whole(render, entry, title, document):
    raw = render(document)
    tree = etree.fromstring(raw, etree.XMLParser(remove_blank_text=True)).getroottree()
    assert len(tree.findall(entry)) == len(document.entries)
    assert etree.tostring(tree, pretty_print=True, xml_declaration=True, encoding="UTF-8") == raw


def test_an_unchanged_update_is_the_same_bytes_whatever_revision_its_story_has():
    later = replace(UPDATE, revision=UPDATE.revision + 1)
    for render in (render_atom, render_rss):
        before = render(replace(DOCUMENT, entries=(UPDATE,)))
        assert render(replace(DOCUMENT, entries=(later,))) == before


@both
def test_dates_are_written_in_utc_whatever_zone_they_came_in(render, entry, title):
    zone = timezone(timedelta(hours=5, minutes=30))
    moved = replace(
        STORY, published=STORY.published.astimezone(zone), updated=STORY.updated.astimezone(zone)
    )
    assert render(replace(DOCUMENT, entries=(moved,))) == render(
        replace(DOCUMENT, entries=(STORY,))
    )
