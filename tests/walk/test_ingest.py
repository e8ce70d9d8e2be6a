"""Partners' items in: once each, by policy, and never over an editor's words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feedstream import sources
from feedstream.domain import commands as c
from feedstream.domain.ids import wire_item_id
from feedstream.domain.wire import Source, WireItem
from feedstream.errors import NotFound, Refused
from feedstream.wire.running import RunningStories

SOURCE = Source(name="baltic", url="https://wire.example.org/rss", credit="Baltic Desk")
ITEM = WireItem(
    source="baltic",
    guid="1",
    headline="Harbour bridge in Port Elsin to reopen on Monday",
    body="<p>Engineers in Port Elsin said the Harbour bridge will reopen on Monday.</p>",
    url="https://wire.example.org/1",
)
ITEM_ID = wire_item_id("baltic", "1")


@pytest.fixture
async def story(app):
    begin = app.newsroom.begin(
        headline="Port Elsin shuts its Harbour bridge",
        body="<p>Port Elsin closed the Harbour bridge after engineers found cracks.</p>",
    )
    return (await app.newsroom.execute(begin, actor="editor")).story


async def test_the_same_item_twice_is_one_item(app):
    first = await app.ingest.deliver(SOURCE, [ITEM, ITEM])
    again = await app.ingest.deliver(SOURCE, [ITEM])
    assert (first.new, again.new, again.revised) == (1, 0, 0)
    await app.catch_up()
    assert len(app.views.items()) == 1


async def test_white_space_is_no_revision_and_words_are(app):
    await app.ingest.deliver(SOURCE, [ITEM])
    head = (await app.log.head()).position
    await app.ingest.deliver(SOURCE, [replace(ITEM, body=ITEM.body.replace(" ", "  "))])
    assert (await app.log.head()).position == head
    outcome = await app.ingest.deliver(SOURCE, [replace(ITEM, body="<p>On Tuesday.</p>")])
    assert outcome.revised == 1
    assert (await app.newsroom.load_item(ITEM_ID)).version == 2


async def test_suggest_offers_the_story_with_reasons_and_touches_nothing(app, story):
    await app.ingest.deliver(SOURCE, [ITEM])
    item = await app.newsroom.load_item(ITEM_ID)
    assert item.state == "new"
    assert item.candidates[0].story == story.id
    assert item.candidates[0].reasons
    assert (await app.newsroom.load(story.id)).updates == ()


async def test_accepting_attaches_a_credited_update(app, story):
    await sources.put(app, SOURCE, actor="editor")
    await app.ingest.deliver(SOURCE, [ITEM])
    where, update = await app.ingest.accept(ITEM_ID, story.id, actor="editor")
    after = await app.newsroom.load(where)
    assert after.update(update).headline == ITEM.headline
    assert after.update(update).origin.item == ITEM_ID
    assert after.credit_line == "With reporting by Baltic Desk"
    with pytest.raises(Refused, match="already"):
        await app.ingest.accept(ITEM_ID, story.id, actor="editor")
    assert len((await app.newsroom.load(where)).updates) == 1


async def test_a_rejected_item_is_not_offered_again(app, story):
    await app.ingest.deliver(SOURCE, [ITEM])
    await app.ingest.reject(ITEM_ID, reason="Old news.", actor="editor")
    attach = replace(SOURCE, policy="attach")
    await app.ingest.deliver(attach, [replace(ITEM, headline=ITEM.headline + " at noon")])
    assert (await app.newsroom.load_item(ITEM_ID)).state == "rejected"
    assert (await app.newsroom.load(story.id)).updates == ()


async def test_attach_merges_what_clearly_belongs_and_suggests_the_rest(app, story):
    attach = replace(SOURCE, policy="attach")
    other = WireItem(
        source="baltic", guid="2", headline="Cup final ends in a draw", body="<p>Nil all.</p>"
    )
    outcome = await app.ingest.deliver(attach, [ITEM, other])
    assert (outcome.new, outcome.attached) == (2, 1)
    assert len((await app.newsroom.load(story.id)).updates) == 1
    assert (await app.newsroom.load_item(wire_item_id("baltic", "2"))).state == "new"


async def test_publish_opens_a_story_and_follows_its_revisions(app):
    own = replace(SOURCE, policy="publish", section="City")
    await app.ingest.deliver(own, [ITEM])
    item = await app.newsroom.load_item(ITEM_ID)
    await app.ingest.deliver(own, [replace(ITEM, headline="Bridge reopens")])
    story = await app.newsroom.load(item.story)
    assert (story.headline, story.section) == ("Bridge reopens", "City")
    assert (await app.newsroom.load_item(ITEM_ID)).state == "attached"


async def test_an_editors_words_are_never_overwritten(app, story):
    attach = replace(SOURCE, policy="attach")
    await app.ingest.deliver(attach, [ITEM])
    update = (await app.newsroom.load(story.id)).updates[0].id
    edit = c.EditUpdate(story=story.id, at=app.newsroom.clock(), update=update, body="<p>Ours.</p>")
    await app.newsroom.execute(edit, actor="editor")
    await app.ingest.deliver(attach, [replace(ITEM, body="<p>Theirs, revised.</p>")])
    assert (await app.newsroom.load(story.id)).updates[0].body == "<p>Ours.</p>"
    assert (await app.newsroom.load_item(ITEM_ID)).state == "revised"


async def test_detaching_withdraws_the_update_and_frees_the_item(app, story):
    await app.ingest.deliver(replace(SOURCE, policy="attach"), [ITEM])
    await app.ingest.detach(ITEM_ID, reason="Another bridge.", actor="editor")
    assert (await app.newsroom.load(story.id)).updates[0].withdrawn == "Another bridge."
    assert (await app.newsroom.load_item(ITEM_ID)).state == "new"


async def test_hold_waits_for_an_editor(app, story):
    await app.ingest.deliver(replace(SOURCE, policy="hold"), [ITEM])
    item = await app.newsroom.load_item(ITEM_ID)
    assert (item.state, item.candidates) == ("new", ())


async def test_a_canceled_item_is_withdrawn_and_cannot_be_used(app, story):
    await app.ingest.deliver(SOURCE, [ITEM])
    outcome = await app.ingest.deliver(SOURCE, [replace(ITEM, status="canceled")])
    assert outcome.withdrawn == 1
    with pytest.raises(Refused, match="withdrawn"):
        await app.ingest.accept(ITEM_ID, story.id, actor="editor")


async def test_decisions_on_unknown_items_are_refused(app):
    with pytest.raises(NotFound, match="no wire item"):
        await app.ingest.reject("nothing", reason="", actor="editor")


async def test_an_item_that_the_rules_refuse_waits_in_the_inbox_and_holds_nothing_back(app):
    own = replace(SOURCE, policy="publish")
    odd = replace(ITEM, guid="odd", headline="x" * 600)
    outcome = await app.ingest.deliver(own, [odd, ITEM])
    assert (outcome.new, outcome.published) == (2, 1)
    assert (await app.newsroom.load_item(wire_item_id("baltic", "odd"))).state == "new"


async def test_what_the_newsroom_took_out_stays_out(app):
    own = replace(SOURCE, policy="publish")
    await app.ingest.deliver(own, [ITEM])
    story = (await app.newsroom.load_item(ITEM_ID)).story
    kill = c.KillStory(story=story, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")
    await app.ingest.detach(ITEM_ID, reason="Libel.", actor="editor")
    await app.ingest.deliver(own, [replace(ITEM, headline="The same libel, revised")])
    await app.settle()
    assert app.views.stories() == []
    assert (await app.newsroom.load_item(ITEM_ID)).state == "new"


async def test_an_attached_item_that_was_taken_out_is_not_attached_again(app, story):
    attach = replace(SOURCE, policy="attach")
    await app.ingest.deliver(attach, [ITEM])
    await app.ingest.detach(ITEM_ID, reason="Another bridge.", actor="editor")
    await app.ingest.deliver(attach, [replace(ITEM, headline=ITEM.headline + " at noon")])
    [update] = (await app.newsroom.load(story.id)).updates
    assert update.withdrawn == "Another bridge."
    await app.ingest.accept(ITEM_ID, story.id, actor="editor")
    assert (await app.newsroom.load_item(ITEM_ID)).state == "attached"


async def test_a_revised_summary_is_taken_over(app):
    own = replace(SOURCE, policy="publish")
    first = replace(ITEM, summary="Shut until Monday.")
    await app.ingest.deliver(own, [first])
    await app.ingest.deliver(own, [replace(first, summary="Shut until Tuesday.")])
    item = await app.newsroom.load_item(ITEM_ID)
    assert (await app.newsroom.load(item.story)).summary == "Shut until Tuesday."


async def test_a_date_before_all_newspapers_is_taken_for_none(app):
    own = replace(SOURCE, policy="publish")
    await app.ingest.deliver(own, [replace(ITEM, published=datetime(1, 1, 1, tzinfo=UTC))])
    await app.settle()
    [row] = app.views.stories()
    assert row.story.published.year == 2021


async def test_running_stories_are_read_again_only_after_a_change(app, story):
    await app.catch_up()
    running = RunningStories(app.views, app.settings.site)
    [before] = running.texts()
    [again] = running.texts()
    assert again is before
    assert before.url == f"https://post.example.org/stories/{story.slug}"
    update = app.newsroom.update(story.id, headline="Cracks grow", body="<p>By noon.</p>")
    await app.newsroom.execute(update, actor="editor")
    await app.catch_up()
    [after] = running.texts()
    assert "Cracks grow" in after.text
    close = c.CloseStory(story=story.id, at=app.newsroom.clock())
    await app.newsroom.execute(close, actor="editor")
    await app.catch_up()
    assert running.texts() == ()


async def test_a_words_likeness_to_a_slug_is_no_link(app):
    begin = app.newsroom.begin(headline="Rain", slug="rain", body="<p>It rains on the hills.</p>")
    await app.newsroom.execute(begin, actor="editor")
    item = replace(ITEM, headline="Goalkeeper signs", body="<p>In the rain he signed.</p>")
    await app.ingest.deliver(SOURCE, [item])
    assert (await app.newsroom.load_item(ITEM_ID)).candidates == ()


async def test_a_category_that_is_too_long_for_a_tag_is_left_out(app):
    own = replace(SOURCE, policy="publish")
    await app.ingest.deliver(own, [replace(ITEM, categories=("x" * 150, "Bridges"))])
    await app.catch_up()
    [row] = app.views.stories()
    assert row.story.tags == ("Bridges",)


async def test_an_item_that_opened_a_story_is_not_taken_out_while_its_text_stands(app):
    own = replace(SOURCE, policy="publish")
    await app.ingest.deliver(own, [ITEM])
    with pytest.raises(Refused, match="retract or kill"):
        await app.ingest.detach(ITEM_ID, reason="Not ours.", actor="editor")
    item = await app.newsroom.load_item(ITEM_ID)
    retract = app.newsroom.retraction(item.story, reason="Never happened.")
    await app.newsroom.execute(retract, actor="editor")
    await app.ingest.detach(ITEM_ID, reason="Not ours.", actor="editor")
    assert (await app.newsroom.load_item(ITEM_ID)).story == ""


async def test_the_credit_goes_with_the_last_item_that_earned_it(app, story):
    attach = replace(SOURCE, policy="attach")
    other = replace(ITEM, guid="2", headline="Harbour bridge in Port Elsin: cracks measured")
    await app.ingest.deliver(attach, [ITEM, other])
    assert (await app.newsroom.load(story.id)).credit_line == "With reporting by Baltic Desk"
    await app.ingest.detach(ITEM_ID, reason="Old.", actor="editor")
    assert (await app.newsroom.load(story.id)).credits
    await app.ingest.detach(wire_item_id("baltic", "2"), reason="Old.", actor="editor")
    assert (await app.newsroom.load(story.id)).credits == ()


async def test_what_a_killed_story_used_waits_for_no_decision(app):
    own = replace(SOURCE, policy="publish")
    await app.ingest.deliver(own, [ITEM])
    story = (await app.newsroom.load_item(ITEM_ID)).story
    kill = c.KillStory(story=story, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")
    await app.ingest.deliver(own, [replace(ITEM, headline="Revised")])
    await app.catch_up()
    assert app.views.items(states_wanted=("new", "revised")) == []
    with pytest.raises(Refused, match="is killed"):
        await app.ingest.accept(ITEM_ID, "", actor="editor")
