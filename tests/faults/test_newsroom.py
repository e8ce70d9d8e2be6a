"""kill -9 of a whole newsroom that serves, while commands publish: all of it agrees afterwards."""

import asyncio
import random
import shutil
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from feedstream.bootstrap import App, open_app
from feedstream.publish.files import SUFFIXES
from feedstream.publish.generations import Generations
from feedstream.publish.places import GENERATIONS
from feedstream.replay.check import check_published
from feedstream.replay.disk import check_disk
from tests.faults.conftest import Tell, rounds
from tests.faults.processes import command, ended, kill, until

pytestmark = pytest.mark.timeout(600)
INIT = ("init", "--authority", "news.example", "--base-url", "https://news.example.org")


async def done(home: Path, *arguments: str) -> None:
    """Run a command to its end; it must work."""
    said = home.with_name("done.txt")
    said.unlink(missing_ok=True)
    process = command(home, *arguments, said=said)
    assert await ended(process) == 0, (arguments, said.read_text())


def files(folder: Path) -> dict[str, bytes]:
    """The published files under `folder`, without packed siblings, signatures and lists."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix not in (*SUFFIXES.values(), ".sha256")
        and not {".well-known", GENERATIONS}.intersection(path.parts)
    }


def begun(home: Path) -> list[Path]:
    """The generations that are in the making, or that a killed writer left so."""
    generations = Generations(home / "feeds")
    if not generations.base.exists():
        return []
    numbers = [path for path in generations.base.iterdir() if path.name.isdecimal()]
    return [path for path in numbers if int(path.name) > generations.live]


def _await_begun(home: Path, patience: float) -> None:
    """Return the moment that feeds are being written, or after `patience` seconds."""
    give_up = time.monotonic() + patience
    while not begun(home) and time.monotonic() < give_up:
        pass


async def check_newsroom(home: Path) -> None:
    """Log, ledger and files agree, and the feeds are those that a fresh rendering gives."""
    async with open_app(home) as app:
        await app.log.verify()
        head = (await app.log.head()).position
        assert app.views.checkpoint == head
        assert app.views.dirty() == []
        checked = await check_published(app.log, app.ledger)
        assert (checked.different, checked.beyond, checked.first) == (0, 0, None)
        disk = check_disk(app.home.feeds, app.ledger, ())
        assert (disk.faults, disk.unfinished) == ((), ())
    assert begun(home) == []
    fresh = home.with_name(f"fresh-{head}")
    await done(home, "replay", "--position", str(head), "--out", str(fresh))
    assert files(fresh) == files(home / "feeds")
    shutil.rmtree(fresh)


def _answers(said: Path) -> bool:
    """Whether a server has said where it can be reached."""
    return said.exists() and "Site" in said.read_text()


async def texts(app: App) -> Counter[str]:
    """How often each headline was said."""
    found = (getattr(one.event, "headline", None) async for one in app.log.read_all())
    return Counter([text async for text in found if text])


async def test_a_server_is_killed_while_commands_publish(
    tmp_path: Path, draw: random.Random, tell: Tell
) -> None:
    home = tmp_path / "newsroom"
    await done(home, *INIT)
    await done(home, "story", "publish", "--headline", "Harbour", "--body", "Shut.")
    counts: Counter[str] = Counter()
    published: dict[str, bool] = {}
    for number in range(rounds(20)):
        server = command(home, "serve", "--port", "0", said=(said := tmp_path / f"{number}.txt"))
        if draw.random() < 0.7:
            await until(partial(_answers, said), "the server answers")
            counts["served before the kill"] += 1
        words = {
            f"Story {number}": ("story", "publish", "--tag", f"t{number % 3}", "--body", "It is."),
            f"News {number}": ("update", "add", "harbour", "--body", "It was."),
        }
        commands = {
            word: command(home, *rest, "--headline", word, said=tmp_path / f"{word}.txt")
            for word, rest in words.items()
        }
        if aimed := draw.random() < 0.5:  # at whoever publishes
            _await_begun(home, 1.5)
        else:
            await asyncio.sleep(draw.uniform(0, 0.8))
        victims = [word for word in commands if aimed or draw.random() < 0.3]
        counts["processes killed"] += kill([server, *(commands[word] for word in victims)])
        for word, process in commands.items():
            code = await ended(process)
            assert code == 0 or word in victims, (tmp_path / f"{word}.txt").read_text()
            published[word] = code == 0
        counts["rounds that left a generation begun"] += bool(begun(home))
        await done(home, "update", "add", "harbour", "--headline", f"And {number}", "--body", "x")
        await check_newsroom(home)
    await done(home, "replay", "--check")
    await done(home, "log", "verify")
    async with open_app(home) as app:
        said_often = await texts(app)
        events = (await app.log.head()).position
    for word, acknowledged in published.items():
        assert said_often[word] in ((1,) if acknowledged else (0, 1)), word
    tell(**counts, commands_acknowledged=sum(published.values()), events=events)
