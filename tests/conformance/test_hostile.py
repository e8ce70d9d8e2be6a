"""The worst that people type and partners send: every published file stays valid, and harmless."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from lxml import etree, html

from feedstream.config import Settings, Site
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.ids import story_stream
from feedstream.domain.media import Media
from feedstream.errors import FeedstreamError, Invalid, Refused
from feedstream.eventlog.memory import MemoryLog
from feedstream.markup import ATTRIBUTES, TAGS, sanitise, strip_control
from feedstream.newsroom import Newsroom
from feedstream.publish import Outputs
from feedstream.replay import views_at
from tests.conformance.grammars import faults
from tests.walk.conftest import TickingClock

TEXTS = {
    "cdata": "a ]]> b <![CDATA[ c",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "entities": "&lt;script&gt;&amp;lt;b&amp;gt;&#0;&#x1f600;&bogus;&nbsp;&",
    "emoji": "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇺🇦",
    "bidi": "\u202eאבג\u202c \u2066עברית\u2069 \u200f",
    "controls": "a\x00b\x01c\x08d\x0be\x1bf\x7fg\x85h\x9fi\ufffej\uffffk\ufdd0l",
    "surrogates": "a\ud800b\udfffc\ud83d",
    "lines": "one\r\ntwo\rthree\u2028four\u2029five\tsix",
    "long word": "Donaudampfschifffahrt" * 20,
    "combining": "Z" + "\u0301\u0327\u0489" * 60,
    "markup": "<!-- --> <?xml version='1.0'?> <!DOCTYPE x [<!ENTITY y 'z'>]> &y; </title></entry>",
}
LINK = "javascript:alert(1)"


def site(text: str) -> Site:
    return Site(
        title=f"T {text}"[:200],
        description=text,
        author=text,
        rights=text,
        base_url="https://post.example.org",
    )


async def files_of(log: MemoryLog, site: Site, *names: str) -> dict[str, bytes]:
    """The files of these feeds, or all that are published."""
    given = Settings(site=site)
    async with views_at(log) as views:
        outputs = Outputs(views, given.site, given.feeds, given.websub)
        found = (outputs.files_of(name) for name in names or outputs.names())
        return {file: content for files in found for file, content in files.items()}


async def a_life(room: Newsroom, text: str) -> None:
    """A story with the text in every field that an editor has, told through all of its feeds."""

    async def do(*commands: c.Command) -> None:
        for command in commands:
            await room.execute(command, actor="editor")

    picture = Media(url="https://e.org/a.jpg", type="image/jpeg", title=text[:500])
    body = f"<p>{text}</p><a href='{LINK}'>x</a>{text}"
    begun = room.begin(
        headline=f"H {text}",
        body=body,
        summary=text,
        section=text,
        tags=(f"t {text}"[:100],),
        authors=(text, "Ana"),
        language=text[:9],
        media=(picture,),
        slug="s",
    )
    story = begun.story
    added = room.update(story, headline=f"U {text}", body=body, media=(picture,))
    await do(
        begun,
        added,
        room.update(story, headline=f"V {text}", body=body),
        room.correction(story, was=f"w {text}", now=f"n {text}", why=f"y {text}"),
        room.clarification(story, text=f"c {text}", update=added.update),
        c.AddCredit(story=story, at=room.clock(), name=f"C {text}"[:200], url=LINK),
        c.EditStory(story=story, at=room.clock(), summary=f"again {text}", note=text),
        c.WithdrawUpdate(story=story, at=room.clock(), update=added.update, reason=f"r {text}"),
        c.CloseStory(story=story, at=room.clock(), note=text),
    )
    other = room.begin(headline=f"R {text}", body=body, slug="r")
    gone = room.begin(headline=f"K {text}", body=body, slug="k")
    await do(
        other,
        room.retraction(other.story, reason=f"r {text}"),
        gone,
        c.KillStory(story=gone.story, at=room.clock(), reason=f"k {text}"),
    )


def bodies(file: str, content: bytes) -> Iterator[str]:
    """All HTML that a reader would show."""
    if file.endswith(".json") and "ninjs" not in file:
        yield from (one["content_html"] for one in json.loads(content)["items"])
    elif file.endswith((".atom", ".rss")):
        root = etree.fromstring(content, etree.XMLParser(huge_tree=True))
        entries = root.xpath("//*[local-name() = 'entry' or local-name() = 'item']")
        named = "*[local-name()='content' or local-name()='encoded' or local-name()='description']"
        yield from (text for one in entries for text in one.xpath(f"{named}/text()"))


def harm(markup: str) -> list[str]:
    """The elements, attributes and addresses in it that nobody lets in."""
    parser = html.HTMLParser(huge_tree=True)
    tree = html.fragment_fromstring(markup, create_parent="div", parser=parser)
    found = []
    for one in tree.iterdescendants():
        if not isinstance(one.tag, str) or one.tag not in TAGS:
            found.append(f"<{one.tag}>")
            continue
        found += [f"{one.tag}/@{name}" for name in set(one.attrib) - ATTRIBUTES.get(one.tag, set())]
        found += [value for value in one.attrib.values() if "script:" in value.lower()]
    return found


def all_wrong(files: dict[str, bytes]) -> dict[str, list[str]]:
    """What is wrong with any of them, by its name."""
    found = {
        file: [
            *faults(file, files[file]),
            *(h for one in bodies(file, files[file]) for h in harm(one)),
        ]
        for file in files
    }
    return {file: wrong for file, wrong in found.items() if wrong}


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.mark.parametrize("name", TEXTS)
async def test_bad_words_in_every_field_are_words(clock: TickingClock, name: str) -> None:
    text = TEXTS[name]
    async with MemoryLog(clock=clock) as log:
        await a_life(Newsroom(log, authority="post.example.org", clock=clock), text)
        files = await files_of(log, site(strip_control(text)))
    assert all_wrong(files) == {}
    titles = [one["title"] for one in json.loads(files["updates.json"])["items"]]
    shown = " ".join(strip_control(text).split())
    assert len(titles) >= 6
    assert all(shown in title for title in titles), titles
    assert not any(b"K " + shown.encode() in content for content in files.values())


def test_what_is_harmful_is_noticed() -> None:
    assert harm("<script>x</script>") == ["<script>"]
    assert harm("<p onclick='x'>y</p>") == ["p/@onclick"]
    assert harm("<a href='JavaScript:x'>y</a>") == ["JavaScript:x"]
    assert harm("<p>y</p><!-- z -->") != []
    assert harm("<p><a href='https://e.org/' title='x'>y</a></p>") == []


LARGE = {
    "words": "<p>" + "word " * 200_000 + "</p>",
    "one word": "<p>" + "w" * 1_000_000 + "</p>",
    "entities": "<p>" + "&amp;lt;&#0;&bogus;]]>" * 50_000 + "</p>",
    "paragraphs": f"<p>A <b>{'b' * 40}</b>.</p>" * 16_000,
}


@pytest.mark.parametrize("name", LARGE)
async def test_a_body_of_a_megabyte_is_published_whole(clock: TickingClock, name: str) -> None:
    async with MemoryLog(clock=clock) as log:
        room = Newsroom(log, authority="post.example.org", clock=clock)
        begun = room.begin(headline="Long", body=LARGE[name], slug="long")
        await room.execute(begun, actor="editor")
        files = await files_of(log, site("x"))
    assert all_wrong(files) == {}
    kept = sanitise(LARGE[name])
    assert len(kept) >= 900_000
    for fmt in ("json", "atom", "rss"):
        assert any(kept in one for one in bodies(f"stories.{fmt}", files[f"stories.{fmt}"])), fmt


async def test_a_body_that_is_too_long_or_too_deep_is_refused(clock: TickingClock) -> None:
    async with MemoryLog(clock=clock) as log:
        room = Newsroom(log, authority="post.example.org", clock=clock)
        for body, error in (("w" * 2_000_001, Refused), ("<b>" * 3_000, Invalid)):
            with pytest.raises(error):
                await room.execute(room.begin(headline="Long", body=body), actor="editor")
        assert (await log.head()).position == 0


UPDATES = 10_000


async def test_ten_thousand_updates_in_one_story_are_all_in_its_feed(clock: TickingClock) -> None:
    async with MemoryLog(clock=clock) as log:
        room = Newsroom(log, authority="post.example.org", clock=clock)
        begun = room.begin(headline="Run", body="<p>.</p>", slug="run", authors=("Ana",))
        await room.execute(begun, actor="editor")
        stream, at = story_stream(begun.story), clock()
        for first in range(0, UPDATES, 1_000):
            added = (
                e.UpdateAdded(
                    update=str(number),
                    entry_id=f"tag:post.example.org,2021:u/{number}",
                    headline=f"Update {number}",
                    body=f"<p>{number}</p>",
                )
                for number in range(first, first + 1_000)
            )
            await log.append(
                [
                    room.envelope(one, stream, effective=at + timedelta(seconds=n), actor="editor")
                    for n, one in enumerate(added, first)
                ]
            )
        with pytest.raises(FeedstreamError):
            await room.execute(room.update(begun.story, headline="x", body="x"), actor="editor")
        files = await files_of(log, site("x"), "stories", f"story/{begun.story}")
    own = {fmt: files[f"story/{begun.story}.{fmt}"] for fmt in ("atom", "rss", "json")}
    assert [faults(f"x.{fmt}", own[fmt]) for fmt in ("atom", "rss")] == [[], []]
    assert own["atom"].count(b"<entry") == own["rss"].count(b"<item>") == UPDATES + 1
    told = json.loads(own["json"])
    items = told["items"]
    few = {**told, "items": items[:99] + items[-99:]}  # a schema takes a second for a thousand
    assert faults("x.json", json.dumps(few).encode()) == []
    assert len({one["id"] for one in items}) == UPDATES + 1
    assert items[0]["title"] == f"Update {UPDATES - 1}"
    [whole] = json.loads(files["stories.json"])["items"]
    assert all(f"<p>{number}</p>" in whole["content_html"] for number in range(0, UPDATES, 99))
    assert faults("stories.atom", files["stories.atom"]) == []
