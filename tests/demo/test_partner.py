"""The partner's server and script: what a newsroom hears from it, in three formats."""

import asyncio

import httpx
import pytest

from feedstream.config import Wire
from feedstream.demo import script
from feedstream.demo.partner import guid_of, listening, running
from feedstream.wire.formats import parse_items

pytestmark = pytest.mark.filterwarnings("error")


async def heard(client: httpx.AsyncClient, base: str) -> dict[str, list[str]]:
    """By source: the headlines that our own parser reads on its wire."""
    found = {}
    for source in script.sources(base):
        answer = await client.get(source.url)
        parsed = parse_items(
            answer.content,
            answer.headers["content-type"],
            source,
            base_url=source.url,
            limits=Wire(),
        )
        found[source.name] = [item.headline for item in parsed.items]
    return found


async def test_each_wire_gives_its_items_once_each_in_their_last_version() -> None:
    place = listening(0)
    base = f"http://127.0.0.1:{place.getsockname()[1]}"
    async with running(lambda: script.SCRIPT, place), httpx.AsyncClient() as client:
        found = await heard(client, base)
    last = script.final_headlines()
    for wire, headlines in found.items():
        assert sorted(headlines) == sorted(h for (w, _), h in last.items() if w == wire)


async def test_only_what_was_released_is_there_and_an_unchanged_wire_answers_304() -> None:
    released = list(script.SCRIPT[:1])
    place = listening(0)
    base = f"http://127.0.0.1:{place.getsockname()[1]}"
    url = f"{base}/{released[0].wire}.rss"
    async with running(lambda: released, place), httpx.AsyncClient() as client:
        first = await client.get(url)
        assert released[0].headline.split("“")[0] in first.text
        assert script.SCRIPT[2].headline not in first.text
        etag = {"If-None-Match": first.headers["etag"]}
        assert (await client.get(url, headers=etag)).status_code == 304
        released.extend(script.SCRIPT[1:3])
        assert (await client.get(url, headers=etag)).status_code == 200
        assert (await client.get(f"{base}/nobody.rss")).status_code == 404


async def test_it_stops_at_once_and_frees_its_port() -> None:
    place = listening(0)
    port = place.getsockname()[1]
    async with asyncio.timeout(2):
        async with running(list, place):
            pass
    again = listening(port)
    assert again.getsockname()[1] == port
    again.close()


def test_the_script_has_a_follow_up_a_duplicate_a_revision_and_takes_two_minutes() -> None:
    assert 100 <= script.SCRIPT[-1].at <= 120
    assert [step.at for step in script.SCRIPT] == sorted(step.at for step in script.SCRIPT)
    assert sum(step.again for step in script.SCRIPT) == 1
    assert len({guid_of(step) for step in script.SCRIPT}) < len(script.SCRIPT) - 1
    assert {source.policy for source in script.sources("http://x")} == {
        "attach",
        "suggest",
        "publish",
    }
