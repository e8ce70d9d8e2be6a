"""HTML at the boundary: its addresses are absolute and on the web, no control character is left."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.cli.admission import objection
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.media import Media
from feedstream.markup import sanitise
from tests.domain.desk import NOON, PUBLISHED, STORY
from tests.domain.desk import given as story_with

BASE = "https://e.org/d/page.html"


@pytest.mark.parametrize(
    ("markup", "clean"),
    [
        ('<a href="x">y</a>', '<a href="https://e.org/d/x">y</a>'),
        ('<img src="/a.jpg">', '<img src="https://e.org/a.jpg">'),
        (
            '<img srcset="a.jpg, b.jpg 1.5x,/c,d.jpg 300w">',
            '<img srcset="https://e.org/d/a.jpg, https://e.org/d/b.jpg 1.5x,'
            ' https://e.org/c,d.jpg 300w">',
        ),
        ('<img srcset="javascript:x() 1x, a.jpg 2y">', "<img>"),
        ('<video poster="p.jpg"></video>', '<video poster="https://e.org/d/p.jpg"></video>'),
        ('<video poster="javascript:x()" src="data:x"></video>', "<video></video>"),
        ('<audio src="a.mp3"></audio>', '<audio src="https://e.org/d/a.mp3"></audio>'),
        ('<q cite="s.html">q</q>', '<q cite="https://e.org/d/s.html">q</q>'),
        ('<q cite="javascript:x()">q</q>', "<q>q</q>"),
        (
            '<picture><source srcset="a.webp 2x"><img src="//f.org/a.jpg"></picture>',
            '<picture><source srcset="https://e.org/d/a.webp 2x">'
            '<img src="https://f.org/a.jpg"></picture>',
        ),
        ("<p>a\x00b\x0bc\x1b[2Jd\ufffe</p>", "<p>abc[2Jd</p>"),
    ],
)
def test_addresses_become_absolute_or_go(markup, clean):
    assert sanitise(markup, base=BASE) == clean
    assert sanitise(clean) == clean, "what is clean stays as it is"


@pytest.mark.parametrize("name", ["img srcset", "img src", "video poster", "a href", "q cite"])
def test_a_relative_address_without_a_page_goes(name):
    tag, attribute = name.split()
    assert "x.jpg" not in sanitise(f'<{tag} {attribute}="x.jpg 1x">y</{tag}>')


@given(st.text(max_size=60), st.sampled_from(["srcset", "src", "poster", "cite"]))
def test_no_text_in_an_attribute_leads_elsewhere(text, attribute):
    value = text.replace('"', "")
    clean = sanitise(f'<img {attribute}="{value}"><video {attribute}="{value}"></video>', base=BASE)
    for _, found in re.findall(r'(srcset|src|poster|cite)="([^"]*)"', clean):
        assert all(one.startswith(("https://", "http://")) for one in found.split(", "))


def test_texts_of_commands_lose_their_control_characters():
    story_with(PUBLISHED).when(c.EditStory, headline="A\x00 cr\x1bane\u0085", summary="b\x07").then(
        e.StoryEdited(headline="A crane", summary="b")
    )
    story_with(PUBLISHED).when(c.KillStory, reason="A\x00\n\tcourt.").then(
        e.StoryKilled(reason="A\n\tcourt.")
    )


def test_media_of_a_file_are_looked_at_like_those_of_an_editor():
    event = e.StoryEdited(media=(Media(url="javascript:x()", type="image/png"),))
    proposed = e.Proposed(
        id="1", stream=f"story-{STORY}", event=event, effective_at=NOON, actor="x"
    )
    assert "http(s) address" in str(objection(proposed, event))
