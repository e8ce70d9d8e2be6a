from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.web.site import at_desk, make_home, running, seed


@dataclass(frozen=True)
class Site:
    """A served newsroom: its home, its address, a client for it, and ids by name."""

    home: Path
    url: str
    http: httpx.Client
    ids: dict[str, str]


def _served(root: Path) -> Iterator[Site]:
    home = make_home(root / "newsroom")
    ids = at_desk(home, seed)
    with running(home) as url, httpx.Client(base_url=url, timeout=10) as http:
        yield Site(home, url, http, ids)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Shared by tests that only read."""
    yield from _served(tmp_path_factory.mktemp("web"))


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """For tests that write."""
    yield from _served(tmp_path)
