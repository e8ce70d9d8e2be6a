"""`replay`: the site as it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from feedstream.bootstrap import open_app
from feedstream.cli import options as o
from feedstream.cli.admission import objection
from feedstream.cli.context import cli_of, run, when
from feedstream.cli.log import reading
from feedstream.cli.output import examples, listing, note, progress, say
from feedstream.cli.story_views import COLUMNS, story_record
from feedstream.config import CONFIG_NAME, Home, Settings, load_settings
from feedstream.domain.when import When
from feedstream.errors import Invalid
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.transfer import import_, read_lines
from feedstream.replay import position_until, render_to, views_at

app = typer.Typer()
By = Literal["recorded", "effective"]


@app.command(
    epilog=examples(
        "feedstream replay --until 2021-12-06",
        "feedstream replay --until 2021-12-06 --by effective --out /tmp/that-day",
        "feedstream replay events/sample.jsonl --out feeds/",
    )
)
def replay(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="An export, in place of the home's log.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Until a date (its end) or an instant.")
    ] = None,
    by: Annotated[By, typer.Option(help="Whose time: the log's or the newsroom's.")] = "recorded",
    position: Annotated[int | None, typer.Option(min=0, help="Until a position.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the feeds of that time here.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings. [default: feedstream.toml beside FILE]"),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Show the stories as they were, or with --out write the very feeds of that time."""
    if until is not None and position is not None:
        raise Invalid("Give --until or --position, not both.")
    moment = when(until, "--until")

    async def whole() -> None:
        if file is None:
            async with open_app(cli_of(context).home) as newsroom:
                settings = _settings(config) or newsroom.settings
                await _replay(newsroom.log, settings, moment, by, position, out, as_json)
        else:
            settings = _settings(config) or load_settings(Home(Path(file).parent))
            async with _imported(file) as log:
                await _replay(log, settings, moment, by, position, out, as_json)

    run(whole())


def _settings(config: Path | None) -> Settings | None:
    if config is None:
        return None
    path = config / CONFIG_NAME if config.is_dir() else config
    if not path.is_file() or path.name != CONFIG_NAME:
        raise Invalid(f"--config: {path} is no {CONFIG_NAME}.")
    return load_settings(Home(path.parent))


@asynccontextmanager
async def _imported(file: str) -> AsyncIterator[EventLog]:
    """A log of its own that holds what the file does, for as long as it is needed."""
    with TemporaryDirectory(prefix="feedstream-replay-") as folder:
        async with await SqliteLog.open(Path(folder) / "log.db", create=True) as log:
            with reading(file) as lines, progress("Reading") as told:
                await import_(
                    log,
                    read_lines(lines),
                    admit=objection,
                    progress=lambda _stage, done: told(done),
                )
            yield log


async def _replay(
    log: EventLog,
    settings: Settings,
    moment: When | None,
    by: By,
    position: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    effective = moment if by == "effective" else None
    if moment is not None and effective is None:
        position = await position_until(log, moment, settings.site)
    head = (await log.head()).position
    with progress("Replaying", head if position is None else position) as told:
        async with views_at(
            log, position=position, effective_until=effective, progress=told
        ) as views:
            if out is not None:
                done = render_to(views, settings, out)
                say(f"{len(done.written)} feeds written to {out}, as of position {done.position}.")
                return
            rows = views.stories(limit=1_000_000)
    hint = "; --by effective goes by the newsroom's own dates" if moment and not effective else ""
    listing(map(story_record, rows), COLUMNS, as_json=as_json, nothing=f"No story yet{hint}.")
    if rows:
        note(f"{len(rows)} stories, as of position {head if position is None else position}.")
