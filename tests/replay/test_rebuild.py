"""`rebuild`: a new read model in place of the old, whatever happens meanwhile."""

import asyncio
import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import apsw
import httpx
import pytest
from typer.testing import CliRunner

from feedstream.bootstrap import open_app
from feedstream.cli.run import app as command_line
from feedstream.config import Home
from feedstream.domain import commands as c
from feedstream.domain.events import StoryEdited
from feedstream.domain.ids import story_stream
from feedstream.errors import Unavailable
from feedstream.projections import apply
from feedstream.projections.ledger import Ledger
from feedstream.projections.rebuild import shadow_beside, swap
from feedstream.projections.tables import page_size_of
from feedstream.projections.views import Views
from tests.cli.conftest import lines
from tests.replay.conftest import opened, publish, tree
from tests.web.site import at_desk, running, wait_for

WRONG = "UPDATE stories SET state = CAST(replace(state, 'fell', 'flew') AS BLOB)"
FORKS = """
import os, sys
from feedstream.cli import main
for _ in sys.stdin:
    child = os.fork()
    if not child:
        try:
            main(["--home", sys.argv[1], "rebuild", "--yes"])
        except SystemExit as ending:
            os._exit(ending.code or 0)
        finally:
            os._exit(70)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=sys.stderr, flush=True)
"""


class Rebuilds:
    """Rebuilds of a newsroom, each in a process of its own that starts at once."""

    def __init__(self, home: Path) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", FORKS, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self) -> int:
        """The process id of one that has begun."""
        self._parent.stdin.write("go\n")
        self._parent.stdin.flush()
        while not (line := self._parent.stdout.readline().strip()).isdigit():
            assert self._parent.poll() is None
        return int(line)

    def code(self) -> int:
        """How the one that was started ended: its exit code, or minus a signal."""
        while not (line := self._parent.stderr.readline().strip()).lstrip("-").isdigit():
            assert line or self._parent.poll() is None
        return int(line)

    def whole(self) -> None:
        """One that runs to its end."""
        self.start()
        assert self.code() == 0

    def close(self) -> None:
        for stream in (self._parent.stdin, self._parent.stdout, self._parent.stderr):
            stream.close()
        self._parent.wait(10)


def change(home: Path, statement: str, *values: object) -> None:
    """Another program writes to the read model's file."""
    with apsw.Connection(str(home / "events" / "views.db")) as db:
        db.set_busy_timeout(10_000)
        db.execute(statement, values)


def state(home: Path) -> tuple[object, ...]:
    """All that the read model answers."""
    views = Views(home / "events" / "views.db")
    try:
        stories = views.stories(public_only=False, limit=1000)
        history = [views.revisions(row.story.id) for row in stories]
        return views.checkpoint, stories, history, views.feeds(), views.items(), views.sources()
    finally:
        views.close()


def leftovers(home: Path) -> list[str]:
    return [path.name for path in (home / "events").iterdir() if "shadow" in path.name]


@pytest.fixture
def desk(cli):
    cli("story", "publish", "--headline", "Crane falls", "--body", "It fell.", "--tag", "Sea")
    cli("update", "add", "crane-falls", "--headline", "Two hurt", "--body", "Two are hurt.")
    return cli


def test_a_dry_run_says_which_files_would_change_and_changes_nothing(desk, home):
    assert lines(desk("rebuild", "--dry-run", "--json")) == [
        {
            "event": "done",
            "events": 2,
            "position": 2,
            "replaced": False,
            "written": [],
            "removed": [],
        }
    ]
    change(home, "DELETE FROM stories")
    (home / "feeds" / "updates.rss").write_text("by hand")
    (home / "feeds" / "tag" / "sea.json").unlink()
    before = tree(home / "feeds"), state(home)
    *changes, done = lines(desk("rebuild", "--dry-run", "--json"))
    assert {one["file"]: one["change"] for one in changes} == {
        "updates.rss": "changed",
        "tag/sea.json": "added",
    }
    assert done["replaced"] is False
    assert (tree(home / "feeds"), state(home)) == before
    assert leftovers(home) == []
    assert "2 published files would change." in desk("rebuild", "--dry-run").stdout


def test_a_read_model_that_went_wrong_is_right_again_and_so_are_the_files(desk, home):
    right = tree(home / "feeds"), state(home)
    change(home, WRONG)
    change(home, "INSERT INTO dirty VALUES ('stories'), ('tag/sea')")
    desk("story", "list")
    with apsw.Connection(str(home / "events" / "published.db")) as db:
        db.execute(
            "INSERT INTO published SELECT NULL, 2, 'tag/ghost.rss', ?, settings FROM published"
            " LIMIT 1",
            ("a" * 64,),
        )
    (home / "feeds" / "tag" / "ghost.rss").write_text("of a feed that never was")
    (home / "feeds" / "stories.rss").write_text("by hand")
    done = lines(desk("rebuild", "--yes", "--json"))[-1]
    assert done["replaced"] is True
    assert done["written"] == ["stories.rss"]
    assert done["removed"] == ["tag/ghost.rss"]
    assert (tree(home / "feeds"), state(home)) == right
    assert leftovers(home) == []


def test_it_asks_first_and_a_no_changes_nothing(desk, home):
    change(home, "DELETE FROM stories")
    before = state(home)
    refused = desk("rebuild", text="n\n")
    assert refused.exit_code == 1
    assert "Replace the read model" in refused.stderr
    assert (state(home), leftovers(home)) == (before, [])
    assert desk("rebuild", text="y\n").exit_code == 0
    assert len(state(home)[1]) == 1
    assert desk("rebuild", "--json").exit_code == 2


def test_a_file_that_is_no_database_any_more_is_replaced(desk, home):
    right = state(home)
    for content in (b"", b"not a database, but longer than a header is" * 300):
        (home / "events" / "views.db").write_bytes(content)
        done = desk("rebuild", "--yes")
        assert done.exit_code == 0, done.output
        assert state(home) == right
    for path in (home / "events").glob("views.db*"):
        path.unlink()
    assert desk("rebuild", "--yes").exit_code == 0
    assert state(home) == right


def test_one_rebuild_at_a_time(desk, home):
    with (home / "events" / "rebuild.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = desk("rebuild", "--yes")
    assert (refused.exit_code, "Another rebuild" in refused.stderr) == (4, True)
    assert desk("rebuild", "--yes").exit_code == 0


# ── events that can't be applied ─────────────────────────────────────────────────────────────
@pytest.fixture
def faulty(monkeypatch):
    """This version has a fault: it can't take the update."""
    evolve = apply.evolve

    def fails(story, recorded):
        if getattr(recorded.event, "headline", "") == "Two hurt":
            raise ZeroDivisionError("by a fault of ours")
        return evolve(story, recorded)

    monkeypatch.setattr(apply, "evolve", fails)


def test_an_event_that_cannot_be_applied_is_named_and_stops_it(desk, home, faulty):
    desk("story", "publish", "--headline", "Ferry late", "--body", "It is late.")
    before = state(home)
    stopped = desk("rebuild", "--yes")
    assert stopped.exit_code == 1
    assert "position 2: update.added: ZeroDivisionError: by a fault of ours" in stopped.stderr
    assert "nothing was changed" in stopped.stderr
    assert (state(home), leftovers(home)) == (before, [])


def test_with_keep_going_it_is_passed_over_and_the_rest_applied(desk, home, faulty):
    desk("story", "publish", "--headline", "Ferry late", "--body", "It is late.")
    trouble, done = lines(desk("rebuild", "--yes", "--keep-going", "--json"))
    assert (trouble["event"], trouble["position"]) == ("trouble", 2)
    assert (done["events"], done["position"]) == (3, 3)
    checkpoint, stories, *_ = state(home)
    assert checkpoint == 3
    assert {row.story.headline: len(row.story.updates) for row in stories} == {
        "Crane falls": 0,
        "Ferry late": 0,
    }
    assert "Two are hurt" not in (home / "feeds" / "updates.rss").read_text()


def test_a_log_that_does_not_hold_what_it_should_ends_it_with_exit_code_5(desk, home):
    before = state(home)
    with apsw.Connection(str(home / "events" / "log.db")) as db:
        db.execute("DROP TRIGGER bodies_refuse_update").fetchall()
        db.execute("UPDATE bodies SET data = x'7b7d' WHERE position = 2")
        db.execute(
            "CREATE TRIGGER bodies_refuse_update BEFORE UPDATE ON bodies"
            " BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
        )
    done = desk("rebuild", "--yes")
    assert (done.exit_code, "position 2" in done.stderr) == (5, True)
    assert (state(home), leftovers(home)) == (before, [])


async def test_the_new_one_is_never_behind_the_old_one(app):
    await publish(app)
    await app.settle()
    with shadow_beside(app.home.views) as shadow:
        await shadow.build(app.log)
        assert shadow.views.checkpoint == 1
        await publish(app, "Another one")
        await app.settle()
        await swap(app.log, shadow, app.home.views)
        assert app.views.checkpoint == 2
        assert len(app.views.stories()) == 2


async def test_where_it_cannot_be_replaced_the_old_one_stays(app, monkeypatch):
    monkeypatch.setattr("feedstream.projections.rebuild.BUSY", 50)
    await publish(app)
    await app.settle()
    change(app.home.root, "DELETE FROM stories")
    with shadow_beside(app.home.views) as shadow:
        await shadow.build(app.log)
        with closing(apsw.Connection(str(app.home.views))) as writer:
            writer.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="it is as it was"):
                await swap(app.log, shadow, app.home.views)
        assert app.views.stories() == []
        await swap(app.log, shadow, app.home.views)
    assert len(app.views.stories()) == 1


# ── while others are at work ─────────────────────────────────────────────────────────────────
async def test_a_reader_keeps_the_moment_it_began_at_and_sees_the_new_one_next(app):
    await publish(app)
    await app.settle()
    change(app.home.root, "DELETE FROM stories")
    with app.views.snapshot():
        assert app.views.stories() == []
        await asyncio.to_thread(rebuilt, app.home.root)
        assert app.views.stories() == []
    assert len(app.views.stories()) == 1


def rebuilt(home: Path) -> None:
    """Rebuild in this process."""
    done = CliRunner().invoke(command_line, ["--home", str(home), "rebuild", "--yes"])
    assert done.exit_code == 0, done.output


@pytest.mark.process
def test_a_running_server_notices_and_goes_on(desk, home):
    with running(home) as url, httpx.Client(base_url=url, timeout=10) as http:
        change(home, WRONG)
        assert "It flew." in http.get("/stories/crane-falls").text
        assert desk("rebuild", "--yes").exit_code == 0
        assert "It fell." in http.get("/stories/crane-falls").text
        desk("update", "add", "crane-falls", "--headline", "Later", "--body", "Cleared.")
        wait_for(lambda: http.get("/feeds/updates.rss").text, lambda text: "Cleared." in text, 10)
        assert "It flew." not in http.get("/feeds/stories.rss").text
        wait_for(lambda: http.get("/readyz").json()["published"], lambda position: position == 3)


@pytest.mark.process
def test_what_is_appended_and_applied_meanwhile_is_neither_lost_nor_taken_twice(tmp_path):
    home = tmp_path / "newsroom"
    asyncio.run(_many_edits(home, 300))
    story = state(home)[1][0].story.id
    stop = threading.Event()

    async def busy(app):
        while not stop.is_set():
            edit = c.EditStory(story=story, at=app.newsroom.clock(), body=f"<p>{os.urandom(4)!r}")
            await app.newsroom.execute(edit, actor="editor")
            await app.settle()

    desks = [threading.Thread(target=at_desk, args=(home, busy)) for _ in range(2)]
    rebuilds = Rebuilds(home)
    for one in desks:
        one.start()
    try:
        for _ in range(3):
            rebuilds.whole()
    finally:
        stop.set()
        for one in desks:
            one.join()
        rebuilds.close()
    live, files = state(home), tree(home / "feeds")
    rebuilt(home)
    assert live[0] > 300
    assert (state(home), tree(home / "feeds")) == (live, files)
    checked = CliRunner().invoke(command_line, ["--home", str(home), "replay", "--check"])
    assert checked.exit_code == 0, checked.output


async def _many_edits(home: Path, count: int) -> None:
    async with opened(home) as app:
        story = await publish(app)
        edits = [
            app.newsroom.envelope(
                StoryEdited(body=f"<p>{number} {'word ' * 100}</p>", minor=True),
                story_stream(story),
                effective=app.newsroom.clock(),
                actor="editor",
            )
            for number in range(count)
        ]
        await app.log.append(edits)
        await app.settle()


@pytest.mark.process
def test_killed_at_any_moment_it_leaves_one_that_serves_and_the_next_one_cleans_up(tmp_path):
    home = tmp_path / "newsroom"
    asyncio.run(_many_edits(home, 1500))
    right = state(home)
    seeded = random.Random(7)
    rebuilds = Rebuilds(home)
    rebuilds.whole()
    began = time.monotonic()
    rebuilds.whole()
    usual = time.monotonic() - began
    cut = 0
    for _ in range(12):
        child = rebuilds.start()
        time.sleep(seeded.uniform(0, usual))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        cut += rebuilds.code() == -signal.SIGKILL
        assert state(home) == right
        with apsw.Connection(str(Home(home).views)) as db:
            assert db.execute("PRAGMA integrity_check").get == "ok"
    rebuilds.whole()
    rebuilds.close()
    assert cut > 0
    assert (state(home), leftovers(home)) == (right, [])


def test_nothing_is_left_to_do_for_the_publisher_afterwards(desk, home):
    async def work() -> tuple[str, ...]:
        async with open_app(home) as app:
            return (await app.settle()).written

    rebuilt(home)
    assert asyncio.run(work()) == ()


async def test_a_read_model_with_pages_of_another_size_is_replaced_too(app):
    for size in (512, 4096, 65_536):
        path = app.home.events / f"old-{size}.db"
        with closing(Views(path, page_size=size)) as old:
            assert page_size_of(path) == size
            with shadow_beside(path) as shadow:
                await shadow.build(app.log)
                await swap(app.log, shadow, path)
            assert old.checkpoint == (await app.log.head()).position


# ── killed right after the new one is in place ───────────────────────────────────────────────
KILLED = """
import os, signal, sys
from feedstream import renewal
from feedstream.cli import main, rebuild

def killing(module):
    swap = module.swap
    async def swapped(*given, **named):
        await swap(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    module.swap = swapped

killing(renewal)
killing(rebuild)
main(["--home", *sys.argv[1:]])
"""
ERASE = ("erase", "--story", "secretname", "--legal", "--reason", "R", "--yes")


def killed(home: Path, *arguments: str) -> None:
    """Run a command that is killed right after it has put a new read model in place."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home), *arguments], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def naming(home: Path) -> set[str]:
    """The files whose name or content has the secret word."""
    found = set()
    for path in home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if "secret" in path.name or b"secret" in content.lower():
            found.add(path.relative_to(home).as_posix())
    return found


@pytest.mark.process
@pytest.mark.parametrize("command", [("story", "list"), ("rebuild", "--yes")])
def test_killed_after_an_erasure_the_next_command_removes_all_that_names_it(desk, home, command):
    told = ("--body", "Secret words.", "--tag", "Secrettag")
    desk("story", "publish", "--headline", "Secretname", *told)
    killed(home, *ERASE)
    assert {"feeds/tag/secrettag.atom", "events/published.db"} <= naming(home)
    assert desk(*command).exit_code == 0
    assert naming(home) == set()
    checked = desk("replay", "--check")
    assert checked.exit_code == 0, checked.output


@pytest.mark.process
def test_a_rebuild_that_is_killed_after_an_erasure_is_finished_too(desk, home):
    desk("story", "publish", "--headline", "Secretname", "--body", "Words.", "--tag", "Secrettag")
    killed(home, *ERASE)
    killed(home, "rebuild", "--yes")
    assert desk("feed", "list").exit_code == 0
    assert naming(home) == set()
    with closing(Ledger(home / "events" / "published.db")) as ledger:
        assert ledger.renewal == 0
