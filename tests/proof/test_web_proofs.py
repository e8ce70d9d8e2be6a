"""Checkpoints and proofs over HTTP, from a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from feedstream.bootstrap import App, open_app
from feedstream.proof.keys import keys_of
from feedstream.proof.publisher import checkpoint_path, checkpoints_of, key_list_path
from feedstream.serve import listen
from feedstream.web import problems
from feedstream.web.pages import Pages
from feedstream.web.proofs import Proofs
from tests.proof import verifier
from tests.web.site import make_home, publish, seed

CHECKPOINT = "/.well-known/feedstream/checkpoint"
KEYS = "/.well-known/feedstream/keys.json"


@dataclass(frozen=True)
class Served:
    """A newsroom and a client of its server."""

    app: App
    http: httpx.AsyncClient
    ids: dict[str, str]

    async def sign(self) -> None:
        app = self.app
        await checkpoints_of(app.home, app.log, app.newsroom.clock).publish()

    async def text(self, address: str) -> str:
        answer = await self.http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def keys(self) -> verifier.Keys:
        return verifier.load_keys(await self.text(KEYS))


@asynccontextmanager
async def server(app: App) -> AsyncIterator[str]:
    """These endpoints, with the site's own error pages."""
    site = Starlette(
        routes=Proofs(app.log, app.home.feeds).routes(),
        exception_handlers=problems.handlers(Pages(app.views, app.settings.site)),
    )
    listener = listen("127.0.0.1", 0, find_port=False)
    config = uvicorn.Config(site, log_config=None, lifespan="off")
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        await task


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_app(make_home(tmp_path / "newsroom")) as app:
        ids = await seed(app)
        async with server(app) as url, httpx.AsyncClient(base_url=url, timeout=10) as http:
            yield Served(app, http, ids)


@pytest.fixture
async def signed(served: Served) -> Served:
    await keys_of(served.app.home).init("news.example/feedstream")
    await served.sign()
    return served


async def test_without_a_key_there_is_nothing_to_be_had(served: Served) -> None:
    for address in (CHECKPOINT, KEYS, "/proofs/inclusion?position=1", "/proofs/consistency?from=1"):
        answer = await served.http.get(address)
        assert (answer.status_code, "no checkpoint" in answer.text) == (404, True), address


async def test_checkpoint_and_keys_are_the_published_files(signed: Served) -> None:
    feeds = signed.app.home.feeds
    for address, path, kind in (
        (CHECKPOINT, checkpoint_path(feeds), "text/plain; charset=utf-8"),
        (KEYS, key_list_path(feeds), "application/json"),
    ):
        answer = await signed.http.get(address)
        assert answer.content == path.read_bytes()
        assert answer.headers["content-type"] == kind
        assert "max-age=" in answer.headers["cache-control"]
        tag = {"If-None-Match": answer.headers["etag"]}
        again = await signed.http.get(address, headers=tag)
        assert (again.status_code, again.content) == (304, b"")
    origin, size, _ = verifier.open_note(await signed.text(CHECKPOINT), await signed.keys())
    assert (origin, size) == ("news.example/feedstream", (await signed.app.log.head()).position)


async def test_a_reader_follows_the_log_with_what_it_kept(signed: Served) -> None:
    """It keeps a checkpoint, comes back when the log has grown, and asks for proofs."""
    keys = await signed.keys()
    _, old, root = verifier.open_note(await signed.text(CHECKPOINT), keys)
    await publish(signed.app, "Tide table corrected")
    await signed.sign()
    _, new, _ = verifier.open_note(await signed.text(CHECKPOINT), keys)
    assert new == old + 1
    grown = await signed.text(f"/proofs/consistency?from={old}")
    verifier.check_proof(grown, keys)
    assert verifier.b64(json.loads(grown)["old"]["root"]) == root
    verifier.check_proof(await signed.text(f"/proofs/consistency?from=1&to={old}"), keys)
    for address in (f"position={new}", "position=1", f"position=1&size={old}"):
        verifier.check_proof(await signed.text(f"/proofs/inclusion?{address}"), keys)


async def test_an_event_is_proved_by_its_id(signed: Served) -> None:
    event = await anext(signed.app.log.read_all(2))
    by_id = await signed.text(f"/proofs/inclusion?event={event.id}")
    assert by_id == await signed.text("/proofs/inclusion?position=3")
    assert json.loads(by_id)["position"] == 3


async def test_no_proof_shows_anything_of_an_event(signed: Served) -> None:
    """Not even of a public one: an answer has hashes and numbers, and nothing else."""
    async for event in signed.app.log.read_all():
        document = json.loads(await signed.text(f"/proofs/inclusion?position={event.position}"))
        assert document.keys() == {"format", "position", "index", "leaf", "path", "tree"}
        assert document["tree"].keys() == {"size", "root", "path", "checkpoint"}
        assert event.id not in str(document)
        assert event.stream not in str(document)


BAD_QUESTIONS = [
    ("inclusion", 400),
    ("inclusion?position=", 400),
    ("inclusion?position=one", 400),
    ("inclusion?position=-1", 400),
    ("inclusion?position=1.0", 400),
    ("inclusion?position=%D9%A1", 400),
    ("inclusion?position=99999999999999999999", 400),
    ("inclusion?position=9999999999999999999", 400),
    ("inclusion?position=0", 404),
    ("inclusion?position=9223372036854775807", 404),
    ("inclusion?position=2&size=1", 400),
    ("inclusion?position=2&size=0", 400),
    ("inclusion?position=2&size=9999", 404),
    ("inclusion?position=2&position=3", 400),
    ("inclusion?position=2&event=x", 400),
    ("inclusion?event=", 400),
    ("inclusion?event=x", 404),
    (f"inclusion?event={'x' * 201}", 400),
    ("inclusion?event=%3Cscript%3E", 404),
    ("inclusion?position=2&more=1", 400),
    ("consistency", 400),
    ("consistency?from=x", 400),
    ("consistency?from=9999", 404),
    ("consistency?from=3&to=2", 400),
    ("consistency?from=1&to=9999", 404),
    ("consistency?from=1&size=2", 400),
]


async def test_bad_questions_get_a_sentence(signed: Served) -> None:
    for address, status in BAD_QUESTIONS:
        answer = await signed.http.get(f"/proofs/{address}")
        assert answer.status_code == status, (address, answer.text)
        assert "<script>" not in answer.text


async def test_proofs_are_only_read(signed: Served) -> None:
    for method, status in (("POST", 405), ("HEAD", 200)):
        answer = await signed.http.request(method, "/proofs/inclusion?position=1")
        assert (answer.status_code, answer.content if method == "HEAD" else b"") == (status, b"")
