"""The read model's own laws: its state is the fold of the log, however the log comes in."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.bootstrap import open_app
from feedstream.projections.views import Views
from tests.walk.conftest import SETTINGS, TickingClock
from tests.walk.test_publishing import act, histories


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@for_all(histories, st.integers(1, 4))
def test_pages_of_any_size_give_the_same_state_as_the_log(tmp_path_factory, history, size):
    asyncio.run(_same(tmp_path_factory.mktemp("home"), history, size))


async def _same(home, history, size):
    clock = TickingClock()
    (home / "feedstream.toml").write_text("")
    async with open_app(home, settings=SETTINGS, clock=clock) as app:
        stories = []
        for number in range(2):
            begin = app.newsroom.begin(headline=f"Story {number}", body="<p>x</p>", tags=("t0",))
            stories.append((await app.newsroom.execute(begin, actor="editor")).story.id)
        await app.catch_up()
        for kind, which in history:
            await act(app, kind, stories[which], clock)
            await app.catch_up()  # an event at a time, with what is remembered in between
        pages = [page async for page in app.log.read_pages(size=size)]
        once = Views(home / "once.db")
        for page in pages:
            once.apply(page)
        once.close()
        again = Views(home / "once.db")  # nothing is remembered
        for story in stories:
            folded = await app.newsroom.load(story)
            assert app.views.story(story).story == folded
            assert again.story(story).story == folded
        assert again.feeds() == app.views.feeds()
        assert [row.slug for row in again.stories()] == [row.slug for row in app.views.stories()]
        again.close()


async def test_states_that_a_transaction_took_back_are_forgotten(app, publish, monkeypatch):
    story = await publish("One")
    await app.catch_up()
    update = app.newsroom.update(story.id, headline="More", body="<p>More.</p>")
    await app.newsroom.execute(update, actor="editor")
    pages = [page async for page in app.log.read_pages(1)]
    monkeypatch.setattr(app.views, "_set_meta", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        app.views.apply(pages[0])
    monkeypatch.undo()
    assert app.views.checkpoint == 1
    app.views.apply(pages[0])
    assert len(app.views.story(story.id).story.updates) == 1
