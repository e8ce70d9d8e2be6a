"""`replay --serve`: history as if live, on a server of its own, for real clients."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.errors import Invalid
from feedstream.eventlog.base import Head
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.transfer import export, import_
from feedstream.replay.rehearsal import Pace, fill, parse_speed, play
from feedstream.serve import listen
from tests.replay.conftest import opened, publish, tree

SAMPLE = Path(__file__).parents[2] / "events" / "sample.jsonl"
START = [sys.executable, "-c", "from feedstream.cli import main; main()"]


# ── the pace ─────────────────────────────────────────────────────────────────────────────────
NOON = datetime(2021, 12, 6, 12, tzinfo=UTC)


@for_all(st.integers(0, 10**7), st.floats(0.001, 10**6), st.floats(0, 100))
def test_a_pause_is_the_gap_divided_by_the_speed_and_never_longer_than_allowed(gap, speed, most):
    pause = Pace(speed=speed, max_gap=most).pause(NOON, NOON + timedelta(seconds=gap))
    assert pause == min(gap / speed, most)
    assert Pace(speed=speed, max_gap=most).pause(NOON + timedelta(seconds=gap), NOON) == 0


@pytest.mark.parametrize(("text", "speed"), [("60x", 60), ("60", 60), ("0.5x", 0.5), (" 1x ", 1)])
def test_speeds(text, speed):
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "x", "0x", "-1x", "60y", "1e9x", "nan", "1" * 40])
def test_what_is_no_speed(text):
    with pytest.raises(Invalid, match="is no speed"):
        parse_speed(text)


async def test_what_is_played_stands_as_it_stood():
    async with MemoryLog() as source, MemoryLog() as scratch:
        await import_(source, SAMPLE.read_bytes().splitlines())
        await fill(source, scratch, 20, lambda _: None)
        pace = Pace(speed=10**9)
        batches = [one async for one in play(source, scratch, after=20, upto=40, pace=pace)]
        played = [event.position for batch in batches for event in batch]
        assert played == list(range(21, 41))
        assert all(len({event.recorded_at for event in batch}) == 1 for batch in batches)
        assert [line async for line in export(scratch)] == [
            line async for line in export(source, 0, 40)
        ]


# ── the server ───────────────────────────────────────────────────────────────────────────────
@contextmanager
def rehearsing(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*START, *arguments, "--serve", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def told(child: subprocess.Popen[str]) -> dict[str, object]:
    assert child.stdout
    line = child.stdout.readline()
    assert line, child.stderr.read() if child.stderr else ""
    return json.loads(line)


def messages(answer: httpx.Response) -> Iterator[dict[str, object]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


async def stretch(home: Path) -> tuple[str, dict[str, bytes], Head]:
    """A home with a little history: its first story, what it published, where its log ends."""
    async with opened(home) as app:
        story = await publish(app)
        await app.settle()
        soon = app.newsroom.clock() + timedelta(seconds=2)
        await publish(app, "Secret merger", embargo_until=soon)
        for number in range(3):
            update = app.newsroom.update(story, headline=f"Update {number}", body="<p>News.</p>")
            await app.newsroom.execute(update, actor="editor")
        await app.settle()
        return story, tree(app.home.feeds), await app.log.head()


async def head_of(home: Path) -> Head:
    async with opened(home) as app:
        return await app.log.head()


@pytest.mark.process
def test_a_client_of_a_rehearsal_sees_the_bytes_that_were_published(tmp_path):
    home = tmp_path / "newsroom"
    story, published, head = asyncio.run(stretch(home))
    (home / "feedstream.toml").write_text(
        '[site]\ntitle = "The Harbour Post"\nbase_url = "https://post.example.org"\n'
    )
    before = {path: path.stat().st_mtime_ns for path in (home / "feeds").rglob("*")}
    with rehearsing("--home", str(home), "replay", "--from", "2", "--max-gap", "0.5") as child:
        url = told(child)["address"]
        with httpx.Client(base_url=url, timeout=20) as http:
            with http.stream("GET", "/live") as answer:
                stream = messages(answer)
                assert next(stream)["position"] < head.position
                seen = next(stream)
                while seen["position"] < head.position:
                    seen = next(stream)
                assert f"story/{story}" in seen["feeds"]
            assert [told(child)["position"] for _ in range(4)] == [2, 3, 4, 5]
            assert told(child) == {"event": "ended", "position": 5}
            for name, content in published.items():
                assert http.get(f"/feeds/{name}").content == content, name
            assert "Update 2" in http.get("/stories/harbour-bridge-closes").text
            # Long past its instant, and no scheduler lifts it: the log never did.
            assert "Secret merger" not in http.get("/").text
            assert http.get("/readyz").json()["head"] == head.position
            child.send_signal(signal.SIGINT)
            assert child.wait(10) == 0
            assert child.stderr
            assert "Traceback" not in child.stderr.read()
    assert {path: path.stat().st_mtime_ns for path in (home / "feeds").rglob("*")} == before
    assert asyncio.run(head_of(home)) == head


@pytest.mark.process
def test_an_export_is_rehearsed_too_and_ends_where_it_is_told(tmp_path):
    with rehearsing(
        *("replay", str(SAMPLE), "--from", "2021-12-05", "--until", "2021-12-06"),
        *("--speed", "86400x", "--max-gap", "0.05", "--exit"),
    ) as child:
        assert child.stdout
        assert child.wait(60) == 0, child.stderr and child.stderr.read()
        serving, *played, ended = map(json.loads, child.stdout.read().splitlines())
    assert serving["address"].startswith("http://127.0.0.1:")
    assert [one["type"] for one in played] == [
        "story.embargo-lifted",
        "update.added",
        "update.pinned",
    ]
    assert all("2021-12-05" <= one["recorded_at"] < "2021-12-07" for one in played)
    assert ended["position"] == played[-1]["position"]


def test_what_cannot_be_rehearsed_is_said_before_anything_starts(cli, tmp_path):
    cli("story", "publish", "--headline", "Crane falls", "--body", "It fell.")
    with listen("127.0.0.1", 0, find_port=False) as taken:
        port = str(taken.getsockname()[1])
        done = cli("replay", "--serve", port)
        assert (done.exit_code, "can't be listened on" in done.stderr) == (1, True)
    for code, options in (
        (2, ("--speed", "60x")),
        (2, ("--serve", "0", "--speed", "fast")),
        (2, ("--serve", "0", "--out", str(tmp_path))),
        (2, ("--serve", "0", "--from", "someday")),
        (3, ("--serve", "0", "--from", "7")),
        (3, ("--serve", "0", "--from", "2999-01-01")),
        (3, ("--serve", "0", "--position", "0")),
    ):
        assert cli("replay", *options).exit_code == code, options
