"""`push`: what the command line says of subscribers and hubs."""

import asyncio
import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from feedstream.bootstrap import open_app
from feedstream.cli import push
from feedstream.cli.run import Root, root
from tests.deliver.site import Site, Subscriber, configure, listening, running


def run(home: Path, *arguments: str) -> Result:
    """The command in a root of its own, as `cli.run` puts it together."""
    cli = typer.Typer(cls=Root)
    cli.callback()(root)
    cli.add_typer(push.app, name="push")
    return CliRunner().invoke(cli, ["--home", str(home), "push", *arguments])


def records(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


async def test_the_list_tells_how_each_is_served_and_keeps_secrets(
    tmp_path: Path, reader: Subscriber
) -> None:
    home = tmp_path / "home"
    async with running(home) as site:
        await site.publish()
        await site.settled()
        await site.subscribe(reader, f"{reader.address}/cb?token=t0ken", secret="s3cret")
        (before,) = records(await _aside(home, "list", "--json"))
        reader.statuses.extend([503] * 1000)
        await site.publish("Buoy adrift")
        while not (failing := records(await _aside(home, "list", "--json"))[0])["failures"]:
            pass
    assert (before["feed"], before["to"], before["state"]) == (
        "stories.atom",
        "127.0.0.1",
        "current",
    )
    assert before["until"] > before["since"]
    assert (failing["state"], failing["error"]) == ("failing", "It answered with status 503.")
    assert failing["next_at"]
    text = (await _aside(home, "list")).stdout
    assert "stories.atom" in text
    text += json.dumps(before) + json.dumps(failing)
    assert "s3cret" not in text
    assert "t0ken" not in text


async def _aside(home: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(run, home, *arguments)


async def test_a_ping_tells_hubs_and_ends_with_6_where_one_does_not_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with listening() as hub:
        configure(home, "https://news.example", f'[websub]\nhubs = ["{hub.address}/"]\n')
        async with open_app(home) as app:
            await Site(app, "", None).publish()  # type: ignore[arg-type]
            await app.settle()
        assert (await _aside(home, "ping", "nothing")).exit_code == 3
        (told,) = records(await _aside(home, "ping", "stories", "--json"))
        assert (told["state"], told["waiting"], told["error"]) == ("current", 0, "")
        assert b"stories.atom" in hub.deliveries[0].body
    failed = await _aside(home, "ping", "stories.atom")
    assert (failed.exit_code, "could not be told" in failed.output) == (6, True)
