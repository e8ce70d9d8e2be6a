"""The publish ledger proves that a replay gives what was published; and finds what does not."""

import asyncio
import gzip
import json

import apsw
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream import __version__
from feedstream.domain import commands as c
from feedstream.domain.events import ContentErased
from feedstream.replay import replay_to, views_at
from feedstream.replay.check import check_published
from feedstream.replay.disk import check_disk
from tests.cli.conftest import one
from tests.replay.conftest import (
    ACTS,
    OTHER_SETTINGS,
    History,
    cut_off,
    digest,
    opened,
    publish,
    tree,
)

histories = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 1)), max_size=14)


@settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(histories)
def test_all_that_random_histories_published_is_replayed_to_the_byte(tmp_path_factory, acts):
    asyncio.run(_replayed(tmp_path_factory.mktemp("history"), acts))


async def _replayed(place, acts):
    history = History(place / "newsroom")
    await history.begin()
    for kind, which in acts:
        await history.act(kind, which)
    async with opened(history.home, history.settings, history.clock) as app:
        found = await check_published(app.log, app.ledger)
        assert found.first is None
        assert (found.equal, found.different, found.withheld) == (found.files, 0, 0)
        assert check_disk(app.home.feeds, app.ledger, app.views.dirty()).faults == ()
        await history.publish(app)
        found = await check_published(app.log, app.ledger)
        assert found.files == found.equal == app.ledger.last > 0
        disk = check_disk(app.home.feeds, app.ledger, ())
        assert (disk.faults, disk.unfinished) == ((), ())


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(histories)
def test_a_replay_into_one_folder_gives_exactly_each_site_forwards_and_back(tmp_path_factory, acts):
    asyncio.run(_walked(tmp_path_factory.mktemp("history"), acts))


async def _walked(place, acts):
    history = History(place / "newsroom")
    await history.begin()
    for kind, which in acts:
        if kind in ("other settings", "cut off"):
            continue
        await history.act(kind, which)
        await history.act("publish", 0)
    async with opened(history.home) as app:
        positions = list(history.published)
        for position in (*positions, *reversed(positions)):
            async with views_at(app.log, position=position) as views:
                replay_to(views, app.settings, place / "out")
            replayed = tree(place / "out")
            replayed.pop("feedstream-replay.sha256")
            assert replayed == history.published[position]


async def published_twice(app):
    story = await publish(app, "One", tags=("a",))
    await app.settle()
    update = app.newsroom.update(story, headline="More", body="<p>More.</p>")
    await app.newsroom.execute(update, actor="editor")
    await app.settle()
    return story


def tamper(app, statement, *values):
    """Another program writes to the ledger's file."""
    with apsw.Connection(str(app.home.ledger)) as db:
        db.execute(statement, values)


async def test_the_first_difference_is_named_with_position_file_and_digests(app):
    await published_twice(app)
    true = digest((app.home.feeds / "stories.rss").read_bytes())
    wrong = "UPDATE published SET digest = ? WHERE position = 2 AND file = 'stories.rss'"
    tamper(app, wrong, "f" * 64)
    found = await check_published(app.log, app.ledger)
    assert (found.different, found.equal) == (1, found.files - 1)
    first = found.first
    assert (first.position, first.file, first.version) == (2, "stories.rss", __version__)
    assert (first.expected, first.actual) == ("f" * 64, true)
    assert (await check_published(app.log, app.ledger, upto=1)).different == 0


async def test_a_file_that_was_published_and_one_that_was_removed_by_the_ledger_alone_differ(app):
    await published_twice(app)
    row = "INSERT INTO published SELECT NULL, 1, ?, ?, settings FROM published LIMIT 1"
    tamper(app, row, "tag/none.rss", "a" * 64)
    tamper(app, row, "tag/a.rss", "")
    found = await check_published(app.log, app.ledger)
    assert {(d.file, d.actual == "") for d in found.differences} == {
        ("tag/none.rss", True),
        ("tag/a.rss", False),
    }


async def test_what_the_ledger_has_beyond_the_log_differs(app):
    await published_twice(app)
    tamper(app, "UPDATE published SET position = 9 WHERE position = 2 AND file = 'stories.rss'")
    found = await check_published(app.log, app.ledger)
    assert (found.beyond, found.different, found.first.position) == (1, 1, 9)


async def test_what_another_version_published_counts_unless_only_this_one_is_asked_for(app):
    await published_twice(app)
    tamper(app, "UPDATE settings SET version = '0.0.1'")
    assert (await check_published(app.log, app.ledger)).different == 0
    tamper(app, "UPDATE published SET digest = ? WHERE file = 'stories.rss'", "f" * 64)
    found = await check_published(app.log, app.ledger)
    assert (found.different, found.excused, found.first.version) == (2, 0, "0.0.1")
    found = await check_published(app.log, app.ledger, this_version=True)
    assert (found.different, found.excused) == (0, 2)


async def test_settings_that_nobody_knows_any_more_are_a_difference_and_no_crash(app):
    await published_twice(app)
    tamper(app, 'UPDATE settings SET settings = \'{"site": {"new": 1}, "feeds": {}}\'')
    found = await check_published(app.log, app.ledger)
    assert found.different == found.files


async def test_each_row_is_rendered_with_the_settings_it_was_published_with(app, monkeypatch):
    await published_twice(app)
    async with opened(app.home.root, OTHER_SETTINGS) as other:
        await other.settle()
        assert "Evening" in (other.home.feeds / "index.opml").read_text()
    monkeypatch.setenv("FEEDSTREAM_SITE__TITLE", "From the environment")
    found = await check_published(app.log, app.ledger)
    assert (found.different, found.equal) == (0, app.ledger.last)


async def test_what_an_erasure_withholds_is_no_difference_and_is_counted(app):
    story = await published_twice(app)
    kill = c.KillStory(story=story, at=app.newsroom.clock(), reason="A court order.")
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    before = await check_published(app.log, app.ledger)
    assert before.equal == before.files
    erasure = ContentErased(positions=(1, 2), kind="legal", reason="A court order.")
    proposed = app.newsroom.envelope(
        erasure, f"story-{story}", effective=app.newsroom.clock(), actor="editor"
    )
    await app.log.erase(proposed)
    found = await check_published(app.log, app.ledger)
    assert found.different == 0
    assert found.withheld > 0
    assert found.equal + found.withheld == found.files


# ── the files as they are now ────────────────────────────────────────────────────────────────
async def test_each_file_that_somebody_touched_is_named(app):
    story = await published_twice(app)
    await publish(app, "Two", tags=("b",))
    await app.settle()
    kill = c.KillStory(story=story, at=app.newsroom.clock(), reason="Unsafe.")
    await app.newsroom.execute(kill, actor="editor")
    await app.settle()
    feeds = app.home.feeds
    (feeds / "stories.rss").write_bytes((feeds / "stories.rss").read_bytes() + b" ")
    (feeds / "updates.json").unlink()
    (feeds / "tag/b.atom.gz").write_bytes(gzip.compress(b"other"))
    (feeds / "tag/a.rss").write_text("back again")
    (feeds / "notes.txt").write_text("not ours")
    found = check_disk(feeds, app.ledger, app.views.dirty())
    assert {(fault.file, fault.fault) for fault in found.faults} == {
        ("stories.rss", "changed"),
        ("updates.json", "missing"),
        ("tag/b.atom.gz", "other coding"),
        ("tag/a.rss", "not removed"),
    }
    changed = next(fault for fault in found.faults if fault.fault == "changed")
    assert changed.actual == digest((feeds / "stories.rss").read_bytes())


async def test_what_a_cut_off_publisher_left_is_unfinished_and_then_finished(app):
    story = await published_twice(app)
    edit = c.EditStory(story=story, at=app.newsroom.clock(), headline="One and a half")
    await app.newsroom.execute(edit, actor="editor")
    await app.catch_up()
    cut_off(app)
    assert (await check_published(app.log, app.ledger)).different == 0
    found = check_disk(app.home.feeds, app.ledger, app.views.dirty())
    assert found.faults == ()
    assert "stories.rss" in found.unfinished
    edited = app.home.feeds / found.unfinished[0]
    edited.write_text("by hand")
    assert len(check_disk(app.home.feeds, app.ledger, app.views.dirty()).faults) == 1
    await app.settle()
    found = check_disk(app.home.feeds, app.ledger, app.views.dirty())
    assert (found.faults, found.unfinished) == ((), ())


# ── the command ──────────────────────────────────────────────────────────────────────────────
def test_the_command_says_what_differs_and_ends_with_exit_code_5(cli, home):
    cli("story", "publish", "--headline", "Crane", "--body", "It stands.")
    cli("update", "add", "crane", "--headline", "Down", "--body", "It fell.")
    good = cli("replay", "--check")
    assert good.exit_code == 0, good.output
    assert "published positions checked at" in good.stdout
    told = one(cli("replay", "--check", "--json"))
    assert (told["head"], told["different"], told["first"]) == (2, 0, None)
    assert told["equal"] == told["files"] > 0
    (home / "feeds" / "stories.rss").write_text("by hand")
    bad = cli("replay", "--check")
    assert bad.exit_code == 5
    assert "stories.rss is not as it was published" in bad.stderr
    told = json.loads(cli("replay", "--check", "--json").stdout)
    assert [fault["file"] for fault in told["disk"]["faults"]] == ["stories.rss"]
    assert cli("replay", "--check", "--position", "1").exit_code == 0
    with apsw.Connection(str(home / "events" / "published.db")) as db:
        db.execute("UPDATE published SET digest = ? WHERE file = 'updates.rss'", ("e" * 64,))
    worse = cli("replay", "--check", "--until", "1")
    assert worse.exit_code == 5
    assert "first at position 1: updates.rss: published eeee" in worse.stderr
    assert cli("replay", "--check", "--position", "7").exit_code == 3
    assert cli("replay", "x.jsonl", "--check").exit_code == 2


def test_a_log_that_was_cut_off_is_named(cli, home):
    cli("story", "publish", "--headline", "Crane", "--body", "It stands.")
    with apsw.Connection(str(home / "events" / "published.db")) as db:
        db.execute("UPDATE published SET position = 4")
    done = cli("replay", "--check")
    assert (done.exit_code, "position 4, and the log ends at 1" in done.stderr) == (5, True)
