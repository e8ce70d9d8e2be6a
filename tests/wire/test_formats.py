"""Reading partners' documents: tiny inline ones, each showing one thing."""
# ruff: noqa: E501  # partners' documents and copy are shown as they are sent

import gzip
import json
from datetime import UTC, date, datetime

import pytest

from feedstream.config import Wire
from feedstream.domain.wire import WireItem
from feedstream.errors import Invalid
from feedstream.wire.formats import parse_items
from feedstream.wire.raw import ParsedWire
from tests.wire.conftest import source

LIMITS = Wire(max_items=50)
BASE = "https://wire.example/feeds/all"


def parse(body: str | bytes, content_type: str = "", **changes: object) -> ParsedWire:
    data = body.encode() if isinstance(body, str) else body
    return parse_items(data, content_type, source(**changes), base_url=BASE, limits=LIMITS)


def rss(items: str, channel: str = "<title>W</title>") -> str:
    names = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0" {names}><channel>{channel}{items}</channel></rss>'
    )


def atom(entries: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
        ' xmlns:app="http://www.w3.org/2007/app" xml:lang="en"><title>W</title><id>urn:f</id>'
        f"<updated>2021-12-06T10:00:00Z</updated>{entries}</feed>"
    )


def jsonfeed(*items: object, **feed: object) -> str:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "W", "items": items, **feed}
    )


def one(body: str | bytes, content_type: str = "", **changes: object) -> WireItem:
    (item,) = parse(body, content_type, **changes).items
    return item


def test_an_rss_item_in_full() -> None:
    item = one(
        rss(
            """<item><guid isPermaLink="false">g1</guid><link>https://wire.example/1</link>
            <title>Talks &amp; terms</title><description>In short</description>
            <content:encoded><![CDATA[<p>At <a href="/x">length</a><script>alert(1)</script></p>]]>
            </content:encoded><dc:creator>A. Writer</dc:creator><category>World</category>
            <category>World</category><pubDate>Mon, 06 Dec 2021 12:30:00 +0300</pubDate></item>""",
            "<title>W</title><language>en-GB</language><copyright>© W</copyright>",
        )
    )
    assert item == WireItem(
        source="tass",
        guid="g1",
        headline="Talks & terms",
        url="https://wire.example/1",
        summary="In short",
        body='<p>At <a href="https://wire.example/x">length</a></p>',
        published=datetime(2021, 12, 6, 9, 30, tzinfo=UTC),
        authors=("A. Writer",),
        categories=("World",),
        language="en-GB",
        rights="© W",
    )


def test_an_atom_entry_in_full() -> None:
    item = one(
        atom(
            """<entry><id>urn:1</id><title type="html">Talks &lt;em>on&lt;/em></title>
            <link href="/1"/><published>2021-12-06</published><updated>2021-12-07T08:00:00+01:00</updated>
            <author><name>A. Writer</name></author><category term="w" label="World"/>
            <rights>© W</rights><summary>In short</summary>
            <content type="xhtml" xml:base="https://other.example/d/"><div
             xmlns="http://www.w3.org/1999/xhtml"><p>At <a href="x">length</a> &amp; more</p></div>
            </content></entry>"""
        )
    )
    assert item == WireItem(
        source="tass",
        guid="urn:1",
        headline="Talks on",
        url="https://wire.example/1",
        summary="In short",
        body='<p>At <a href="https://other.example/d/x">length</a> &amp; more</p>',
        published=date(2021, 12, 6),
        updated=datetime(2021, 12, 7, 7, tzinfo=UTC),
        authors=("A. Writer",),
        categories=("World",),
        language="en",
        rights="© W",
    )


def test_a_json_feed_item_in_full() -> None:
    item = one(
        jsonfeed(
            {
                "id": 7,
                "url": "https://wire.example/7",
                "title": "Talks <on>",
                "summary": "In short",
                "content_html": '<p>At <a href="x">length</a></p>',
                "date_published": "2021-12-06T10:00:00+01:00",
                "date_modified": "2021-12-06",
                "authors": [{"name": "A. Writer"}],
                "tags": ["World"],
            },
            language="de",
        )
    )
    assert item == WireItem(
        source="tass",
        guid="7",
        headline="Talks <on>",
        url="https://wire.example/7",
        summary="In short",
        body='<p>At <a href="https://wire.example/feeds/x">length</a></p>',
        published=datetime(2021, 12, 6, 9, tzinfo=UTC),
        updated=date(2021, 12, 6),
        authors=("A. Writer",),
        categories=("World",),
        language="de",
    )


def test_json_feed_1_0_has_one_author_and_text() -> None:
    item = one(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1",
                "author": {"name": "Desk"},
                "items": [{"id": "1", "content_text": "First line.\n\nSecond <b>."}],
            }
        )
    )
    assert item.authors == ("Desk",)
    assert item.headline == "First line."
    assert item.body == "<p>First line.</p>\n<p>Second &lt;b&gt;.</p>"


def test_one_bad_json_item_does_not_lose_the_others() -> None:
    parsed = parse(jsonfeed({"id": "1", "title": "A"}, 3, {"id": ["x"]}, {"id": "2", "title": "B"}))
    assert {item.guid for item in parsed.items} == {"1", "2"}
    assert parsed.notices == ("2 items were left out because they do not follow JSON Feed.",)


def test_rss_1_0_has_its_items_beside_the_channel() -> None:
    parsed = parse(
        """<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel><title>W</title></channel>
        <item rdf:about="https://e.org/1"><title>One</title><link>https://e.org/1</link>
        <dc:date>2021-12-06T10:00:00Z</dc:date></item></rdf:RDF>"""
    )
    assert [(i.guid, i.headline) for i in parsed.items] == [("https://e.org/1", "One")]
    assert parsed.format == "rss"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "HTML page"),
        (b"<!-- hi --><HTML>", "HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html/>', "HTML page"),
        (b"hello", "neither XML nor JSON"),
        (b"\x89PNG\r\n", "neither XML nor JSON"),
        (b"{}", "no JSON Feed"),
        (b'{"a":', "no JSON Feed"),
        (b'{"version": "2", "items": []}', "its version is"),
        (b"{" + b'"a":{' * 5000, "no JSON Feed"),
        (b"<opml><body/></opml>", "OPML"),
        (b"<a/>", "first element is <a>"),
        (b"<", "no readable XML"),
        (b"<rss><channel>" + b"<a>" * 200, "nested more than 100 deep"),
        (b"<rss><channel>" + b"<a>" * 100_000, "nested more than 100 deep|no readable XML"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        parse(body)
    assert caught.value.sentence.startswith("Source “tass”: ")


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss><channel><title>&i;</title></channel></rss>"
)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel/></rss>',
        '<?xml version="1.0"?><!-- c --><?p i?><!DOCTYPE rss SYSTEM "http://e.org/d"><rss/>',
    ],
)
def test_a_dtd_is_refused(body: str) -> None:
    for data in (body.encode(), body.encode("utf-16")):
        with pytest.raises(Invalid, match="DTD"):
            parse(data)


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8-sig", "windows-1251", ""),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-16", ""),
        ("windows-1251", "windows-1251", "text/xml; charset=utf-8"),
        ("koi8-r", "", "text/xml; charset=KOI8-R"),
    ],
)
def test_any_encoding_is_read(encoding: str, declared: str, content_type: str) -> None:
    head = f' encoding="{declared}"' if declared else ""
    text = f'<?xml version="1.0"{head}?><rss><channel><item><title>Встреча</title></item></channel></rss>'
    assert one(text.encode(encoding), content_type).headline == "Встреча"


def test_codecs_that_are_no_character_sets_are_passed_over() -> None:
    body = b'<?xml version="1.0" encoding="punycode"?><rss><channel><item><title>\xe9</title></item></channel></rss>'
    assert one(body).headline == "é"


def test_xml_that_is_not_well_formed_is_mended_and_told() -> None:
    parsed = parse(rss("<item><title>A & B<br></title><guid>1</guid></item>").replace("</rss>", ""))
    assert parsed.items[0].headline.startswith("A")
    assert any("not well formed" in notice for notice in parsed.notices)


def test_html_names_in_xml_are_their_characters() -> None:
    assert one(rss("<item><title>A&nbsp;&mdash; B&eacute;</title></item>")).headline == "A — Bé"


def test_the_promised_format_is_held_to() -> None:
    with pytest.raises(Invalid, match="rss, where atom was expected"):
        parse(rss(""), format="atom")
    assert parse(rss("<item><title>x</title></item>"), format="rss").items


def test_a_gzip_that_nobody_undid_is_no_feed() -> None:
    with pytest.raises(Invalid, match="no feed"):
        parse(gzip.compress(rss("").encode()))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2021-12-06", date(2021, 12, 6)),
        ("2021-12-06T10:00:00Z", datetime(2021, 12, 6, 10, tzinfo=UTC)),
        ("2021-12-06T10:00:00.25+02:00", datetime(2021, 12, 6, 8, 0, 0, 250000, tzinfo=UTC)),
        ("Mon, 06 Dec 2021 10:00:00 GMT", datetime(2021, 12, 6, 10, tzinfo=UTC)),
        ("Mon, 06 Dec 2021 10:00:00 EST", datetime(2021, 12, 6, 15, tzinfo=UTC)),
        ("06 Dec 21 10:00 +0100", datetime(2021, 12, 6, 9, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_dates_become_utc_or_stay_days(text: str, when: object) -> None:
    assert one(rss(f"<item><title>x</title><pubDate>{text}</pubDate></item>")).published == when


def test_an_item_is_known_by_guid_else_link_else_what_it_says() -> None:
    link = "<link>https://wire.example/1</link>"
    assert one(rss(f"<item><guid>g</guid>{link}</item>")).guid == "g"
    assert one(rss(f"<item>{link}</item>")).guid == "https://wire.example/1"
    said = one(rss("<item><title>x</title></item>")).guid
    assert said == one(rss("<item><title> x</title></item>")).guid
    assert said != one(rss("<item><title>y</title></item>")).guid


def test_one_guid_for_all_items_is_not_believed() -> None:
    items = "".join(
        f"<item><guid>same</guid><title>{n}</title><link>https://e.org/{n}</link></item>"
        for n in range(3)
    )
    parsed = parse(rss(items))
    assert {item.guid for item in parsed.items} == {f"https://e.org/{n}" for n in range(3)}
    assert any("stand for several items" in notice for notice in parsed.notices)


def test_of_two_versions_in_one_document_the_newest_counts() -> None:
    old = "<item><guid>1</guid><title>Old</title><pubDate>Mon, 06 Dec 2021 10:00:00 GMT</pubDate></item>"
    new = old.replace("Old", "New").replace("10:00", "11:00")
    assert one(rss(old + new)).headline == one(rss(new + old)).headline == "New"


def test_a_headline_is_never_empty() -> None:
    assert one(rss("<item><description>One. Two.</description></item>")).headline == "One."
    assert one(rss("<item><link>https://e.org/</link></item>")).headline == "Item from TASS"
    assert parse(rss("<item><title/></item>")).items == ()


def test_items_come_oldest_first() -> None:
    def dated(day: int) -> str:
        return f"<item><title>{day}</title><pubDate>{day:02} Dec 2021 10:00:00 GMT</pubDate></item>"

    assert [i.headline for i in parse(rss(dated(3) + dated(9) + dated(1))).items] == ["1", "3", "9"]
    undated = "".join(f"<item><title>{n}</title></item>" for n in "cba")
    assert [i.headline for i in parse(rss(undated)).items] == ["a", "b", "c"]


def test_only_so_many_items_are_read_and_it_is_told() -> None:
    parsed = parse(rss("".join(f"<item><title>{n}</title></item>" for n in range(80))))
    assert len(parsed.items) == 50
    assert parsed.notices == ("Of 80 items the first 50 were read.",)
    assert len(parse(jsonfeed(*({"id": str(n), "title": "x"} for n in range(80)))).items) == 50


def test_a_tombstone_withdraws_and_does_not_touch_the_feed() -> None:
    parsed = parse(
        atom(
            """<at:deleted-entry ref="urn:1" when="2021-12-08T10:00:00Z"><at:comment>Legal</at:comment>
            <link href="https://evil.example/"/></at:deleted-entry>
            <entry><id>urn:2</id><title>Two</title></entry>"""
        )
    )
    gone = next(item for item in parsed.items if item.guid == "urn:1")
    assert (gone.status, gone.headline) == ("canceled", "Legal")
    assert gone.updated == datetime(2021, 12, 8, 10, tzinfo=UTC)
    assert [i.status for i in parsed.items if i.guid == "urn:2"] == ["usable"]


def test_a_draft_is_withheld() -> None:
    item = one(
        atom(
            "<entry><id>urn:1</id><title>T</title><content>secret</content>"
            "<app:control><app:draft>yes</app:draft></app:control></entry>"
        )
    )
    assert (item.guid, item.status, item.body) == ("urn:1", "withheld", "")


def test_sizes_are_bounded() -> None:
    item = one(
        rss(
            f"<item><guid>{'g' * 1999}</guid><title>{'t' * 1999}</title>"
            f"<description>{'d ' * 900_000}</description>"
            + "".join(f"<category>{n}</category>" for n in range(100))
            + "</item>"
        )
    )
    assert item.guid.startswith("sha256:")
    assert len(item.headline) <= 300
    assert len(item.summary) <= 2000
    assert len(item.body) <= 1_000_000
    assert len(item.categories) == 30


def test_links_that_are_none_are_dropped() -> None:
    item = one(
        rss(
            """<item><title>x</title><link>javascript:alert(1)</link><description>
            &lt;a href="javascript:x">a&lt;/a>&lt;img src="/i.png" onerror="x">&lt;a href="data:x">b&lt;/a>
            </description></item>"""
        )
    )
    assert item.url == ""
    assert item.body == '<a>a</a><img src="https://wire.example/i.png"><a>b</a>'


def test_plain_text_in_rss_becomes_paragraphs() -> None:
    item = one(rss("<item><description>AT&amp;amp;T rose.\n\nSo did others.</description></item>"))
    assert item.body == "<p>AT&amp;T rose.</p>\n<p>So did others.</p>"
