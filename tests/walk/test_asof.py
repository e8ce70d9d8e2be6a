"""As of a position: the same as a replay to it, without one; and nothing that was taken back."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all

from feedstream.asof import Past, as_public, parse_moment, point_of
from feedstream.bootstrap import open_app
from feedstream.domain import commands as c
from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.transfer import import_
from feedstream.publish import Outputs
from feedstream.replay import views_at
from tests.walk.conftest import SETTINGS, TickingClock
from tests.walk.test_publishing import act, histories

SAMPLE = Path(__file__).parents[2] / "events" / "sample.jsonl"


def _outputs(app, views):
    return Outputs(views, app.settings.site, app.settings.feeds, app.settings.websub)


async def _is_replay(app, positions):
    outputs = _outputs(app, app.views)
    for position in positions:
        point = await point_of(app.log, position, app.settings.site)
        past = Past(app.log, app.views, point)
        async with views_at(app.log, position=position) as views:
            files = dict(_outputs(app, views).files())
        for file, content in files.items():
            name, _, ending = file.partition(".")  # other outputs have longer ones
            if ending in ("rss", "atom", "json"):
                then = await past.feed(name, ending, outputs, lambda story: story)
                assert then == content, (position, file)


async def test_every_feed_of_the_sample_at_positions_all_along(app):
    await import_(app.log, SAMPLE.read_bytes().splitlines())
    await app.catch_up()
    head = (await app.log.head()).position
    await _is_replay(app, range(1, head + 1, 3))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@for_all(histories)
def test_every_feed_of_any_history(tmp_path_factory, history):
    async def check(home):
        clock = TickingClock()
        (home / "feedstream.toml").write_text("")
        async with open_app(home, settings=SETTINGS, clock=clock) as app:
            stories = []
            for number in range(2):
                begin = app.newsroom.begin(
                    headline=f"Story {number}", body="<p>x</p>", slug="s0", tags=("t0",)
                )
                stories.append((await app.newsroom.execute(begin, actor="editor")).story.id)
            for kind, which in history:
                await act(app, kind, stories[which], clock)
            await app.catch_up()
            head = (await app.log.head()).position
            await _is_replay(app, range(1, head + 1))

    asyncio.run(check(tmp_path_factory.mktemp("home")))


async def _past(app, moment):
    await app.catch_up()
    return Past(app.log, app.views, await point_of(app.log, moment, app.settings.site))


async def test_a_story_by_position_instant_and_day(app, publish, clock):
    story = await publish("One")
    middle = clock.now
    update = app.newsroom.update(story.id, headline="More", body="<p>More.</p>")
    await app.newsroom.execute(update, actor="editor")
    for moment in (1, middle):
        then = await (await _past(app, moment)).story(story.id)
        assert (then.story.updates, then.slug) == ((), story.slug)
    today = await (await _past(app, clock.now.date())).story(story.id)
    assert len(today.story.updates) == 1
    with pytest.raises(NotFound, match="no event then"):
        await _past(app, datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFound, match="no position 9"):
        await _past(app, 9)


@pytest.mark.parametrize("text", ["yesterday", "-1", "", "9" * 40, "2021-13-01", "١"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(Invalid, match="or a position such as 17"):
        parse_moment(text)


async def test_the_public_sees_nothing_that_was_taken_back_since(app, publish, clock):
    story = await publish("One")
    update = app.newsroom.update(story.id, headline="More", body="<p>A wrong name.</p>")
    await app.newsroom.execute(update, actor="editor")
    past = (await (await _past(app, 2)).story(story.id)).story
    assert as_public(past, past) == past
    withdraw = c.WithdrawUpdate(
        story=story.id, at=app.newsroom.clock(), update=update.update, reason="Wrong name."
    )
    present = (await app.newsroom.execute(withdraw, actor="editor")).story
    [shown] = as_public(past, present).updates
    assert (shown.body, shown.withdrawn) == ("", "Wrong name.")
    retracted = (
        await app.newsroom.execute(
            app.newsroom.retraction(story.id, reason="Never happened."), actor="editor"
        )
    ).story
    assert as_public(past, retracted) == retracted
    until = clock.now + timedelta(days=1)
    hide = c.EmbargoStory(story=story.id, at=app.newsroom.clock(), until=until)
    assert as_public(past, (await app.newsroom.execute(hide, actor="editor")).story) is None
    kill = c.KillStory(story=story.id, at=app.newsroom.clock(), reason="Libel.")
    assert as_public(past, (await app.newsroom.execute(kill, actor="editor")).story) is None
    assert as_public(past, None) is None
