"""The entry: what stands before a command, and how errors end one.

Exit codes: 0 ok, 1 failure, 2 usage or input that can't be read, 3 not found, 4 conflict,
5 integrity, 6 unreachable; 130 after Ctrl-C.
"""

import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from feedstream import __version__
from feedstream.cli import (
    backup,
    demo,
    erase,
    feed,
    imports,
    inbox,
    keys,
    log,
    proofs,
    publish,
    push,
    replay,
    serve,
    setup,
    source,
    story,
    story_life,
    story_views,
    update,
    verify,
)
from feedstream.cli.context import Cli, login_name
from feedstream.cli.output import complain, examples
from feedstream.errors import (
    Conflict,
    FeedstreamError,
    Integrity,
    Invalid,
    NotFound,
    Unreachable,
)

CODES: tuple[tuple[type[FeedstreamError], int], ...] = (
    (Invalid, 2),
    (NotFound, 3),
    (Conflict, 4),
    (Integrity, 5),
    (Unreachable, 6),
    (FeedstreamError, 1),
)


def exit_code(error: FeedstreamError) -> int:
    """The exit code of an error."""
    return next(code for kind, code in CODES if isinstance(error, kind))


class Root(TyperGroup):
    """The root command: an error of ours ends it with one sentence and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except FeedstreamError as error:
            complain(error.sentence)
            raise typer.Exit(exit_code(error)) from error
        except sqlite3.Error as error:
            complain(f"The read model can't be used: {error}.")
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Root,
    name="feedstream",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog=examples(
        "feedstream init --title “The Daily Example” --base-url https://news.example.org",
        "feedstream import rolling summit.txt --headline “Leaders agree to meet”",
        "feedstream serve",
        "feedstream --home /srv/newsroom story list",
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"feedstream {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option(envvar="FEEDSTREAM_HOME", metavar="DIR", help="The newsroom's folder."),
    ] = Path("newsroom"),
    actor: Annotated[
        str,
        typer.Option(
            envvar="FEEDSTREAM_ACTOR",
            metavar="NAME",
            help="Who makes the change. [default: your login name]",
            show_default=False,
        ),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Running stories with every change on the record, published live as RSS, Atom and JSON Feed.

    Options that name the newsroom and the editor stand before the command.
    """
    del version
    context.obj = Cli(home, actor.strip() or login_name())


def _assemble() -> None:
    app.add_typer(setup.app)
    app.add_typer(serve.app)
    app.add_typer(demo.app)
    app.add_typer(imports.app, name="import")
    story.app.add_typer(story_life.app)
    story.app.add_typer(story_views.app)
    app.add_typer(story.app, name="story")
    app.add_typer(update.app, name="update")
    log.app.add_typer(proofs.app)
    log.app.add_typer(verify.app)
    app.add_typer(log.app, name="log")
    app.add_typer(keys.app, name="keys")
    app.add_typer(erase.app)
    app.add_typer(backup.app, name="backup")
    app.add_typer(backup.top)
    app.add_typer(replay.app)
    app.add_typer(source.app, name="source")
    app.add_typer(inbox.app, name="inbox")
    app.add_typer(feed.app, name="feed")
    app.add_typer(publish.app)
    app.add_typer(push.app, name="push")


_assemble()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with its exit code."""
    code: int | str | None = 0
    try:
        typer.main.get_command(app).main(
            args=None if arguments is None else list(arguments), prog_name="feedstream"
        )
    except SystemExit as ending:
        code = ending.code
    _flush()
    sys.exit(code)


def _flush() -> None:
    """Write out what is left; a reader that went away is no failure worth a word."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
