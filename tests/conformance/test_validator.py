"""The W3C's feed validator finds no error, and no warning but those that ADR 13 explains.

`FEEDSTREAM_CONFORMANCE_HISTORIES` is the number of random histories (25; `make conformance` takes
500), `FEEDSTREAM_CONFORMANCE_SEED` what they are drawn from: the same numbers give the same ones.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import given as for_all

from feedstream.render import render_atom, render_rss
from tests.conformance import w3c
from tests.conformance.histories import History, histories, published, sample
from tests.render.documents import DOCUMENT

HISTORIES = int(os.environ.get("FEEDSTREAM_CONFORMANCE_HISTORIES", "25"))
SEED = int(os.environ.get("FEEDSTREAM_CONFORMANCE_SEED") or secrets.randbelow(2**32))
SHARDS = 2  # one for each process that tests run in
_DIGEST = re.compile(r"^(archive/updates/[0-9]+)-[0-9a-f]{16}")
JUDGED = (".atom", ".rss", ".opml")
pytestmark = pytest.mark.timeout(120 + 5 * HISTORIES)


@pytest.fixture(scope="module")
def validator() -> Iterator[w3c.Validator]:
    place = w3c.folder()
    if place is None:
        pytest.skip(f"{w3c.VARIABLE} names no feed validator: {w3c.FETCH}")
    with w3c.running(place) as validator:
        yield validator


def judged(validator: w3c.Validator, files: dict[str, bytes], base: str) -> dict[str, list[str]]:
    """The feeds that it finds fault with.

    A sealed page cannot name the address that has the digest of its bytes: it says that it is at
    the other one, and is looked at there.
    """
    feeds = {file: files[file] for file in files if file.endswith(JUDGED)}
    places = {file: _DIGEST.sub(r"\1", file) for file in feeds}
    found = {file: validator.faults(feeds[file], f"{base}/feeds/{places[file]}") for file in feeds}
    return {file: faults for file, faults in found.items() if faults}


async def test_every_feed_of_the_sample_is_valid(validator: w3c.Validator) -> None:
    site, files = await sample()
    assert len(files) > 80
    assert judged(validator, files, site.base_url) == {}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_feeds_of_random_histories_are_valid(validator: w3c.Validator, shard: int) -> None:
    number = SEED + shard
    print(f"{HISTORIES // SHARDS} histories from seed {number}")  # noqa: T201  # to repeat it
    seen = []

    @seed(number)
    @settings(
        max_examples=max(1, HISTORIES // SHARDS),
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a fault is told as it was found: shrinking would take minutes
        suppress_health_check=list(HealthCheck),
    )
    @for_all(histories)
    def every_feed_is_valid(history: History) -> None:
        files = asyncio.run(published(history))
        seen.append(len(files))
        assert judged(validator, files, history.settings.site.base_url) == {}, f"seed {number}"

    every_feed_is_valid()
    assert sum(seen) > 5 * HISTORIES // SHARDS


@pytest.mark.parametrize(
    ("document", "right", "wrong"),
    [
        (render_atom(DOCUMENT), b"<updated>2021-12-09T", b"<updated>9.12.2021 "),
        (render_rss(DOCUMENT), b"<pubDate>Thu, 09 Dec 2021", b"<pubDate>Fri, 32 Dec 2021"),
        (render_rss(DOCUMENT), b"<ttl>", b"<ttl>soon "),
        (render_atom(DOCUMENT), b'type="html"', b'type="html5"'),
    ],
)
def test_it_can_find_fault(
    validator: w3c.Validator, document: bytes, right: bytes, wrong: bytes
) -> None:
    fmt = "atom" if b"<entry" in document else "rss"
    base = DOCUMENT.address_in(fmt)
    assert validator.faults(document, base) == []
    assert right in document
    assert validator.faults(document.replace(right, wrong), base) != []


def test_a_warning_stays_only_where_it_is_explained() -> None:
    def warning(name: str, **about: str) -> dict[str, object]:
        return {"level": "warning", "name": name, "about": about}

    assert w3c.is_explained(warning("UnknownNamespace", namespace="tag:feedstream,2026:ns"))
    assert w3c.is_explained(warning("BadCharacters", element="summary"))
    assert not w3c.is_explained(warning("UnknownNamespace", namespace="https://e.org/ns"))
    assert not w3c.is_explained(warning("ContainsHTML", element="guid"))
    assert not w3c.is_explained(warning("SelfDoesntMatchLocation"))
    assert not w3c.is_explained({**warning("BadCharacters"), "level": "error"})
