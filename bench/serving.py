"""How fast a feed is served, beside others that serve the same bytes.

    python bench/serving.py [--dir FOLDER] [--seconds 2] [--django PYTHON]

A feed of about 100 KB whole, its gzip, and 304; server and `wrk` (64 connections) have a core each.
Needs nginx, wrk and taskset; with `--django`, a Python that has Django and uvicorn.
With `--cpu`, seconds are those in which the server had a processor: for a machine that is busy.
"""

import argparse
import asyncio
import contextlib
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import uvloop
from common import BODY, ROUNDS, Line, medians, show

from feedstream.bootstrap import open_app
from feedstream.serve import listen, serve

HERE = Path(__file__).parent
SERVER, CLIENT = "0", "1"  # cores
WORK = {
    "200, 100 KB": {"Accept-Encoding": "identity"},
    "200, its gzip": {"Accept-Encoding": "gzip"},
    "304": {"Accept-Encoding": "gzip"},
}
GOALS = {"200, 100 KB": 1.0, "200, its gzip": 0.6, "304": 0.6}
CONFIG = '[site]\ntitle = "The Harbour Post"\nbase_url = "http://127.0.0.1:8000"\n'
NGINX = """
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
daemon off;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=100;
    types {{ application/rss+xml rss; }}
    server {{
        listen 127.0.0.1:{port};
        root {folder}/static;
        location /feeds/ {{ gzip_static on; add_header Vary Accept-Encoding; }}
    }}
}}
"""


async def write(home: Path) -> None:
    """Publish stories until the feed of them has about 100 KB."""
    words = BODY.removeprefix("<p>").removesuffix("</p>").split()
    async with open_app(home) as app:
        for number in range(30):
            turned = words[number:] + words[:number]  # no text compresses into nothing
            body = "".join(f"<p>{word} {number * 7919 + k}</p>" for k, word in enumerate(turned))
            command = app.newsroom.begin(
                headline=f"Talks go on, day {number}", body=body[:1450], effective=date(2021, 12, 6)
            )
            await app.newsroom.execute(command, actor="desk")
        await app.settle()


def ours(home: str, port: str) -> None:
    """Serve a newsroom."""

    async def go() -> None:
        async with open_app(Path(home), serving=True) as app:
            await serve(app, host="127.0.0.1", port=int(port), ready=print, find_port=False)

    uvloop.run(go())


@contextmanager
def server(command: list[str], port: int) -> Iterator[tuple[str, int]]:
    """A server on its core; gives its address once it answers, and its process id."""
    process = subprocess.Popen(
        ["taskset", "-c", SERVER, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/feeds/stories.rss"
    try:
        _wait(url)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{url} does not answer.")


def measured(url: str, seconds: int, pid: int | None) -> dict[str, float]:
    """Requests a second, by what is asked for: of the clock, or of the time that the server `pid`
    had a processor."""
    found = {}
    for work, headers in WORK.items():
        asked = dict(headers)
        if work == "304":
            asked["If-None-Match"] = httpx.get(url, headers=headers).headers["etag"]
            assert httpx.get(url, headers=asked).status_code == 304, url
        before = _cpu(pid)
        count, took = _wrk(url, asked, seconds)
        found[work] = count / (_cpu(pid) - before if pid else took)
    return found


def _cpu(pid: int | None) -> float:
    """The processor time of a process and its children so far, in seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat") if pid else ():
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if str(pid) in (stat.parent.name, fields[1]):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wrk(url: str, headers: dict[str, str], seconds: int) -> tuple[int, float]:
    """How many requests were answered, in how many seconds."""
    lines = [part for pair in headers.items() for part in ("-H", ": ".join(pair))]
    command = ["taskset", "-c", CLIENT, "wrk", "-t1", "-c64", f"-d{seconds}s", *lines, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{url} failed under load:\n{said}")
    count = int(re.search(r"([0-9]+) requests in", said)[1])
    return count, count / float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1])


def _port() -> int:
    with listen("127.0.0.1", 0, find_port=False) as free:
        return int(free.getsockname()[1])


def _copied(home: Path, folder: Path) -> Path:
    """The published feed and its gzip as plain files, for those who know nothing of newsrooms."""
    static = folder / "static" / "feeds"
    static.mkdir(parents=True)
    for name in ("stories.rss", "stories.rss.gz"):
        shutil.copyfile(home / "feeds" / name, static / name)
    return static / "stories.rss"


def _commands(home: Path, folder: Path, django: str) -> dict[str, tuple[list[str], int]]:
    file = _copied(home, folder)
    ports = {name: _port() for name in ("ours", "nginx", "bare", "starlette", "django")}
    conf = folder / "nginx.conf"
    user = getpass.getuser()  # the folder is ours alone
    conf.write_text(NGINX.format(user=user, folder=folder, port=ports["nginx"]))
    served = [str(HERE / "peers_http.py"), str(file)]
    commands = {
        "ours": [sys.executable, __file__, "--serve", str(home), str(ports["ours"])],
        "nginx static": ["nginx", "-c", str(conf)],
        "bare ASGI on uvicorn": [sys.executable, *served, "bare", str(ports["bare"])],
        "Starlette route": [sys.executable, *served, "starlette", str(ports["starlette"])],
    }
    if django:
        script = str(HERE / "peers_django.py")
        commands["Django cached"] = [django, script, str(file), str(ports["django"])]
    return {
        name: (command, port)
        for (name, command), port in zip(commands.items(), ports.values(), strict=False)
    }


def lines(folder: Path, seconds: int = 2, django: str = "", *, cpu: bool = False) -> list[Line]:
    home = folder / "home"
    home.mkdir()
    (home / "feedstream.toml").write_text(CONFIG)
    asyncio.run(write(home))
    rounds: dict[str, list[dict[str, float]]] = {}
    commands = _commands(home, folder, django)
    for _ in range(ROUNDS):  # in turns, so that all meet the same machine
        for name, (command, port) in commands.items():
            with server(command, port) as (url, pid):
                found = measured(url, seconds, pid if cpu else None)
                rounds.setdefault(name, []).append(found)
    rates = {name: medians(all_of_it) for name, all_of_it in rounds.items()}
    return [
        Line(work=work, ours=rates["ours"][work], peer=name, theirs=theirs[work],
             goal=_goal(name, work))
        for work in WORK for name, theirs in rates.items() if name != "ours"
    ]  # fmt: skip


def _goal(name: str, work: str) -> float | None:
    if name == "nginx static":
        return GOALS[work]
    return 80.0 if (name, work) == ("Django cached", "304") else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--django", default="")
    parser.add_argument("--cpu", action="store_true", help="a second is one of the server's own")
    parser.add_argument("--serve", nargs=2, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        ours(*options.serve)
        return
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        show(lines(Path(name), options.seconds, options.django, cpu=options.cpu))


if __name__ == "__main__":
    main()
