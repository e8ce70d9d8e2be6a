"""Sources and the inbox from the command line, against a real HTTP server."""

import json
import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.conftest import Run, lines, one


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a partner's feed, and the file behind it."""
    folder = tmp_path / "partner"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        path = folder / "feed.json"
        offer(path, "Crane bolts cut at the old harbour")
        yield f"http://127.0.0.1:{server.server_port}/feed.json", path
        server.shutdown()


def offer(path: Path, *headlines: str) -> None:
    items = [
        {"id": str(n), "title": title, "content_html": f"<p>{title}, engineers say.</p>"}
        for n, title in enumerate(headlines)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": items}
    later = path.stat().st_mtime + 5 if path.exists() else 1_700_000_000
    path.write_text(json.dumps(feed))
    os.utime(path, (later, later))  # HTTP dates have seconds: a change within one would be a 304


def add(cli: Run, url: str, *more: str):
    return cli("source", "add", url, "--name", "wire", "--credit", "Harbour Wire", *more)


def test_a_source_is_looked_at_before_it_is_added(cli: Run, partner: tuple[str, Path]) -> None:
    url, path = partner
    result = add(cli, url, "--allow-private")
    assert result.exit_code == 0, result.output
    assert "1 items" in result.stderr
    record = one(cli("source", "list", "--json"))
    assert (record["name"], record["state"], record["policy"]) == ("wire", "waiting", "suggest")
    assert add(cli, url, "--allow-private").exit_code == 4
    path.write_text("no feed")
    assert cli("source", "test", "wire").exit_code == 2


def test_a_source_that_does_not_answer_is_not_added(cli: Run, partner: tuple[str, Path]) -> None:
    url, _ = partner
    gone = url.replace("feed.json", "gone.json")
    assert add(cli, gone, "--allow-private").exit_code == 6
    assert add(cli, url).exit_code == 6  # this machine, and nobody allowed that
    assert lines(cli("source", "list", "--json")) == []
    assert add(cli, gone, "--allow-private", "--skip-test").exit_code == 0
    assert cli("source", "fetch", "wire").exit_code == 6
    record = one(cli("source", "list", "--json"))
    assert record["state"] == "failing"
    assert record["error"]
    assert record["next_at"]


def test_an_item_goes_from_the_wire_into_a_story(cli: Run, partner: tuple[str, Path]) -> None:
    url, path = partner
    cli("story", "publish", "--headline", "Old harbour crane bolts", "--body", "Engineers cut.")
    add(cli, url, "--allow-private")
    assert one(cli("source", "fetch", "wire", "--json"))["delivery"]["new"] == 1
    item = one(cli("inbox", "list", "--json"))
    assert "Crane bolts" in cli("inbox", "show", item["short"]).stdout
    assert cli("inbox", "accept", item["short"]).exit_code == 2
    story = ("--story", "old-harbour-crane-bolts")
    assert cli("inbox", "accept", item["short"], *story).exit_code == 0
    shown = one(cli("story", "show", "old-harbour-crane-bolts", "--json"))["story"]
    assert shown["updates"][0]["headline"] == "Crane bolts cut at the old harbour"
    assert shown["credits"][0]["name"] == "Harbour Wire"
    assert lines(cli("inbox", "list", "--json")) == []
    assert [e["type"] for e in lines(cli("log", "tail", "--source", "wire", "--json"))][:2] == [
        "source.added",
        "wire.received",
    ]
    offer(path, "Crane bolts all cut at the old harbour")
    cli("source", "fetch", "wire")
    assert one(cli("inbox", "list", "--json"))["state"] == "revised"
    assert cli("inbox", "accept", item["short"]).exit_code == 0
    assert cli("inbox", "detach", item["short"], "--reason", "another crane").exit_code == 0
    assert one(cli("update", "list", "old-harbour-crane-bolts", "--json"))["withdrawn"]


def test_an_item_is_rejected_or_made_a_story(cli: Run, partner: tuple[str, Path]) -> None:
    url, path = partner
    offer(path, "One thing", "Quite another")
    add(cli, url, "--allow-private")
    cli("source", "fetch", "wire")
    first, second = lines(cli("inbox", "list", "--json"))
    assert cli("inbox", "reject", first["short"], "--reason", "no").exit_code == 0
    assert cli("inbox", "accept", second["short"], "--new").exit_code == 0
    assert len(lines(cli("story", "list", "--json"))) == 1
    assert cli("inbox", "list", "--state", "odd").exit_code == 2
    assert cli("inbox", "show", "ffffff").exit_code == 3


def test_a_source_is_paused_resumed_and_removed(cli: Run, partner: tuple[str, Path]) -> None:
    add(cli, partner[0], "--allow-private")
    cli("source", "pause", "wire")
    assert one(cli("source", "show", "wire", "--json"))["state"] == "paused"
    cli("source", "resume", "wire")
    assert one(cli("source", "show", "wire", "--json"))["state"] == "waiting"
    assert cli("source", "remove", "wire", "--reason", "over").exit_code == 0
    assert cli("source", "show", "wire").exit_code == 3


def test_sources_in_the_settings_come_into_the_log_once(cli: Run, home: Path) -> None:
    with (home / "feedstream.toml").open("a") as file:
        file.write('[[sources]]\nname = "desk"\nurl = "https://desk.example/feed"\n')
    assert one(cli("source", "list", "--json"))["credit"] == "desk"
    one(cli("source", "list", "--json"))
    assert [e["type"] for e in lines(cli("log", "tail", "--json"))] == ["source.added"]
