"""Commands against a real log: what is acknowledged is there, and nobody overwrites anybody."""

import asyncio

import pytest

from feedstream.domain import commands as c
from feedstream.domain.evolve import fold
from feedstream.domain.ids import story_stream
from feedstream.erasing import Eraser
from feedstream.errors import Refused, StaleRevision
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.newsroom import Newsroom


async def test_a_command_is_recorded_and_the_story_is_as_the_log_has_it(app, publish):
    story = await publish()
    update = app.newsroom.update(story.id, headline="Divers go down", body="<p>Two.</p>")
    outcome = await app.newsroom.execute(update, actor="editor")
    assert [p.position for p in outcome.placed] == [2]
    assert outcome.story == await app.newsroom.load(story.id)
    assert outcome.story.updates[0].headline == "Divers go down"


async def test_what_changes_nothing_is_not_recorded(app, publish):
    story = await publish(tags=("harbour",))
    command = c.TagStory(story=story.id, at=app.newsroom.clock(), add=("harbour",))
    outcome = await app.newsroom.execute(command, actor="editor")
    assert not outcome.changed
    assert (await app.log.head()).position == 1


async def test_html_is_sanitised_before_it_becomes_an_event(app, publish):
    story = await publish()
    body = '<p onclick="x()">Hi<script>alert(1)</script> <a href="javascript:x">a</a>\x00</p>'
    update = app.newsroom.update(story.id, headline="A\x07B", body=body)
    outcome = await app.newsroom.execute(update, actor="editor")
    assert outcome.story.updates[0].body == "<p>Hi <a>a</a></p>"
    assert outcome.story.updates[0].headline == "AB"


async def test_a_batch_is_recorded_whole_or_not_at_all(app, publish):
    story = await publish()
    good = app.newsroom.update(story.id, headline="One", body="<p>1</p>")
    bad = app.newsroom.correction(story.id, was="a", now="b", why=" ")
    with pytest.raises(Refused):
        await app.newsroom.execute_all([good, bad], actor="editor")
    assert (await app.log.head()).position == 1


async def test_many_editors_at_once_lose_nothing(app, publish):
    story = await publish()
    updates = [
        app.newsroom.update(story.id, headline=f"Update {n}", body="<p>x</p>") for n in range(8)
    ]
    await asyncio.gather(
        *(app.newsroom.execute(u, actor=f"editor {n}") for n, u in enumerate(updates))
    )
    after = await app.newsroom.load(story.id)
    assert {u.headline for u in after.updates} == {f"Update {n}" for n in range(8)}
    assert after.revision == 9


async def test_an_edit_on_a_stale_revision_is_refused(app, publish):
    story = await publish()
    await app.newsroom.execute(
        app.newsroom.update(story.id, headline="One", body="<p>1</p>"), actor="editor"
    )
    edit = c.EditStory(story=story.id, at=app.newsroom.clock(), headline="X", if_revision=1)
    with pytest.raises(StaleRevision, match=r"revision 1 .* revision 2"):
        await app.newsroom.execute(edit, actor="editor")


async def test_ids_of_entries_are_minted_once_and_for_good(app, publish):
    story = await publish()
    assert story.entry_id == f"tag:post.example.org,2021-12-03:story/{story.id}"
    recorded = [r async for r in app.log.read_stream(story_stream(story.id))]
    assert recorded[0].event.entry_id == story.entry_id


# ── stories that were folded before ──────────────────────────────────────────────────────────
class Counted:
    """The log, and how many events of streams were read from it."""

    def __init__(self, log):
        self.log = log
        self.read = 0

    def __getattr__(self, name):
        return getattr(self.log, name)

    async def read_stream(self, *args, **options):
        async for recorded in self.log.read_stream(*args, **options):
            self.read += 1
            yield recorded


async def add(newsroom, story, headline):
    update = newsroom.update(story, headline=headline, body=f"<p>{headline}</p>")
    return await newsroom.execute(update, actor="editor")


async def whole(log, story):
    return fold([one async for one in log.read_stream(story_stream(story))])


async def test_a_command_on_a_long_story_reads_only_what_is_new(app, publish):
    story = await publish()
    for number in range(20):
        await add(app.newsroom, story.id, f"Update {number}")
    app.newsroom.log = counted = Counted(app.log)
    outcome = await add(app.newsroom, story.id, "The last one")
    assert counted.read == 1
    assert outcome.story == await whole(app.log, story.id)


async def test_what_others_write_in_between_is_seen(app, publish, clock):
    story = await publish()
    async with await SqliteLog.open(app.home.log, clock=clock) as log:
        other = Newsroom(log, authority="post.example.org", clock=clock)
        for number in range(4):
            for newsroom in (app.newsroom, other, other):
                outcome = await add(newsroom, story.id, f"Update {number}")
                assert outcome.story == await whole(log, story.id)
        assert outcome.story.revision == 13


async def test_what_others_erase_is_forgotten(app, publish, clock):
    story = await publish()
    await add(app.newsroom, story.id, "A libel")
    await add(app.newsroom, story.id, "The truth")
    async with await SqliteLog.open(app.home.log, clock=clock) as log:
        eraser = Eraser(Newsroom(log, authority="post.example.org", clock=clock))
        plan = await eraser.of_positions([2])
        await eraser.carry_out(plan, kind="request", reason="Asked.", actor="editor")
    after = await app.newsroom.load(story.id)
    assert "libel" not in repr(after)
    assert after == await whole(app.log, story.id)
    assert (await add(app.newsroom, story.id, "More")).story == await whole(app.log, story.id)


async def test_stories_without_room_in_memory_are_read_again(app, publish, monkeypatch):
    monkeypatch.setattr("feedstream.newsroom.FOLDED", 0)
    newsroom = Newsroom(app.log, authority="post.example.org", clock=app.newsroom.clock)
    story = await publish()
    for number in range(3):
        outcome = await add(newsroom, story.id, f"Update {number}")
        assert outcome.story == await whole(app.log, story.id)
