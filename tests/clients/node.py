"""Clients from npm, at the versions of `package.json`, in a process of Node."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.clients.look import Look, Seen
from tests.clients.readers import Client

HERE = Path(__file__).parent
NAMES = ("package.json", "package-lock.json", "look.mjs")


class Missing(Exception):
    """They can't be had here: a sentence that says why."""


def install(cache: Path) -> Path:
    """The folder below `cache` that has them, made where it is not there yet.

    Raises `Missing` where Node, npm or the registry can't be had.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing("node and npm are not here: install them")
    contents = b"".join((HERE / name).read_bytes() for name in NAMES)
    place = cache / hashlib.sha256(contents).hexdigest()[:16]
    if not place.is_dir():
        _install(cache, place, npm)
    return place


def _install(cache: Path, place: Path, npm: str) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as aside:
        for name in NAMES:
            shutil.copy(HERE / name, aside)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(
                command, cwd=aside, capture_output=True, text=True, timeout=90, check=False
            )
        except subprocess.TimeoutExpired:
            raise Missing("npm got no answer from its registry") from None
        if done.returncode:
            raise Missing(f"npm could not install them: {done.stderr.strip()[-300:]}")
        shutil.copytree(aside, f"{place}.{os.getpid()}")
    try:
        Path(f"{place}.{os.getpid()}").rename(place)
    except OSError:  # another process was first
        shutil.rmtree(f"{place}.{os.getpid()}")


class NodeClient:
    """One of them; `look.mjs` fetches and parses."""

    def __init__(
        self, process: "subprocess.Popen[str]", name: str, formats: tuple[str, ...]
    ) -> None:
        self.name, self.formats = name, formats
        self._process = process

    def look(self, url: str) -> Look:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"client": self.name, "url": url}) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "ended"}')
        assert "error" not in found, found["error"]
        return Look(
            {
                one["id"]: Seen(one["title"], one["content"], one["updated"])
                for one in found["seen"]
            },
            frozenset(found["deleted"]),
        )


@contextmanager
def clients(place: Path) -> Iterator[list[Client]]:
    """feedsmith and rss-parser, as `install` put them into `place`."""
    node = shutil.which("node") or "node"
    pipe = subprocess.PIPE
    command = [node, str(place / "look.mjs")]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as process:
        try:
            yield [
                NodeClient(process, "feedsmith", ("rss", "atom", "json")),
                NodeClient(process, "rss-parser", ("rss", "atom")),
            ]
        finally:
            process.kill()
