"""What a partner can't do: crash, stall or script us, whatever it sends."""
# ruff: noqa: E501  # partners' documents and copy are shown as they are sent

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedstream.config import Wire
from feedstream.errors import Invalid
from feedstream.markup import objection
from feedstream.wire.formats import parse_items
from feedstream.wire.normalise import clean
from feedstream.wire.raw import ParsedWire
from tests.wire.conftest import source
from tests.wire.test_formats import atom, jsonfeed, rss

LIMITS = Wire()
SEEDS = [
    rss(
        "<item><guid>1</guid><title>A &amp; b</title><link>/x</link><description>&lt;p onclick='x'>"
        "&lt;script>a&lt;/script></description><pubDate>06 Dec 2021 10:00 GMT</pubDate></item>"
    ),
    atom(
        '<entry><id>urn:1</id><title type="html">&lt;b>x</title><content type="xhtml"><div><p>y</p>'
        '</div></content><updated>2021-12-06T10:00:00Z</updated></entry><at:deleted-entry ref="q"/>'
    ),
    jsonfeed({"id": "1", "content_html": "<svg onload=x><script>a</script>", "tags": ["t"]}),
]
PIECES = st.sampled_from(
    ["<script>alert(1)</script>", "<![CDATA[", "]]>", "<", ">", "&", "&#0;", "&#x10FFFF;", "\x00",
     "<!DOCTYPE x>", "<!ENTITY a 'b'>", '"', "<img src=x onerror=a>", "&lt;svg/onload=a&gt;",
     "</item>", "</entry>", "<item>", "<entry>", "\ud800", "xml:base='http://['", "{", "[", "\\ud800",
     "<title>", "<a:b xmlns:a='x'>", "javascript:a", "1e999", "null"]
)  # fmt: skip


def read(body: bytes) -> ParsedWire | None:
    """Parse, and fail on anything but `Invalid`."""
    try:
        return parse_items(body, "", source(), base_url="https://e.org/f", limits=LIMITS)
    except Invalid as error:
        sentence = error.sentence
    assert sentence.startswith("Source “tass”: ")
    return None


def check(body: bytes) -> None:
    parsed = read(body)
    assert parsed == read(body)
    for item in parsed.items if parsed else ():
        assert item.headline
        assert item.guid
        assert "<script" not in item.body.lower()
        assert objection(item.body) is None
        assert item.url.startswith(("http://", "https://")) or not item.url
        json.dumps([item.headline, item.body, item.guid, item.summary]).encode("utf-8")
        "".join([item.headline, item.body, item.guid, item.summary, *item.authors]).encode("utf-8")


@given(st.binary(max_size=400), st.sampled_from([b"", b"<rss>", b"<feed>", b"{", b"<?xml"]))
def test_any_bytes_are_read_or_invalid(tail: bytes, head: bytes) -> None:
    check(head + tail)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mutation_of_a_feed_is_read_or_invalid(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(PIECES | st.text(max_size=5)) + text[at + cut :]
    check(text.encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(
    st.lists(PIECES | st.sampled_from(["<p>", "<b>", "</p>", "<table>", "<style>", "x"])).map(
        "".join
    )
)
def test_cleaned_markup_is_admitted_and_stays_as_it_is(markup: str) -> None:
    body = clean(markup, "https://e.org/")
    assert objection(body) is None
    assert clean(body, "https://e.org/") == body


M = 1_000_000


@pytest.mark.parametrize(
    "markup",
    ["<div>" * (M // 5), "<b>" * (M // 3), "<blockquote>" * (M // 12), "<table>" * (M // 7),
     "<p><b>" * (M // 6), "".join(f"<b id={n}>" for n in range(500)) + "<p></p>" * 100_000,
     "<ul><li>" * (M // 8), "<" * M, "</p" * (M // 3), "<a " + "x " * (M // 2), "&lt;" * (M // 4),
     "<p><b></p>" * (M // 10), "<a><i><u>" * 9000 + "</a></i></u>" * 9000, "<svg>" * (M // 5)],
    ids=range(14),
)  # fmt: skip
def test_markup_made_to_stall_is_cleaned_at_once(markup: str) -> None:
    began = time.process_time()
    assert len(clean(markup)) <= M
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "body",
    [
        rss("<item><author>" + "a" * 4 * M + "</author></item>"),
        rss("<item>" + "<author>" + "a" * 300 + "</author>" + "</item>") * 1,
        rss("<item>" + "<category>x</category>" * 200_000 + "</item>"),
        rss("<item>" + "".join(f"<category>{n}</category>" for n in range(200_000)) + "</item>"),
        rss("<item/>" * 500_000),
        rss("<title>x</title>" * 200_000),
        rss(("<item><author>" + "a" * 2000 + "</author></item>") * 1000),
        rss("<item><pubDate>" + "1" * 4 * M + "</pubDate></item>"),
        rss("<item><title>" + "&lt;/p" * 600_000 + "</title></item>"),
        rss(("<item><description>" + "&lt;/p" * 1200 + "</description></item>") * 1000),
        atom("<entry><content type='xhtml'>" + "<p>x</p>" * 200_000 + "</content></entry>"),
        jsonfeed(*({"id": str(n), "title": "x" * 5000, "tags": ["t"] * 200} for n in range(1000))),
        "<?xml " * M,
        "<!--" * M,
        "<?xml?><!---->" * 200_000,
    ],
    ids=range(15),
)
def test_a_document_made_to_stall_is_read_at_once(body: str) -> None:
    began = time.process_time()
    read(body.encode())
    assert time.process_time() - began < 10


def test_unknown_entities_comments_and_instructions_in_xhtml_are_no_elements() -> None:
    inner = b"<p>a &unknown; <!-- c --><?pi x?> b</p>"
    check(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>t</title><entry><id>1</id>'
        b'<title>a</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        + inner
        + b"</div></content></entry></feed>"
    )
