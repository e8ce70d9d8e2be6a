"""A newsroom that is served, and web servers of other makers in front of it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.web.site import at_desk, make_home, running, seed

DEPLOY = Path(__file__).parents[2] / "deploy"
BROTLI = "modules/ngx_http_brotli_static_module.so"


@dataclass(frozen=True)
class Site:
    """A served newsroom, and the ids of its stories by name."""

    home: Path
    url: str
    ids: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = make_home(tmp_path_factory.mktemp("static") / "newsroom")
    ids = at_desk(home, seed)
    with running(home) as url:
        yield Site(home, url, ids)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The name of a web server, and where it answers with the configuration from `deploy/`."""
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed: its configuration is not tested")
    place = tmp_path_factory.mktemp(request.param)
    start = _nginx if request.param == "nginx" else _caddy
    with start(program, site, place) as url:
        yield request.param, url


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _nginx(program: str, site: Site, place: Path) -> Iterator[str]:
    port = _free_port()
    text = (DEPLOY / "nginx.conf").read_text()
    if _has_brotli(program, place):
        text = text.replace("#brotli ", "")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/srv/newsroom", str(site.home)),
        ("http://127.0.0.1:8000", site.url.rstrip("/")),
        ("http {", "http {\n" + "".join(f"{n}_temp_path {place}/{n};\n" for n in _TEMPORARY)),
    ):
        assert old in text
        text = text.replace(old, new)
    config = place / "nginx.conf"
    config.write_text(f"daemon off;\npid {place}/pid;\nuser root;\n{text}" if os.geteuid() == 0 else
                      f"daemon off;\npid {place}/pid;\n{text}")  # fmt: skip
    command = [program, "-e", "stderr", "-c", str(config)]
    with _serving(command, port, place, {}) as url:
        yield url


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _has_brotli(program: str, place: Path) -> bool:
    probe = place / "probe.conf"
    probe.write_text(f"load_module {BROTLI};\npid {place}/probe.pid;\nevents {{}}\n")
    command = [program, "-t", "-e", "stderr", "-c", str(probe)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def _caddy(program: str, site: Site, place: Path) -> Iterator[str]:
    port = _free_port()
    config = place / "Caddyfile"
    options = "{\n\tadmin off\n\tauto_https off\n}\n"
    config.write_text(options + (DEPLOY / "Caddyfile").read_text())
    environment = {
        "SITE": f"http://127.0.0.1:{port}",
        "NEWSROOM": str(site.home),
        "APPLICATION": site.url.rstrip("/").removeprefix("http://"),
        "XDG_DATA_HOME": str(place),
        "XDG_CONFIG_HOME": str(place),
    }
    command = [program, "run", "--adapter", "caddyfile", "--config", str(config)]
    with _serving(command, port, place, environment) as url:
        yield url


@contextmanager
def _serving(
    command: list[str], port: int, place: Path, environment: dict[str, str]
) -> Iterator[str]:
    said, url = place / "said.txt", f"http://127.0.0.1:{port}"
    with said.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **environment}
        )
    try:
        give_up = time.monotonic() + 20
        while not _answers(url):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < give_up, said.read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/feeds/stories.rss", timeout=5)
    except httpx.HTTPError:
        return False
    return True
