"""ninjs and NewsML-G2: valid by the IPTC's schemas at every point of a story's life, and silent
about what was taken back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import NewsMLG2
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from lxml import etree

from feedstream.config import Site
from feedstream.domain import events as e
from feedstream.domain.media import Media
from feedstream.domain.wire import WireRef
from feedstream.markup import sanitise
from feedstream.render import Article
from feedstream.render.item import news_item
from feedstream.render.newsml import render_newsml
from feedstream.render.ninjs import render_ninjs
from tests.conformance.agreed import newsml_faults, ninjs_faults
from tests.domain.desk import NOON, PUBLISHED, story_after
from tests.render.sample import CLAIM, SITE, TALKS, tag
from tests.strategies import names, texts

G2 = {"g": "http://iptc.org/std/nar/2006-10-01/", "x": "http://www.w3.org/1999/xhtml"}
PICTURE = Media(
    url="https://pictures.example/bridge é.jpg",
    type="image/jpeg",
    length=1234,
    title="The bridge",
    width=800,
    height=600,
)
KILLED = e.StoryKilled(reason="It named a child.")
RETRACTED = e.StoryRetracted(entry_id=tag("retraction"), reason="It never closed.")


def both(story, site=SITE):
    """The two formats of a story, valid."""
    item = news_item(Article(story, "a-slug"), site)
    ninjs, newsml = render_ninjs(item, site), render_newsml(item, site)
    assert ninjs_faults(ninjs) == []
    assert newsml_faults(newsml) == []
    return json.loads(ninjs), etree.fromstring(newsml, etree.XMLParser(huge_tree=True))


def after(*events):
    return both(story_after(PUBLISHED, *events))


def said(item, path):
    return item.xpath(path, namespaces=G2)


def test_a_story_is_told_whole():
    ninjs, item = both(TALKS)
    assert ninjs["uri"] == item.get("guid") == TALKS.entry_id
    assert ninjs["version"] == item.get("version") == str(TALKS.revision)
    assert ninjs["firstCreated"] == "2021-12-03T14:30:00Z"
    assert ninjs["by"] == "Ada Example and Ben Sample"
    assert [one["name"] for one in ninjs["subjects"]] == [TALKS.section, *TALKS.tags]
    assert [one["name"] for one in ninjs["infoSources"]] == ["TASS", "Foreign Policy"]
    assert "The talks began behind closed doors." in ninjs["bodies"][0]["value"]
    assert said(item, "string(//g:firstCreated)") == ninjs["firstCreated"]
    assert said(item, "string(//g:versionCreated)") == ninjs["versionCreated"]
    assert said(item, "//g:keyword/text()") == list(TALKS.tags)
    assert said(item, "string(//g:copyrightNotice)") == ninjs["copyrightNotice"] == SITE.rights
    assert "The talks began behind closed doors." in said(item, "string(//x:body)")


def test_a_correction_is_told_to_the_editors_who_receive_it():
    ninjs, item = both(TALKS)
    for note in (ninjs["edNote"], said(item, "string(//g:edNote)")):
        assert "three hours" in note
        assert "We misread the Kremlin’s timetable." in note
    assert said(item, "//g:signal/@qcode") == ["sig:correction"]


def test_a_first_version_signals_nothing_and_a_later_one_an_update():
    _, first = after()
    _, second = after(
        e.UpdateAdded(update="u", entry_id=tag("u"), headline="Open", body="<p>.</p>")
    )
    assert said(first, "//g:signal") == []
    assert said(second, "//g:signal/@qcode") == ["sig:update"]


def test_the_library_of_the_iptc_reads_what_we_write():
    found = NewsMLG2.NewsMLG2Document(
        render_newsml(news_item(Article(TALKS, "s"), SITE), SITE)
    ).get_item()
    assert found.guid == TALKS.entry_id
    assert str(found.contentmeta.headline) == TALKS.headline
    assert str(found.itemmeta.provider.name) == SITE.author


def test_a_retracted_story_is_withheld_with_its_notice_alone():
    ninjs, item = both(CLAIM)
    assert ninjs["pubStatus"] == "withheld"
    assert said(item, "//g:pubStatus/@qcode") == ["stat:withheld"]
    assert "forged" in ninjs["edNote"]
    assert "The report." not in json.dumps(ninjs) + etree.tostring(item, encoding="unicode")


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (KILLED, "canceled"),
        (replace(KILLED, legal=True), "canceled"),
        (e.StoryMergedInto(target="another", reason="One story."), "canceled"),
        (e.StoryEmbargoed(until=NOON + timedelta(days=9)), "withheld"),
    ],
)
def test_what_is_public_no_more_keeps_its_id_and_not_a_word(event, status):
    secret = e.StoryEdited(headline="Secretword", body="<p>Secretword</p>", section="Secretword")
    correction = e.CorrectionIssued(
        correction="k", entry_id=tag("k"), was="Secretword", now="Secretword", why="Secretword"
    )
    ninjs, item = after(secret, e.CreditAdded(name="Secretword"), correction, event)
    assert ninjs["uri"] == item.get("guid") == PUBLISHED.entry_id
    assert ninjs["version"] == item.get("version") == "5"
    assert ninjs["pubStatus"] == status
    assert said(item, "//g:pubStatus/@qcode") == [f"stat:{status}"]
    whole = json.dumps(ninjs) + etree.tostring(item, encoding="unicode")
    for word in ("Secretword", "child", "harbour", "bridge", "One story."):
        assert word not in whole.replace(PUBLISHED.entry_id, ""), word
    assert said(item, "//g:contentMeta | //g:contentSet") == []


def test_the_note_of_a_kill_tells_partners_what_to_do_and_whether_a_court_said_so():
    plain, _ = after(KILLED)
    ordered, _ = after(replace(KILLED, legal=True))
    assert "take it down" in plain["edNote"]
    assert "legal" not in plain["edNote"]
    assert "legal order" in ordered["edNote"]


def test_a_story_that_was_never_public_has_no_file():
    later = replace(PUBLISHED, embargo_until=NOON + timedelta(days=1))
    for events in ((later,), (later, KILLED)):
        assert news_item(Article(story_after(*events), "s"), SITE) is None


def test_media_are_linked_with_type_and_size():
    ninjs, item = both(story_after(replace(PUBLISHED, media=(PICTURE,))))
    (picture,) = ninjs["associations"]
    assert picture["type"] == "picture"
    assert picture["renditions"][0]["sizeInBytes"] == 1234
    assert picture["uri"] == "https://pictures.example/bridge%20%C3%A9.jpg"
    (link,) = said(item, "//g:link[@rel='irel:associatedWith']")
    assert (link.get("contenttype"), link.get("size")) == ("image/jpeg", "1234")


def test_white_space_and_markup_of_a_text_survive_in_xhtml():
    body = "<pre>a\n  b</pre><p>one <b>two</b><i>three</i> AT&amp;T<br>four &lt;b&gt;</p>"
    _, item = both(story_after(replace(PUBLISHED, body=body)))
    (pre,) = said(item, "//x:pre")
    (paragraph,) = said(item, "//x:p[x:b]")
    assert pre.text == "a\n  b"
    assert "".join(paragraph.itertext()) == "one twothree AT&Tfour <b>"


@pytest.mark.parametrize("text", ["]]>", "😀 \u202eאב", "<script>alert(1)</script>", "a\x00b"])
def test_hostile_words_are_words(text):
    ninjs, item = both(
        story_after(replace(PUBLISHED, headline=f"x {text}", tags=(text,), authors=(text,)))
    )
    clean = " ".join(f"x {text}".replace("\x00", "").split())
    assert ninjs["headlines"][0]["value"] == said(item, "string(//g:headline)") == clean
    assert said(item, "//x:script") == []


def test_a_megabyte_and_deep_nesting_are_written():
    body = (
        "<blockquote>" * 300 + "deep" + "</blockquote>" * 300 + "<p>" + "word " * 200_000 + "</p>"
    )
    _, item = both(story_after(replace(PUBLISHED, body=body)))
    assert "deep" in said(item, "string(//x:body)")
    assert len(said(item, "string(//x:body)")) > 1_000_000


addresses = st.one_of(
    st.sampled_from(["https://a.example/ö%?x=[1]#a#b", "javascript:x", "http://["]), texts
)
bodies = texts.map(lambda text: sanitise(f"<p>{text}</p>"))
origins = st.one_of(
    st.none(), st.builds(WireRef, item=names, source=names, revision=st.just(1), url=addresses)
)
media = st.lists(
    st.builds(
        Media,
        url=st.sampled_from(["https://m.example/1.jpg", "https://m.example/é x.mp3"]),
        type=st.sampled_from(["image/jpeg", "audio/mpeg", "application/pdf"]),
        title=texts,
        length=st.integers(0, 9),
    ),
    max_size=2,
).map(tuple)
happenings = st.one_of(
    st.builds(e.StoryEdited, headline=texts, body=bodies, section=texts, media=media),
    st.builds(e.StoryTagged, added=st.lists(texts, max_size=2).map(tuple)),
    st.builds(e.CreditAdded, name=texts, url=addresses),
    st.builds(
        e.UpdateAdded,
        update=st.sampled_from("abc"),
        entry_id=st.just(tag("u")),
        headline=texts,
        body=bodies,
        origin=origins,
    ),
    st.builds(
        e.CorrectionIssued,
        correction=names,
        entry_id=st.just(tag("c")),
        was=texts,
        now=texts,
        why=texts,
    ),
    st.builds(e.StoryRetracted, entry_id=st.just(tag("r")), reason=texts),
    st.builds(e.StoryReinstated, reason=texts),
    st.builds(e.StoryEmbargoed, until=st.just(datetime(2030, 1, 1, tzinfo=UTC))),
    st.builds(e.StoryEmbargoLifted, due=st.booleans()),
    st.builds(e.StoryKilled, reason=texts, legal=st.booleans()),
    st.builds(e.StoryMergedInto, target=names),
)


@settings(max_examples=60, deadline=None)
@for_all(st.lists(happenings, max_size=6), texts, st.sampled_from(["", "en", "pt-BR"]))
def test_every_life_of_a_story_gives_valid_files(events, title, language):
    site = Site(title=f"T{title}"[:100], base_url="https://post.example.org", rights=title)
    story = story_after(replace(PUBLISHED, language=language, authors=(title,)), *events)
    ninjs, item = both(story, site)
    shown = story.is_public
    assert ("bodies" in ninjs) == shown
    assert bool(said(item, "//g:contentSet")) == shown
    assert (ninjs["pubStatus"] == "usable") == (shown and not story.retracted)
