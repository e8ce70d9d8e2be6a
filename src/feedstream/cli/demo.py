"""`demo` shows feedstream at work."""

import contextlib
import logging
from typing import Annotated

import typer

from feedstream.cli.context import cli_of, run
from feedstream.cli.output import examples, safe
from feedstream.demo.run import demo as run_demo

app = typer.Typer()


@app.command(epilog=examples("feedstream demo", "feedstream demo --port 9000 --speed 4 --fresh"))
def demo(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The first port that is tried.")
    ] = 8000,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin afresh; the former demo is kept aside.")
    ] = False,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000, help="How many times faster the partner sends.")
    ] = 1.0,
) -> None:
    """Watch a running story, a partner's wire that is merged into it, and the feeds that change.

    It lives in the folder “demo” of the newsroom's home and needs no network. A demo that was
    interrupted goes on where it stopped. Ctrl-C ends it.
    """
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        run(run_demo(cli_of(context).home, port=port, speed=speed, fresh=fresh, say=_say))
    _say("The demo has ended.")


def _say(line: str) -> None:
    print(safe(line), flush=True)
