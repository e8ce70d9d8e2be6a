"""The sample at the top of the repository: its log, and the feeds that are rendered from it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feedstream.domain.events import EVENT_CLASSES
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.transfer import export, import_

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "events" / "sample.jsonl"
GOLDEN = ROOT / "feeds"
FEEDSTREAM = (sys.executable, "-c", "from feedstream.cli import main; main()")


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SAMPLE.read_bytes().splitlines()]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "README.md"
    }


def replay(place: Path, *options: str) -> Path:
    """Replay the sample as a user does, from the repository's folder, into `place`."""
    command = [*FEEDSTREAM, "replay", "events/sample.jsonl", "--out", str(place), *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return place


def test_the_sample_is_short_and_has_every_type_of_event() -> None:
    events = lines()
    assert len(events) <= 60
    wanted = {kind.TYPE for kind in EVENT_CLASSES}
    assert {event["type"] for event in events} == wanted
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))


def test_the_log_took_each_event_at_its_effective_time_or_within_hours_after_it() -> None:
    for event in lines():
        assert event["time"].startswith("2021-12-")
        assert event["effectiveat"][:10] <= event["time"][:10]


def test_the_script_writes_the_committed_bytes_every_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        command = [sys.executable, "scripts/make_sample.py", str(tmp_path / name)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    first, second = ((tmp_path / name).read_bytes() for name in ("first", "second"))
    assert first == second
    assert first == SAMPLE.read_bytes(), "run make sample, and look at the difference"


def test_the_demo_carries_the_same_sample() -> None:
    assert (ROOT / "src/feedstream/demo/data/sample.jsonl").read_bytes() == SAMPLE.read_bytes()


async def test_import_and_export_give_the_same_bytes() -> None:
    async with MemoryLog() as log:
        await import_(log, SAMPLE.read_bytes().splitlines())
        assert b"".join([line async for line in export(log)]) == SAMPLE.read_bytes()


def test_a_replay_of_the_sample_gives_the_golden_feeds_byte_for_byte(tmp_path: Path) -> None:
    now, golden = tree(replay(tmp_path / "feeds")), tree(GOLDEN)
    assert sorted(now) == sorted(golden)
    differing = [name for name in now if now[name] != golden[name]]
    assert differing == [], "run make sample, and look at the difference"
    assert not [name for name in now if name.endswith(".gz")]


def test_a_replay_until_a_day_gives_the_site_of_that_day(tmp_path: Path) -> None:
    then = replay(tmp_path / "then", "--until", "2021-12-06")
    text = (then / "stories.atom").read_text("utf-8")
    feed = feedparser.parse(text)
    titles = [entry.title for entry in feed.entries]
    assert titles == [
        "Moscow and Washington prepare a video call of Putin and Biden",
        "Port Ellory’s lighthouse will be lit again",
    ]
    assert "Kremlin confirms 7 December" in text
    assert "in Geneva in July" in text
    assert "has begun" not in text
    assert not (then / "tag" / "fog.atom").exists()


def test_a_day_before_the_embargo_ends_shows_nothing_of_the_story(tmp_path: Path) -> None:
    then = replay(tmp_path / "then", "--until", "2021-12-04")
    everything = b"".join(tree(then).values()).lower()
    assert b"biden" in everything
    assert b"lighthouse" not in everything


@pytest.mark.parametrize("secret", ["cold-store", "cold store", "witness", "No ferry has left"])
def test_what_was_killed_or_merged_is_in_no_feed(secret: str) -> None:
    everything = b"".join(tree(GOLDEN).values()).decode().lower()
    assert secret.lower() not in everything


@pytest.mark.parametrize("ending", ["rss", "atom", "json"])
def test_the_finished_story_reads_as_it_should(ending: str) -> None:
    text = (GOLDEN / f"stories.{ending}").read_text("utf-8")
    for said in (
        "in Geneva in June",
        "With reporting by TASS",
        "Foreign Policy",
        "Baltic Desk",
        "Karen Donfried",
        "not looked up",
        "script of an exercise",
        "Salt found",
    ):
        assert said in text, said
    assert "in Geneva in June. Since" in text
    assert "did not close when it was tested" not in text
