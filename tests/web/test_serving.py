"""Starting and stopping a server, and what it says about itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from feedstream.errors import Unavailable
from feedstream.serve import address_of, listen
from tests.web.conftest import Site
from tests.web.site import at_desk, make_home, running, seed, update

SCRIPT = """
import asyncio, sys
from pathlib import Path
from feedstream.bootstrap import open_app
from feedstream.serve import serve

async def main():
    async with open_app(Path(sys.argv[1])) as app:
        await serve(app, host="127.0.0.1", port=0, ready=lambda url: print(url, flush=True),
                    find_port=False)
asyncio.run(main())
"""


def _taken() -> socket.socket:
    return listen("127.0.0.1", 0, find_port=False)


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with _taken() as other:
        port = other.getsockname()[1]
        with pytest.raises(
            Unavailable,
            match=f"Port {port} of 127.0.0.1 can't be listened on: Address already in use",
        ):
            listen("127.0.0.1", port, find_port=False)


def test_the_next_free_port_is_found() -> None:
    with _taken() as other:
        port = other.getsockname()[1]
        with listen("127.0.0.1", port, find_port=True) as found:
            assert port < found.getsockname()[1] <= port + 50
            assert address_of(found).startswith("http://127.0.0.1:")


def test_an_address_that_is_not_ours_is_one_sentence() -> None:
    with pytest.raises(Unavailable, match=r"can't be listened on"):
        listen("203.0.113.1", 8000, find_port=True)


@pytest.mark.process
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_two_seconds_with_streams_open(
    tmp_path: Path, which: signal.Signals
) -> None:
    home = make_home(tmp_path / "home")
    at_desk(home, seed)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, timeout=10) as http, http.stream("GET", "/live") as stream:
            lines = stream.iter_lines()
            next(lines)
            began = time.monotonic()
            os.kill(process.pid, which)
            code = process.wait(10)
            took = time.monotonic() - began
    finally:
        process.kill()
    errors = process.stderr.read()
    assert (code, errors) == (0, "")
    assert took < 2


@pytest.mark.process
def test_a_stop_amid_writing_leaves_no_trace_of_trouble(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    ids = at_desk(home, seed)

    async def busy(app):
        for number in range(40):
            await update(app, ids["gate"], f"Barge {number} passes")

    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            process.stdout.readline()
            at_desk(home, busy)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
        assert process.stderr.read() == b""


def test_health_and_readiness(site: Site) -> None:
    alive = site.http.get("/healthz")
    assert (alive.status_code, alive.json()["status"]) == (200, "ok")
    ready = site.http.get("/readyz")
    assert ready.status_code == 200
    body = ready.json()
    assert body["status"] == "ok"
    assert body["published"] == body["head"] > 0


def test_outputs_that_cannot_be_written_are_told_by_readiness_and_then_mended(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "home")
    ids = at_desk(home, seed)
    with running(home) as url, httpx.Client(base_url=url, timeout=10) as http:
        feeds, aside = home / "feeds", home / "aside"
        feeds.rename(aside)
        feeds.write_text("in the way")
        _log_an_update(home, ids["gate"])
        _until(lambda: http.get("/readyz").status_code == 503)
        assert "can't be written" in http.get("/readyz").json()["trouble"]
        assert http.get("/healthz").status_code == 200
        feeds.unlink()
        aside.rename(feeds)
        _until(lambda: http.get("/readyz").status_code == 200)
        assert b"Rail measured" in http.get("/feeds/updates.rss").content


def _log_an_update(home: Path, story: str) -> None:
    """In another newsroom folder with the same log: opening ours would stumble over its state."""
    other = make_home(home.parent / "other")
    (other / "events").symlink_to(home / "events")
    at_desk(other, lambda app: update(app, story, "Rail measured"))


def _until(holds: Callable[[], bool], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)


@pytest.mark.process
def test_a_stop_while_a_source_is_read_leaves_no_trace_of_trouble(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with _taken() as silent:
        port = silent.getsockname()[1]
        config = home / "feedstream.toml"
        source = f'[[sources]]\nname = "silent"\nurl = "http://127.0.0.1:{port}/"\n'
        config.write_text(config.read_text() + source + "allow_private = true\ninterval = 10\n")
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from feedstream.cli import main; main()",
                "serve",
                "--port",
                "0",
            ],
            env={**os.environ, "FEEDSTREAM_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        silent.setblocking(True)
        silent.settimeout(20)
        connection, _ = silent.accept()
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        connection.close()
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "ERROR" not in errors
