"""`replay`: the site as it was, proved to the byte, or played as if live."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from feedstream.bootstrap import open_app
from feedstream.cli import options as o
from feedstream.cli.admission import objection
from feedstream.cli.context import cli_of, run
from feedstream.cli.diff import app as diff
from feedstream.cli.log import reading
from feedstream.cli.moments import moment_named
from feedstream.cli.output import examples, listing, note, progress, say
from feedstream.cli.pace import paced
from feedstream.cli.rebuild import app as rebuild
from feedstream.cli.rehearsal import Plan, rehearse
from feedstream.cli.replay_check import check
from feedstream.cli.story_views import COLUMNS, story_record
from feedstream.config import CONFIG_NAME, Home, Settings, load_settings
from feedstream.errors import Invalid
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.eventlog.transfer import import_, read_lines
from feedstream.replay import Moment, last_position, replay_to, views_at
from feedstream.replay.rehearsal import Pace, parse_speed

app = typer.Typer()
app.add_typer(diff)
app.add_typer(rebuild)
By = Literal["recorded", "effective"]


@app.command(
    epilog=examples(
        "feedstream replay --until 2021-12-06",
        "feedstream replay --until 2021-12-06 --by effective --out /tmp/that-day",
        "feedstream replay events/sample.jsonl --out feeds/",
        "feedstream replay --check",
        "feedstream replay --serve 8010 --speed 60x --from 2021-12-06 --until 2021-12-07",
        "feedstream replay events/sample.jsonl --serve 8010 --speed 3600x --max-gap 2",
    )
)
def replay(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="An export, in place of the home's log.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Until a date (its end), an instant or a position."),
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
    checking: Annotated[
        bool,
        typer.Option("--check", help="Prove that a replay gives all that was ever published."),
    ] = False,
    this_version: Annotated[
        bool,
        typer.Option("--this-version", help="With --check: other versions' files may differ."),
    ] = False,
    serve: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help="Play it as if live, at this port."),
    ] = None,
    speed: Annotated[
        str, typer.Option(metavar="FACTOR", help="With --serve: so many times as fast.")
    ] = "1x",
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="WHEN", help="With --serve: from a position or a date."),
    ] = None,
    max_gap: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="With --serve: the longest pause.")
    ] = 10.0,
    leave: Annotated[
        bool, typer.Option("--exit", help="With --serve: end after the last event.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Show the stories as they were, or with --out write the very feeds of that time.

    With --check, everything that was ever published is rendered again and compared, byte for byte.
    With --serve, a stretch of history is played on a scratch server of its own, to rehearse
    clients: feeds, pages and live messages come as they came; nothing is fetched or sent.
    """
    if until is not None and position is not None:
        raise Invalid("Give --until or --position, not both.")
    if (out is not None) + checking + (serve is not None) > 1:
        raise Invalid("Give one of --out, --check and --serve.")
    if checking and file is not None:
        raise Invalid("--check compares with what a newsroom published: give --home, and no FILE.")
    if serve is None and (begin is not None or leave or speed != "1x"):
        raise Invalid("--speed, --from and --exit play a stretch of history: give --serve PORT.")
    moment = moment_named(until, "--until") if position is None else position
    if by == "effective" and (checking or serve is not None or isinstance(moment, int)):
        raise Invalid("--by effective goes with --until and a date or an instant alone.")
    if checking:
        run(_check(context, moment, this_version, as_json))
        return
    plan = None
    if serve is not None:
        plan = Plan(
            begin=moment_named(begin, "--from") or 1,
            until=moment,
            pace=Pace(speed=parse_speed(speed), max_gap=max_gap),
            port=serve,
            leave=leave,
            as_json=as_json,
        )
    wanted = _Wanted(moment=moment, by=by, out=out, as_json=as_json)
    run(_whole(context, file, config, wanted, plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which state is shown, and how."""

    moment: Moment | None
    by: By
    out: Path | None
    as_json: bool


async def _check(
    context: typer.Context, moment: Moment | None, this_version: bool, as_json: bool
) -> None:
    async with open_app(cli_of(context).home) as newsroom:
        site = newsroom.settings.site
        upto = None if moment is None else await last_position(newsroom.log, moment, site)
        await check(newsroom, upto=upto, this_version=this_version, as_json=as_json)


async def _whole(
    context: typer.Context,
    file: str | None,
    config: Path | None,
    wanted: _Wanted,
    plan: Plan | None,
) -> None:
    async with _source(context, file, config) as (log, settings):
        if plan:
            await rehearse(log, settings, plan)
        else:
            await _replay(log, settings, wanted)


@asynccontextmanager
async def _source(
    context: typer.Context, file: str | None, config: Path | None
) -> AsyncIterator[tuple[EventLog, Settings]]:
    """The log that is replayed, and what it is rendered with."""
    if file is None:
        async with open_app(cli_of(context).home) as newsroom:
            yield newsroom.log, _settings(config) or newsroom.settings
    else:
        settings = _settings(config) or load_settings(Home(Path(file).parent))
        async with _imported(file) as log:
            yield log, settings


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


async def _replay(log: EventLog, settings: Settings, wanted: _Wanted) -> None:
    effective = None if isinstance(wanted.moment, int) or wanted.by == "recorded" else wanted.moment
    until = None if effective else wanted.moment
    position = await last_position(log, until, settings.site)
    with paced("Replaying", position) as told:
        async with views_at(
            log, position=position, effective_until=effective, progress=told
        ) as views:
            if wanted.out is not None:
                done = replay_to(views, settings, wanted.out)
                gone = f", {len(done.removed)} removed" if done.removed else ""
                say(
                    f"{len(done.written)} feeds written to {wanted.out}{gone}, as of position"
                    f" {done.position}."
                )
                return
            rows = views.stories(limit=1_000_000)
    hint = "; --by effective goes by the newsroom's own dates" if until is not None else ""
    nothing = f"No story yet{hint}."
    listing(map(story_record, rows), COLUMNS, as_json=wanted.as_json, nothing=nothing)
    if rows:
        note(f"{len(rows)} stories, as of position {position}.")
