"""Events in, files out: only what changed, nothing hidden, and a replay gives the same bytes."""

import asyncio
import html
import os
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import feedparser
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.bootstrap import open_app
from feedstream.domain import commands as c
from feedstream.domain.decide import decide
from feedstream.domain.events import FeedDefined
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import story_stream
from feedstream.errors import FeedstreamError
from feedstream.live import Follower
from feedstream.projections.ledger import REMOVED
from feedstream.projections.tables import Database
from feedstream.publish import feed_of_file, is_list
from feedstream.publish.files import SUFFIXES
from feedstream.publish.places import GENERATIONS
from feedstream.replay import render_to, views_at
from feedstream.schedule import Schedule
from tests.walk.conftest import SETTINGS, TickingClock


def tree(folder):
    """Every published file and its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in SUFFIXES.values() and GENERATIONS not in path.parts
    }


def everything(folder):
    return b"\n".join(tree(folder).values()).decode()


async def test_publishing_a_story_writes_its_feeds(app, publish):
    story = await publish(section="City", tags=("harbour",))
    await app.settle()
    names = set(tree(app.home.feeds))
    for name in (
        "stories",
        "updates",
        "corrections",
        "section/city",
        "tag/harbour",
        f"story/{story.id}",
    ):
        assert {f"{name}.rss", f"{name}.atom", f"{name}.json"} <= names
    assert "index.opml" in names


async def test_nothing_is_written_again_when_nothing_changed(app, publish):
    await publish()
    await app.settle()
    assert (await app.settle()).written == ()


async def test_a_change_writes_only_the_feeds_it_touches(app, publish):
    await publish("One", tags=("a",))
    two = await publish("Two", tags=("b",))
    await app.settle()
    update = app.newsroom.update(two.id, headline="More", body="<p>More.</p>")
    await app.newsroom.execute(update, actor="editor")
    written = (await app.settle()).written
    feeds = {feed_of_file(name) for name in written if not is_list(name)}
    assert feeds == {"stories", "updates", "tag/b", f"story/{two.id}"}
    assert {name for name in written if is_list(name)} == {"sitemap.xml", "sitemap-1.xml"}


async def test_an_update_changes_the_story_entry_and_adds_an_update_entry(app, publish):
    story = await publish()
    await app.settle()
    before = feedparser.parse((app.home.feeds / "stories.atom").read_bytes())
    update = app.newsroom.update(story.id, headline="Divers go down", body="<p>Two divers.</p>")
    await app.newsroom.execute(update, actor="editor")
    await app.settle()
    after = feedparser.parse((app.home.feeds / "stories.atom").read_bytes())
    assert [e.id for e in after.entries] == [e.id for e in before.entries] == [story.entry_id]
    assert after.entries[0].published == before.entries[0].published
    assert after.entries[0].updated > before.entries[0].updated
    assert "Two divers." in after.entries[0].content[0].value
    updates = feedparser.parse((app.home.feeds / "updates.atom").read_bytes())
    assert len(updates.entries) == 2
    assert updates.entries[0].title.endswith("Divers go down")


async def test_an_embargoed_story_is_nowhere_until_it_is_lifted(app, publish, clock):
    story = await publish(
        "Secret merger", tags=("quiet-tag",), embargo_until=clock.now + timedelta(hours=1)
    )
    await app.settle()
    assert "Secret" not in everything(app.home.feeds)
    assert not any("quiet-tag" in name or story.id in name for name in tree(app.home.feeds))
    lift = c.LiftEmbargo(story=story.id, at=app.newsroom.clock(), reason="It is out.")
    await app.newsroom.execute(lift, actor="editor")
    await app.settle()
    assert "Secret merger" in everything(app.home.feeds)


async def test_a_killed_story_leaves_every_file_and_takes_its_own_feeds_along(app, publish):
    await publish("Another one", tags=("harbour",))
    story = await publish("Libel", tags=("libel-tag", "harbour"))
    await app.settle()
    kill = c.KillStory(story=story.id, at=app.newsroom.clock(), reason="A court order.", legal=True)
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    assert "Libel" not in everything(app.home.feeds)
    assert "libel-tag" not in everything(app.home.feeds)
    left = {str(p.relative_to(app.home.feeds)) for p in app.home.feeds.rglob("*") if p.is_file()}
    assert not any("libel-tag" in name for name in left)
    # News systems are told that it was canceled: that, and nothing of what it said.
    records = {f"story/{story.id}.ninjs.json", f"story/{story.id}.newsml.xml"}
    assert {name for name in tree(app.home.feeds) if story.id in name} == records
    assert "tag/harbour.rss" in left


async def test_a_feed_of_the_sites_own_selects(app, publish):
    feed = FeedDefinition(name="front", title="Front page", tag="front")
    proposed = app.newsroom.envelope(
        FeedDefined(feed=feed), "feed-front", effective=app.newsroom.clock(), actor="editor"
    )
    await app.log.append([proposed])
    await publish("On it", tags=("front",))
    await publish("Not on it")
    await app.settle()
    text = (app.home.feeds / "front.rss").read_text()
    assert "On it" in text
    assert "Not on it" not in text


async def test_two_stories_with_one_slug_get_two_addresses(app, publish):
    await publish(slug="bridge")
    second = await publish(slug="bridge")
    await app.catch_up()
    assert app.views.by_slug("bridge").story.id != second.id
    assert app.views.story(second.id).slug == f"bridge-{second.id[-6:]}"


async def test_unknown_label_scripts_still_get_feeds(app, publish):
    await publish("Мост", tags=("Мост", "橋", "🌉"))
    published = await app.settle()
    assert len({n for n in published.written if n.startswith("tag/")}) == 9


COMMANDS = (
    "update",
    "edit",
    "tag",
    "correct",
    "retract",
    "reinstate",
    "kill",
    "embargo",
    "lift",
    "slug",
)


async def act(app, kind, story, clock):
    """One command of a random history; what the rules refuse does not happen."""
    room, at = app.newsroom, clock()
    command = {
        "update": lambda: room.update(story, headline="News", body="<p>n</p>"),
        "edit": lambda: c.EditStory(story=story, at=at, body=f"<p>{at}</p>"),
        "tag": lambda: c.TagStory(story=story, at=at, add=(f"t{at.second % 3}",), remove=("t0",)),
        "correct": lambda: room.correction(story, was="a", now="b", why="c"),
        "retract": lambda: room.retraction(story, reason="It never happened."),
        "reinstate": lambda: c.ReinstateStory(story=story, at=at, reason="It did."),
        "kill": lambda: c.KillStory(story=story, at=at, reason="Safety."),
        "embargo": lambda: c.EmbargoStory(story=story, at=at, until=at + timedelta(days=1)),
        "lift": lambda: c.LiftEmbargo(story=story, at=at, reason="Now."),
        "slug": lambda: c.ChangeSlug(story=story, at=at, slug=f"s{at.second % 4}"),
    }[kind]()
    try:
        await room.execute(command, actor="editor")
    except FeedstreamError:
        return


histories = st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(0, 1)), max_size=10)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@for_all(histories)
def test_replay_gives_the_bytes_that_were_published_at_every_position(tmp_path_factory, history):
    import asyncio

    asyncio.run(_replay_is_live(tmp_path_factory.mktemp("home"), history))


async def _replay_is_live(home, history):
    clock = TickingClock()
    (home / "feedstream.toml").write_text("")
    async with open_app(home, settings=SETTINGS, clock=clock) as app:
        published = {}
        stories = []
        for number in range(2):
            begin = app.newsroom.begin(
                headline=f"Story {number}", body="<p>x</p>", slug="s0", tags=("t0", f"only{number}")
            )
            stories.append((await app.newsroom.execute(begin, actor="editor")).story.id)
            await app.settle()
            published[(await app.log.head()).position] = tree(app.home.feeds)
        for kind, which in history:
            await act(app, kind, stories[which], clock)
            await app.settle()
            published[(await app.log.head()).position] = tree(app.home.feeds)
        for position, files in published.items():
            out = home / f"out-{position}"
            async with views_at(app.log, position=position) as views:
                render_to(views, SETTINGS, out)
            assert tree(out) == files


async def test_a_position_that_the_log_does_not_have_is_refused(app, publish):
    await publish()
    with pytest.raises(FeedstreamError, match="no position 7: it goes from 1 to 1"):
        async with views_at(app.log, position=7):
            pass


async def test_a_read_model_that_was_lost_is_built_again(app, publish, tmp_path):
    await publish(tags=("harbour",))
    await app.settle()
    before = tree(app.home.feeds)
    for path in tmp_path.glob("events/views.db*"):
        path.unlink()
    async with open_app(tmp_path, settings=SETTINGS) as again:
        await again.settle()
        assert tree(again.home.feeds) == before


async def test_a_tag_that_was_taken_off_before_a_kill_is_named_nowhere(app, publish):
    await publish("Another one", tags=("harbour",))
    story = await publish("Libel", tags=("libel-tag",))
    await app.settle()
    tag = c.TagStory(story=story.id, at=app.newsroom.clock(), remove=("libel-tag",))
    await app.newsroom.execute(tag, actor="editor")
    await app.settle()
    kill = c.KillStory(story=story.id, at=app.newsroom.clock(), reason="A court order.")
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    assert "libel-tag" not in everything(app.home.feeds)
    assert not any("libel-tag" in name for name in tree(app.home.feeds))
    assert "tag/harbour.rss" in tree(app.home.feeds)


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "A b", ".hidden"])
async def test_no_name_leads_out_of_the_folder(app, publish, name):
    feed = FeedDefinition(name=name, title="Out")
    proposed = app.newsroom.envelope(
        FeedDefined(feed=feed), "feed-x", effective=app.newsroom.clock(), actor="a stranger"
    )
    await app.log.append([proposed])
    await publish("A story")
    before = set(app.home.root.parent.rglob("*outside*"))
    await app.settle()
    assert set(app.home.root.parent.rglob("*outside*")) == before
    assert "stories.rss" in tree(app.home.feeds)
    assert "Out" not in (app.home.feeds / "index.opml").read_text()


async def test_a_plain_summary_keeps_every_word(app, publish):
    await publish(summary="Depth <2 m & falling")
    await app.settle()
    entry = feedparser.parse((app.home.feeds / "stories.atom").read_bytes()).entries[0]
    assert "2 m & falling" in html.unescape(entry.summary)


async def test_a_date_at_the_end_of_the_calendar_stops_nothing(app, publish):
    await publish("A story")
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        begun = app.newsroom.begin(headline=f"From {at.year}", body="<p>Old.</p>")
        [event] = decide(begun, None)
        proposed = app.newsroom.envelope(
            event, story_stream(begun.story), effective=at, actor="a stranger"
        )
        await app.log.append([proposed])
        update = app.newsroom.update(begun.story, headline="More", body="<p>More.</p>")
        await app.newsroom.execute(update, actor="editor")
    await app.settle()
    assert "From 9999" in everything(app.home.feeds)


async def test_the_ledger_has_each_change_of_a_file_and_which_bytes_it_had(app, publish):
    story = await publish("One", tags=("a",))
    first = await app.settle()
    update = app.newsroom.update(story.id, headline="More", body="<p>More.</p>")
    await app.newsroom.execute(update, actor="editor")
    await app.settle()
    await app.settle()
    rows = [row for row in app.ledger.rows() if row.file == "stories.atom"]
    assert [row.position for row in rows] == [1, 2]
    assert rows[-1].digest == sha256((app.home.feeds / "stories.atom").read_bytes()).hexdigest()
    assert {"index.opml", "tag/a.json"} <= set(first.changed)
    kill = c.KillStory(story=story.id, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")
    gone = await app.settle()
    assert app.ledger.digest_of("tag/a.json") == REMOVED
    assert "tag/a.json" in gone.changed


async def test_what_another_process_published_counts_as_changed(app, publish, clock):
    await app.settle()
    async with open_app(app.home.root, settings=SETTINGS, clock=clock) as other:
        begin = other.newsroom.begin(headline="From the desk", body="<p>New.</p>")
        await other.newsroom.execute(begin, actor="editor")
        await other.settle()
    published = await app.settle()
    assert published.written == ()
    assert "stories.rss" in published.changed
    assert (await app.settle()).changed == ()


def test_connections_of_threads_that_ended_are_closed(tmp_path):
    database = Database(tmp_path / "views.db")
    for _ in range(20):
        thread = threading.Thread(target=lambda: database.connection.execute("SELECT 1").fetchall())
        thread.start()
        thread.join()
    open_files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    assert len([path for path in open_files if path.endswith("views.db")]) <= 2
    database.close()


async def test_a_refused_lift_holds_back_neither_the_others_nor_the_sources(app, publish, clock):
    killed = await publish("One", embargo_until=clock.now + timedelta(minutes=1))
    due = await publish("Two", embargo_until=clock.now + timedelta(minutes=2))
    await app.settle()
    kill = c.KillStory(story=killed.id, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")  # the read model has not heard of it yet
    clock.now += timedelta(minutes=5)
    schedule = Schedule(app)
    await schedule.start()
    await schedule.stop()
    assert (await app.newsroom.load(due.id)).is_public


async def test_a_cancelled_follower_lets_go_of_the_files_first(app, publish):
    follower = Follower(app.log, app.views, app.publisher)
    started, end = threading.Event(), threading.Event()
    run = app.publisher.run

    def slow():
        started.set()
        end.wait(10)
        return run()

    app.publisher.run = slow
    await publish("A story")
    task = asyncio.create_task(follower.run())
    await asyncio.to_thread(started.wait, 10)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    end.set()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_fault_of_ours_is_told_and_tried_again(app, publish, caplog):
    follower = Follower(app.log, app.views, app.publisher)
    run, faults = app.publisher.run, iter([ZeroDivisionError("by our own fault")])

    def faulty():
        for fault in faults:
            raise fault
        return run()

    app.publisher.run = faulty
    await publish("A story")
    task = asyncio.create_task(follower.run())
    while not follower.trouble:
        await asyncio.sleep(0.01)
    assert "ZeroDivisionError" in caplog.text
    while not follower.settled:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert (follower.trouble, follower.position) == ("", 1)


async def test_a_kill_leaves_empty_feeds_of_other_stories_standing(app, publish):
    killed = await publish("One", tags=("secret",))
    other = await publish("Two", tags=("fog",))
    tag = c.TagStory(story=other.id, at=app.newsroom.clock(), remove=("fog",))
    await app.newsroom.execute(tag, actor="editor")
    await app.settle()
    kill = c.KillStory(story=killed.id, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    names = set(tree(app.home.feeds))
    assert "tag/fog.rss" in names
    assert "tag/secret.rss" not in names


async def test_a_feed_that_can_not_be_written_holds_up_no_other(app, publish):
    story = await publish("One", tags=("blocked",))
    (app.home.feeds / "tag").mkdir()
    (app.home.feeds / "tag" / "blocked.rss").mkdir()
    published = await app.settle()
    assert published.failed == ("tag/blocked",)
    assert "can't be written" in published.trouble
    assert "One" in (app.home.feeds / "stories.rss").read_text()
    kill = c.KillStory(story=story.id, at=app.newsroom.clock(), reason="Libel.")
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    assert "One" not in (app.home.feeds / "stories.rss").read_text()
    (app.home.feeds / "tag" / "blocked.rss").rmdir()
    assert (await app.settle()).failed == ()


async def test_what_a_killed_writer_of_an_earlier_version_left_is_swept_away(app, publish):
    await publish("One")
    left = app.home.feeds / "story" / ".x1.part"
    left.parent.mkdir()
    left.write_text("a killed story's words")
    await app.settle()
    assert not left.exists()


async def test_whoever_publishes_does_so_with_the_settings_of_today(tmp_path):
    config = tmp_path / "feedstream.toml"
    config.write_text('[site]\ndescription = "Old words"\n')
    async with open_app(tmp_path) as server:
        await server.settle()
        config.write_text('[site]\ndescription = "New words"\n')
        async with open_app(tmp_path) as desk:
            await desk.catch_up()  # a command that only reads
        begin = server.newsroom.begin(headline="One", body="<p>Two.</p>")
        await server.newsroom.execute(begin, actor="editor")
        await server.settle()
        text = (tmp_path / "feeds" / "updates.rss").read_text()
        assert "New words" in text
        config.write_text("[site\n")
        assert (await server.settle()).written == ()


async def test_a_change_of_settings_moves_the_time_of_a_file(tmp_path):
    config = tmp_path / "feedstream.toml"
    config.write_text('[site]\ndescription = "Old words"\n')
    async with open_app(tmp_path) as app:
        await app.settle()
        path = tmp_path / "feeds" / "stories.rss"
        before = int(path.stat().st_mtime)
        config.write_text('[site]\ndescription = "New words"\n')
        await app.settle()
        assert int(path.stat().st_mtime) > before
