"""Media: what may be given, where they stand, and what takes them away."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.inbox import InboxItem
from feedstream.domain.media import MOST_MEDIA, Media
from feedstream.domain.when import instant_of
from feedstream.domain.wire import WireItem, WireRef
from feedstream.errors import Refused
from feedstream.eventlog.codec import CODEC
from tests.domain.desk import NOON, PUBLISHED, given, record, story_after
from tests.domain.test_decide import UPDATE

PICTURE = Media(url="https://e.org/a.jpg", type="image/jpeg", length=12)
FILM = Media(url="https://e.org/a.mp4", type="video/mp4")
ORIGIN = WireRef(item="i", source="wire", revision=1)


def with_media(*media: Media) -> e.StoryPublished:
    return replace(PUBLISHED, media=media)


def test_a_story_begins_with_its_media_each_address_once():
    longer = replace(PICTURE, length=99)
    given().when(
        c.PublishStory,
        entry_id=PUBLISHED.entry_id,
        slug=PUBLISHED.slug,
        headline=PUBLISHED.headline,
        body=PUBLISHED.body,
        tags=PUBLISHED.tags,
        media=(PICTURE, FILM, longer),
    ).then(with_media(longer, FILM))


@pytest.mark.parametrize(
    ("media", "words"),
    [
        (replace(PICTURE, url="javascript:alert(1)"), "http(s) address"),
        (replace(PICTURE, url="https://"), "http(s) address"),
        (replace(PICTURE, url="https://e.org/a b.jpg"), "http(s) address"),
        (replace(PICTURE, url="//e.org/a.jpg"), "http(s) address"),
        (replace(PICTURE, url="https://e.org:99999/a.jpg"), "http(s) address"),
        (replace(PICTURE, type="image"), "media type"),
        (replace(PICTURE, type="Image/JPEG"), "media type"),
        (replace(PICTURE, type="image/jpeg; q=1"), "media type"),
        (replace(PICTURE, length=-1), "0 or more"),
        (replace(PICTURE, title="x" * 501), "title"),
    ],
)
def test_what_is_no_medium_is_refused(media, words):
    given(PUBLISHED).when(c.EditStory, media=(media,)).refused(Refused, words)


def test_too_many_are_refused():
    many = tuple(replace(PICTURE, url=f"https://e.org/{n}.jpg") for n in range(MOST_MEDIA + 1))
    given(PUBLISHED).when(c.EditStory, media=many).refused(Refused, str(MOST_MEDIA))


def test_an_edit_replaces_leaves_or_clears_them():
    story = with_media(PICTURE)
    given(story).when(c.EditStory, media=(FILM,)).then(e.StoryEdited(media=(FILM,)))
    given(story).when(c.EditStory, media=(PICTURE,)).then()
    given(story).when(c.EditStory, media=()).then(e.StoryEdited(media=()))
    assert story_after(story, e.StoryEdited(headline="x")).media == (PICTURE,)
    assert story_after(story, e.StoryEdited(media=())).media == ()


def test_an_update_has_its_own():
    added = replace(UPDATE, media=(FILM,))
    story = story_after(PUBLISHED, added)
    assert (story.media, story.updates[0].media) == ((), (FILM,))
    edit = given(PUBLISHED, added).when(c.EditUpdate, update="u1", media=())
    edit.then(e.UpdateEdited(update="u1", media=()))
    given(PUBLISHED, added).when(c.EditUpdate, update="u1", media=(FILM,)).then()


def test_a_picture_takes_no_text_from_the_partner_it_came_from():
    story = replace(PUBLISHED, origin=ORIGIN)
    pictured = e.StoryEdited(media=(PICTURE,), origin=ORIGIN)
    given(story).when(c.EditStory, media=(PICTURE,)).then(pictured)
    rewritten = e.StoryEdited(media=(PICTURE,), headline="Ours")
    given(story).when(c.EditStory, media=(PICTURE,), headline="Ours").then(rewritten)


@pytest.mark.parametrize(
    "ends",
    [
        (e.StoryKilled(reason="x"),),
        (e.StoryEdited(headline="x"), "erased"),
    ],
)
def test_a_kill_and_an_erasure_take_them_away(ends):
    event, *erased = ends
    recorded = record(event, 2)
    if erased:
        recorded = replace(recorded, event=e.Withheld(by=9, kept={}))
    assert evolve(story_after(with_media(PICTURE)), recorded).media == ()


def test_a_withdrawn_or_erased_update_has_none():
    story = story_after(PUBLISHED, replace(UPDATE, media=(FILM,)))
    withdrawn = evolve(story, record(e.UpdateWithdrawn(update="u1", reason="x"), 3))
    edited = record(e.UpdateEdited(update="u1", headline="x"), 3)
    erased = evolve(story, replace(edited, event=e.Withheld(by=9, kept={"update": "u1"})))
    assert withdrawn.updates[0].media == erased.updates[0].media == ()


def test_events_from_before_there_were_media_are_read():
    old = {"entry_id": "tag:e.org,2021:1", "slug": "a", "headline": "h", "body": "b"}
    assert CODEC.decode("story.published", 1, orjson.dumps(old)) == e.StoryPublished(**old)
    assert CODEC.decode("story.edited", 1, b'{"headline": "x"}') == e.StoryEdited(headline="x")
    update = {"update": "u", "entry_id": "tag:e.org,2021:2", "headline": "h", "body": "b"}
    assert CODEC.decode("update.added", 1, orjson.dumps(update)) == e.UpdateAdded(**update)
    assert CODEC.decode("update.edited", 1, b'{"update": "u"}') == e.UpdateEdited(update="u")


def test_what_a_text_was_made_from_tells_the_partners_rights_and_date():
    item = WireItem(source="wire", guid="g", headline="h", rights="© Wire", updated=NOON)
    ref = InboxItem(id="i", item=item, version=3).ref
    assert (ref.rights, ref.updated, ref.revision) == ("© Wire", NOON, 3)
    day = replace(item, updated=None, published=date(2021, 12, 3))
    assert InboxItem(id="i", item=day).ref.updated is None


@pytest.mark.parametrize(
    ("when", "stands"),
    [
        (date(2021, 12, 2), datetime(2021, 12, 2, 12, tzinfo=UTC)),
        (date(2021, 12, 4), NOON),  # begun already in the east
        (NOON - timedelta(days=1), NOON - timedelta(days=1)),
        (NOON + timedelta(minutes=4), NOON),  # a clock that goes ahead
    ],
)
def test_nothing_is_dated_later_than_it_was_recorded(when, stands):
    assert instant_of(when, recorded_at=NOON) == stands
