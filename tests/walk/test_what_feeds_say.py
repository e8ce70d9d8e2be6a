"""What the feeds of a newsroom say of it, through its whole life: documents, before any format."""

from datetime import timedelta

import pytest

from feedstream.asof import Past, point_of
from feedstream.bootstrap import open_app
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream, story_stream
from feedstream.domain.media import Media
from feedstream.projections import gone
from feedstream.publish import Outputs
from feedstream.replay import views_at
from tests.walk.conftest import SETTINGS

PICTURE = Media(url="https://e.org/a.jpg", type="image/jpeg", length=12, title="A crane", width=9)
BASE = SETTINGS.site.base_url


@pytest.fixture
def say(app):
    """Execute commands of a kind on a story, and bring the read model up to them."""

    async def say(kind, story, **fields):
        command = kind(story=story.id, at=app.newsroom.clock(), **fields)
        await app.newsroom.execute(command, actor="editor")
        await app.catch_up()

    return say


@pytest.fixture
def document(app):
    """The document of a feed as it stands, by the outputs that live on from one to the next."""
    outputs = Outputs(app.views, SETTINGS.site, SETTINGS.feeds, SETTINGS.websub)

    async def document(name):
        await app.catch_up()
        feed = app.views.feed(name)
        return None if feed is None else outputs.document(feed)

    return document


async def _do(app, command):
    return (await app.newsroom.execute(command, actor="editor")).story


async def _update(app, story, headline="More", **fields):
    command = app.newsroom.update(story.id, headline=headline, body="<p>More.</p>", **fields)
    return (await _do(app, command)).updates[-1]


async def test_a_feed_names_hubs_stylesheet_language_and_rights(app, publish, document):
    await publish(language="pt")
    feed = await document("updates")
    assert feed.hubs == (f"{BASE}/hub",)
    assert feed.stylesheet == f"{BASE}/static/feed.css"
    assert feed.entries[0].language == "pt"
    await publish("Another one")
    assert (await document("updates")).entries[0].language == SETTINGS.site.language


async def test_media_come_with_the_story_and_with_the_update_that_they_belong_to(
    app, publish, document
):
    film = Media(url="https://e.org/f.mp4", type="video/mp4")
    story = await publish(media=(PICTURE,))
    update = await _update(app, story, media=(film, PICTURE))
    entries = {one.kind: one for one in (await document("updates")).entries}
    assert [one.url for one in entries["publication"].media] == [PICTURE.url]
    assert [one.url for one in entries["update"].media] == [film.url, PICTURE.url]
    [whole] = (await document("stories")).entries
    assert [one.url for one in whole.media] == [PICTURE.url, film.url], "each once"
    assert (whole.media[0].length, whole.media[0].title) == (12, "A crane")
    withdraw = c.WithdrawUpdate(
        story=story.id, at=app.newsroom.clock(), update=update.id, reason="No."
    )
    await _do(app, withdraw)
    assert [one.url for one in (await document("stories")).entries[0].media] == [PICTURE.url]


async def test_a_retracted_story_shows_no_media(publish, say, document):
    story = await publish(media=(PICTURE,))
    await say(c.RetractStory, story, entry_id="tag:x,2021:r", reason="Untrue.")
    assert [one.media for one in (await document("updates")).entries] == [(), ()]


async def test_the_feed_of_a_story_is_its_complete_history_and_others_are_not(publish, document):
    story = await publish()
    assert (await document(f"story/{story.id}")).history.kind == "complete"
    assert (await document("stories")).history is None


async def test_authors_and_sources_have_feeds_of_their_own(app, publish, say, document):
    story = await publish(authors=("Ana Souza",))
    await publish("Another one")
    assert [one.title for one in (await document("author/ana-souza")).entries] == [story.headline]
    await say(c.AddCredit, story, name="Harbour Wire", source="harbour")
    feed = await document("source/harbour")
    assert (feed.title, len(feed.entries)) == ("Harbour Wire", 1)
    await say(c.KillStory, story, reason="Libel.")
    assert await document("author/ana-souza") is None
    published = await app.settle()
    assert not any("ana-souza" in one for one in published.written)


# ── what was taken back ──────────────────────────────────────────────────────────────────────
async def test_a_kill_leaves_the_ids_of_what_each_feed_had_shown(app, publish, say, document):
    story = await publish(tags=("fog",), section="Port")
    await publish("Another one", tags=("fog",))
    await publish("A third one", tags=("sun",))
    update = await _update(app, story)
    correction = app.newsroom.correction(story.id, was="a", now="b", why="c")
    await _do(app, correction)
    before = {
        name: {one.id for one in (await document(name)).entries if one.story == story.entry_id}
        for name in ("stories", "updates", "corrections", "tag/fog")
    }
    await say(c.KillStory, story, reason="A name must not be told.", legal=True)
    for name, ids in before.items():
        feed = await document(name)
        assert {one.ref for one in feed.deleted} == ids, name
        assert all(one.legal and "name" not in one.comment for one in feed.deleted)
        assert story.entry_id not in {one.story for one in feed.entries}
    assert update.entry_id in before["updates"]
    assert (await document("tag/sun")).deleted == ()


async def test_a_tombstone_is_later_than_the_entry_and_dates_the_feed(
    app, clock, publish, say, document
):
    story = await publish()
    last = (await document("stories")).entries[0].updated
    early = clock.now - timedelta(days=3)
    await say(c.KillStory, story, reason="Libel.", effective=early)
    feed = await document("stories")
    [gone] = feed.deleted
    assert gone.when > last
    assert feed.updated == gone.when
    assert feed.entries == ()


async def test_tombstones_are_the_newest_and_bounded(app, publish, say, document, monkeypatch):
    monkeypatch.setattr(gone, "LEAST_GONE", 1)  # a window of two is more
    feed = FeedDefinition(name="two", title="Two", kind="updates", window=2)
    proposed = app.newsroom.envelope(
        e.FeedDefined(feed=feed), feed_stream("two"), effective=app.newsroom.clock(), actor="editor"
    )
    await app.log.append([proposed])
    stories = [await publish(f"Story {number}") for number in range(3)]
    for story in stories:
        await say(c.KillStory, story, reason="Libel.")
    assert [one.ref for one in (await document("two")).deleted] == [
        f"{stories[2].entry_id}/opening",
        f"{stories[1].entry_id}/opening",
    ]


async def test_a_feed_that_a_story_was_taken_from_tells_of_its_kill_too(
    app, publish, say, document
):
    story = await publish("Libel", tags=("left", "kept"))
    await publish("Another", tags=("left", "kept"))
    await app.settle()
    await say(c.TagStory, story, remove=("left",))
    await app.settle()
    await say(c.KillStory, story, reason="Libel.")
    assert "tag/left" in app.views.dirty()
    for name in ("tag/left", "tag/kept"):
        assert [one.ref for one in (await document(name)).deleted] == [story.entry_id]


async def test_a_story_that_was_never_public_leaves_no_trace(publish, say, document, clock):
    story = await publish("Secret", embargo_until=clock.now + timedelta(days=1))
    await say(c.KillStory, story, reason="Libel.")
    assert (await document("stories")).deleted == (await document("updates")).deleted == ()


async def test_a_story_under_a_new_embargo_is_not_deleted_until_it_is_killed(
    app, publish, say, document, clock
):
    story = await publish("Seen", tags=("fog",))
    await publish("Another one", tags=("fog",))
    await say(c.EmbargoStory, story, until=clock.now + timedelta(days=1))
    assert (await document("tag/fog")).deleted == ()
    await say(c.TagStory, story, remove=("fog",))
    await app.settle()
    await say(c.KillStory, story, reason="Libel.")
    assert {"tag/fog", "stories", "updates"} <= set(app.views.dirty())
    assert [one.ref for one in (await document("tag/fog")).deleted] == [story.entry_id]


async def test_a_story_that_is_told_elsewhere_is_deleted_too(app, publish, document):
    story, other = await publish(), await publish("Another one")
    merged = e.StoryMergedInto(target=other.id)
    proposed = app.newsroom.envelope(
        merged, story_stream(story.id), effective=app.newsroom.clock(), actor="editor"
    )
    await app.log.append([proposed])
    [gone] = (await document("stories")).deleted
    assert (gone.ref, gone.legal) == (story.entry_id, False)
    assert "told in another one" in gone.comment


async def test_an_erased_story_still_has_its_tombstones_after_a_rebuild(
    app, publish, say, document
):
    story = await publish()
    await _update(app, story)
    await say(c.KillStory, story, reason="Libel.")
    before = (await document("updates")).deleted
    positions = [one.position async for one in app.log.read_stream(story_stream(story.id))][:2]
    erasure = app.newsroom.envelope(
        e.ContentErased(positions=tuple(positions), kind="legal", reason="An order."),
        story_stream(story.id),
        effective=app.newsroom.clock(),
        actor="editor",
    )
    await app.log.erase(erasure, expect={})
    await app.catch_up()
    assert (await document("updates")).deleted == before
    async with views_at(app.log) as views:
        outputs = Outputs(views, SETTINGS.site, SETTINGS.feeds, SETTINGS.websub)
        assert outputs.document(views.feed("updates")).deleted == before


# ── dates ────────────────────────────────────────────────────────────────────────────────────
async def test_updated_moves_with_news_and_not_with_a_typo(app, publish, say, document):
    story = await publish()

    async def dates():
        feed = await document("stories")
        return feed.updated, feed.entries[0].updated, feed.entries[0].published

    first = await dates()
    await say(c.EditStory, story, headline="Harbour bridge closed", minor=True)
    await say(c.TagStory, story, add=("fog",))
    assert await dates() == first
    for kind, fields in (
        (c.EditStory, {"body": "<p>Another report.</p>"}),
        (c.RetractStory, {"entry_id": "tag:x,2021:r", "reason": "Untrue."}),
        (c.ReinstateStory, {"reason": "True."}),
    ):
        before = await dates()
        await say(kind, story, **fields)
        after = await dates()
        assert after[0] == after[1] > before[1]
        assert after[2] == first[2]
    before = await dates()
    await _do(app, app.newsroom.correction(story.id, was="a", now="b", why="c"))
    assert (await dates())[0] > before[0]


async def test_the_entry_of_a_part_moves_with_that_part_alone(app, publish, say, document):
    story = await publish()
    update = await _update(app, story)

    async def dates():
        return {one.kind: one.updated for one in (await document("updates")).entries}

    first = await dates()
    await say(c.EditStory, story, summary="Typo.", minor=True)
    await say(c.EditUpdate, story, update=update.id, headline="Typo", minor=True)
    assert await dates() == first
    await say(c.EditStory, story, body="<p>Another report.</p>")
    edited = await dates()
    assert edited["publication"] > first["publication"]
    assert edited["update"] == first["update"]
    await say(c.EditUpdate, story, update=update.id, body="<p>Other news.</p>")
    again = await dates()
    assert again["publication"] == edited["publication"]
    assert again["update"] > edited["update"]


async def test_an_empty_feed_is_dated_from_the_beginning_of_the_log(app, publish, document):
    assert (await document("stories")).updated is None
    await publish("Secret", embargo_until=app.newsroom.clock() + timedelta(days=1))
    first, *_ = [one async for one in app.log.read_all()]
    assert (await document("stories")).updated == first.recorded_at
    assert (await document("corrections")).updated == first.recorded_at
    assert {"stories", "corrections"} <= set(app.views.dirty())


async def test_no_feed_is_dated_later_than_the_log(app, publish, document):
    story = await publish()
    ahead = app.newsroom.clock() + timedelta(minutes=4)  # an editor's clock may go ahead
    await _update(app, story, effective=ahead)
    last = [one async for one in app.log.read_all()][-1]
    feed = await document("updates")
    assert max(one.updated for one in feed.entries) <= last.recorded_at
    assert feed.updated <= last.recorded_at


async def test_a_retraction_stays_on_record_beside_its_undoing(publish, say, document):
    story = await publish()
    await say(c.RetractStory, story, entry_id="tag:x,2021:r1", reason="Untrue.")
    await say(c.ReinstateStory, story, reason="True after all.")
    await say(c.RetractStory, story, entry_id="tag:x,2021:r2", reason="Untrue again.")
    feed = await document("updates")
    assert [one.kind for one in feed.entries] == [
        "retraction", "reinstatement", "retraction", "publication",
    ]  # fmt: skip
    now, back, then, _ = feed.entries
    assert (now.id, then.id) == ("tag:x,2021:r2", "tag:x,2021:r1")
    assert "Untrue again." in now.content
    assert "Untrue." in then.content
    assert "True after all." in then.content
    assert "True after all." in back.content
    assert then.updated == back.published > then.published
    assert len({one.id for one in feed.entries}) == 4
    assert [one.id for one in (await document("corrections")).entries] == [now.id, back.id, then.id]


# ── ids ──────────────────────────────────────────────────────────────────────────────────────
async def test_no_setting_moves_an_id(app, publish, tmp_path, clock):
    story = await publish()
    await app.catch_up()

    def ids(views, site):
        outputs = Outputs(views, site, SETTINGS.feeds, SETTINGS.websub)
        feeds = [outputs.document(feed) for feed in views.feeds()]
        return [(feed.id, *(one.id for one in feed.entries)) for feed in feeds]

    elsewhere = SETTINGS.site.model_copy(update={"base_url": "https://other.example.net"})
    assert ids(app.views, SETTINGS.site) == ids(app.views, elsewhere)
    assert ids(app.views, SETTINGS.site)[0][0].startswith("tag:post.example.org,")
    async with open_app(tmp_path, settings=SETTINGS.model_copy(update={"site": elsewhere})) as new:
        await _do(new, c.ChangeSlug(story=story.id, at=new.newsroom.clock(), slug="elsewhere"))
        await new.catch_up()
        assert ids(new.views, elsewhere) == ids(new.views, SETTINGS.site)


# ── work ─────────────────────────────────────────────────────────────────────────────────────
async def test_a_change_builds_the_entries_of_its_story_alone(publish, say, document):
    stories = [await publish(f"Story {number}") for number in range(3)]
    before = {one.id: one for one in (await document("stories")).entries}
    await say(c.EditStory, stories[1], headline="Another headline")
    after = {one.id: one for one in (await document("stories")).entries}
    for story in stories:
        assert (before[story.entry_id] is after[story.entry_id]) == (story.id != stories[1].id)


async def test_an_update_leaves_the_entries_of_other_updates_as_they_are(app, publish, document):
    story = await publish()
    await _update(app, story, "One")
    before = {one.id: one for one in (await document("updates")).entries}
    await _update(app, story, "Two")
    after = {one.id: one for one in (await document("updates")).entries}
    assert {id: after[id] for id in before} == before


async def test_what_is_remembered_gives_what_is_built_anew(app, publish, say, document):
    story = await publish(tags=("fog",), authors=("Ana",))
    names = ("stories", "updates", "corrections", "tag/fog", f"story/{story.id}")
    for kind, fields in (
        (c.EditStory, {"headline": "Two"}),
        (c.ChangeSlug, {"slug": "two"}),
        (c.RetractStory, {"entry_id": "tag:x,2021:r", "reason": "Untrue."}),
        (c.KillStory, {"reason": "Libel."}),
    ):
        await say(kind, story, **fields)
        fresh = Outputs(app.views, SETTINGS.site, SETTINGS.feeds, SETTINGS.websub)
        for name in names:
            if (feed := app.views.feed(name)) is not None:
                assert await document(name) == fresh.document(feed)


async def test_erased_words_leave_what_is_remembered(app, publish, document):
    story = await publish()
    await document("stories")
    edit = c.EditStory(story=story.id, at=app.newsroom.clock(), body="<p>Now.</p>")
    await _do(app, edit)
    await document("stories")
    erasure = app.newsroom.envelope(
        e.ContentErased(positions=(2,), kind="request", reason="Asked for."),
        story_stream(story.id),
        effective=app.newsroom.clock(),
        actor="editor",
    )
    await app.log.erase(erasure, expect={})
    await app.catch_up()  # rebuilds, since what was erased is in the tables
    [entry] = (await document("stories")).entries
    assert "Now." not in entry.content


async def test_a_killed_story_is_a_tombstone_as_of_then_and_none_before(app, publish, say):
    story = await publish()
    other = await publish("Another one")
    await say(c.KillStory, story, reason="Libel.")
    await _update(app, other)
    await app.catch_up()
    outputs = Outputs(app.views, SETTINGS.site, SETTINGS.feeds, SETTINGS.websub)
    for position, told in ((2, False), (3, True), (4, True)):
        past = Past(app.log, app.views, await point_of(app.log, position, SETTINGS.site))
        atom = await past.feed("stories", "atom", outputs, lambda then: then)
        assert (f'ref="{story.entry_id}"'.encode() in atom) == told, position
