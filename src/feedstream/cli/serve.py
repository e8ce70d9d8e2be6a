"""`serve` runs the newsroom."""

import logging
from typing import Annotated, Literal

import typer
import uvloop

from feedstream import ownfeeds, sources
from feedstream import serve as server
from feedstream.bootstrap import App, open_app
from feedstream.cli.context import cli_of
from feedstream.cli.output import complain, examples, say
from feedstream.errors import Integrity

app = typer.Typer()
Level = Literal["debug", "info", "warning", "error"]


@app.command(epilog=examples("feedstream serve", "feedstream serve --host 0.0.0.0 --port 8080"))
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port.")] = None,
    log_level: Annotated[Level, typer.Option(help="How much is told on stderr.")] = "info",
) -> None:
    """Serve pages and feeds, fetch the sources, lift embargoes; Ctrl-C ends it.

    Other commands may change the newsroom meanwhile: the server shows it within a second.
    """
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("apscheduler", "httpx", "httpcore"):  # a line a second is no news
        logging.getLogger(chatty).setLevel(logging.WARNING)

    async def work() -> None:
        async with open_app(cli_of(context).home, serving=True) as newsroom:
            await _begin(newsroom)
            await server.serve(
                newsroom,
                host=host if host is not None else newsroom.settings.server.host,
                port=port if port is not None else newsroom.settings.server.port,
                ready=ready,
                find_port=False,
            )

    uvloop.run(work())


async def _begin(newsroom: App) -> None:
    try:
        await newsroom.catch_up()
        await sources.sync_settings(newsroom)
        await ownfeeds.sync_settings(newsroom)
    except Integrity as error:
        complain(f"{error.sentence} What is published is served; nothing can be recorded.")


def ready(address: str) -> None:
    """Say where the newsroom can be reached."""
    say(f"Site   {address}/")
    say(f"Feeds  {address}/feeds/")
    say("Ctrl-C ends it.")
