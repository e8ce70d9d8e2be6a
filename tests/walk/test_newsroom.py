"""Commands against a real log: what is acknowledged is there, and nobody overwrites anybody."""

import asyncio

import pytest

from feedstream.domain import commands as c
from feedstream.domain.ids import story_stream
from feedstream.errors import Refused, StaleRevision


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
