"""`serve` runs the newsroom."""

import logging
from typing import Annotated, Literal

import typer

from feedstream import serve as server
from feedstream import sources
from feedstream.bootstrap import App
from feedstream.cli.context import with_app
from feedstream.cli.output import examples, say

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

    async def work(newsroom: App) -> None:
        await sources.sync_settings(newsroom)
        await server.serve(
            newsroom,
            host=host if host is not None else newsroom.settings.server.host,
            port=port if port is not None else newsroom.settings.server.port,
            ready=ready,
            find_port=False,
        )

    with_app(context, work)


def ready(address: str) -> None:
    """Say where the newsroom can be reached."""
    say(f"Site   {address}/")
    say(f"Feeds  {address}/feeds/")
    say("Ctrl-C ends it.")
