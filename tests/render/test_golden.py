"""Golden bytes. To write them again: FEEDSTREAM_REWRITE=1 pytest tests/render/test_golden.py"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedstream.render import FORMATS, build_document, render_opml
from tests.render.sample import FEEDS, SITE, articles_for

GOLDEN = Path(__file__).parent / "golden"
CASES = [(feed, fmt) for feed in FEEDS for fmt in FORMATS]


def golden_path(name: str, fmt: str) -> Path:
    return GOLDEN / f"{name.replace('/', '-')}.{fmt}"


def check(path: Path, rendered: bytes) -> None:
    if os.environ.get("FEEDSTREAM_REWRITE") == "1":
        path.write_bytes(rendered)
    assert rendered == path.read_bytes(), f"{path.name} differs; see the head of {__file__}"


@pytest.mark.parametrize(("feed", "fmt"), CASES, ids=lambda v: getattr(v, "name", v))
def test_a_feed_is_the_golden_bytes(feed, fmt):
    document = build_document(feed, articles_for(feed), SITE)
    check(golden_path(feed.name, fmt), FORMATS[fmt].render(document))


def test_the_list_of_feeds_is_the_golden_bytes():
    check(GOLDEN / "index.opml", render_opml(FEEDS, SITE))


DIGEST = """
import hashlib
from feedstream.render import FORMATS, build_document, render_opml
from tests.render.sample import FEEDS, SITE, articles_for
bytes_ = b"".join(
    fmt.render(build_document(feed, tuple(reversed(articles_for(feed))), SITE))
    for _ in range(2) for feed in FEEDS for fmt in FORMATS.values()
)
print(hashlib.sha256(bytes_ + render_opml(FEEDS, SITE)).hexdigest())
"""


@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "LANG": "de_DE", "PYTHONHASHSEED": "77"},
    ],
)
def test_another_zone_locale_hash_seed_and_order_give_the_same_bytes(environment):
    def digest(extra: dict[str, str]) -> str:
        root = Path(__file__).parents[2]
        return subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, **extra, "PYTHONPATH": str(root)},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert digest(environment) == digest({"PYTHONHASHSEED": "0"})


def test_rendering_leaves_the_locale_alone(monkeypatch):
    def tripwire(*args):
        raise AssertionError("rendering touched the locale of the process")

    monkeypatch.setattr("locale.setlocale", tripwire)
    for feed, fmt in CASES:
        FORMATS[fmt].render(build_document(feed, articles_for(feed), SITE))
