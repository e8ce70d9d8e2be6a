"""`log`: the record itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.admission import objection
from feedstream.cli.context import with_app, writing
from feedstream.cli.output import examples, json_line, note, progress, raw, say
from feedstream.cli.tail import Wanted, follow
from feedstream.domain.events import Recorded
from feedstream.domain.when import format_when
from feedstream.errors import Invalid, NotFound, Unavailable
from feedstream.eventlog.base import Head
from feedstream.eventlog.transfer import ImportReport, export, import_, read_lines

app = typer.Typer(no_args_is_help=True, help="The record itself: look, export, import.")


@app.command(
    epilog=examples(
        "feedstream log tail",
        "feedstream log tail -f --type “update.*” --story leaders-meet",
        "feedstream log tail -n 100 --actor ana --json",
        "feedstream log tail -n 1000 --since 2021-12-06 --until 2021-12-07",
    )
)
def tail(
    context: typer.Context,
    on: Annotated[bool, typer.Option("--follow", "-f", help="Go on as events come.")] = False,
    count: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=o.MOST, help="The last so many.")
    ] = 20,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Of this type; “update.*” works too.")
    ] = None,
    story: Annotated[str, typer.Option(metavar="STORY", help="Of this story.")] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="From this source.")] = "",
    actor: Annotated[str, typer.Option(metavar="NAME", help="By this actor.")] = "",
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="From this position, instant or date on.")
    ] = "",
    until: Annotated[
        str, typer.Option(metavar="WHEN", help="Up to this position, instant or date.")
    ] = "",
    as_json: o.Json = False,
) -> None:
    """Show the last events, and follow those to come with -f; --json gives CloudEvents."""

    async def work(newsroom: App) -> None:
        wanted = await Wanted.of(newsroom, type_ or [], story, source, actor, (since, until))
        await follow(newsroom, wanted, count=count, on=on, as_json=as_json)

    with_app(context, work)


@app.command(epilog=examples("feedstream log show 17", "feedstream log show 17 --json"))
def show(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="POSITION|ID", help="Which event.")],
    as_json: o.Json = False,
) -> None:
    """Show one event whole; --json gives the line of CloudEvents that an export has."""

    async def work(newsroom: App) -> tuple[Recorded, bytes]:
        recorded = await _event(newsroom, event)
        position = recorded.position
        line = [line async for line in export(newsroom.log, position - 1, position)]
        return recorded, line[0]

    recorded, line = with_app(context, work)
    if as_json:
        raw(line)
        return
    for name in ("position", "id", "type", "schema", "stream", "revision"):
        say(f"{name:<12} {getattr(recorded, name)}")
    say(f"effective    {format_when(recorded.effective_at)}")
    say(f"recorded     {format_when(recorded.recorded_at)}")
    say(f"actor        {recorded.actor}")
    data = orjson.loads(line)["data"]
    say(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())


async def _event(newsroom: App, reference: str) -> Recorded:
    if reference.isdecimal() and reference.isascii():
        position = int(reference)
        head = (await newsroom.log.head()).position
        if not 1 <= position <= head:
            raise NotFound(f"The log has no position {reference}: it goes from 1 to {head}.")
        return await anext(newsroom.log.read_all(position - 1, upto=position))
    recorded = await newsroom.log.by_id(reference)
    if recorded is None:
        raise NotFound(f"There is no event {reference}: give a position or a whole id.")
    return recorded


@app.command(epilog=examples("feedstream log head"))
def head(context: typer.Context, as_json: o.Json = False) -> None:
    """Say where the log ends."""

    async def work(newsroom: App) -> Head:
        return await newsroom.log.head()

    found = with_app(context, work)
    if as_json:
        json_line(found)
    else:
        say(f"{found.position}\t{format_when(found.recorded_at) if found.recorded_at else ''}")


@app.command(
    "export",
    epilog=examples(
        "feedstream log export --out backup.jsonl", "feedstream log export --after 1000 | gzip"
    ),
)
def export_(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="The file. [default: stdout]")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only what follows this position.")] = 0,
    upto: Annotated[int | None, typer.Option(min=0, help="Only up to this position.")] = None,
) -> None:
    """Write the log out as CloudEvents, one a line; “log import” gives the same log again."""

    async def work(newsroom: App) -> int:
        head = (await newsroom.log.head()).position
        total = max(0, min(head, head if upto is None else upto) - after)
        with _output(out) as file, progress("Exporting", total) as told:
            done = 0
            async for line in export(newsroom.log, after, upto):
                file.write(line)
                done += 1
                told(done)
        return done

    note(f"{with_app(context, work)} events exported.")


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that is there whole or not at all."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
            part = Path(file.name)
            try:
                yield file  # type: ignore[misc]  # a temporary file is a binary file
                file.flush()
                part.replace(out)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{out} can't be written: {error.strerror}.") from error


@app.command(
    "import",
    epilog=examples(
        "feedstream log import backup.jsonl --dry-run",
        "zcat backup.jsonl.gz | feedstream log import -",
    ),
)
def import_log(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CloudEvents; “-” is stdin.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and record nothing.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Record what an export holds: all of it, or nothing where one line is wrong.

    Events that are in the log already are passed over.
    """

    async def work(newsroom: App, _: str) -> ImportReport:
        with reading(file) as lines, progress("Importing") as told:
            return await import_(
                newsroom.log,
                read_lines(lines),
                dry_run=dry_run,
                admit=objection,
                progress=lambda _stage, done: told(done),
            )

    report = writing(context, work)
    if as_json:
        json_line({"dry_run": dry_run, **_fields(report)})
    else:
        verb = "would be recorded; nothing was (dry run)" if dry_run else "recorded"
        say(f"{report.read} events read, {report.known} known, {report.new} {verb}.")


def _fields(report: ImportReport) -> dict[str, Any]:
    return {"read": report.read, "new": report.new, "known": report.known, "head": report.head}


@contextmanager
def reading(name: str) -> Iterator[BinaryIO]:
    """A file, or standard input for “-”. Raises `Invalid` where it can't be read."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as error:
        raise Invalid(f"{name} can't be read: {error.strerror}.") from error
