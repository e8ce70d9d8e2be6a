"""What the command line prints: tables for people, JSON lines for machines, progress on stderr.

Text that partners wrote goes to a terminal only without control characters: an escape sequence
in a headline must not move the cursor or change a title bar.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

Record = Mapping[str, Any]
Columns = Mapping[str, str]
"""By the key of a record: the head of its column."""


def safe(text: str) -> str:
    """`text` without control characters, except line ends and tabs."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def say(text: str) -> None:
    """A line for people or pipes, on standard output."""
    print(safe(text))


def note(text: str) -> None:
    """A remark, on standard error: what a pipe must not get."""
    print(safe(text), file=sys.stderr)


def complain(text: str) -> None:
    """An error as one sentence, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        Text.assemble(("error: ", "bold red"), safe(text))
    )


def json_line(value: object) -> None:
    """A value as one line of JSON on standard output."""
    print(orjson.dumps(value, option=orjson.OPT_UTC_Z, default=str).decode())


def report(told: str, record: Record, *, as_json: bool) -> None:
    """What a command did: a sentence for people, or a record for machines."""
    if as_json:
        json_line(record)
    else:
        say(told)


def raw(content: bytes) -> None:
    """Bytes as they are, on standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def listing(
    records: Iterable[Record], columns: Columns, *, as_json: bool, nothing: str = ""
) -> None:
    """Records as a table on a terminal, as tab-separated lines in a pipe, or as JSON lines.

    `nothing` is said on standard error where there is no record.
    """
    found = list(records)
    if as_json:
        for record in found:
            json_line(record)
    elif not found:
        note(nothing)
    elif sys.stdout.isatty():
        _table(found, columns)
    else:
        _lines(found, columns)


def _table(records: Iterable[Record], columns: Columns) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in columns.values():
        table.add_column(head, overflow="fold")
    for record in records:
        table.add_row(*(Text(cell(record.get(key))) for key in columns))
    Console(highlight=False).print(table)


def _lines(records: Iterable[Record], columns: Columns) -> None:
    print("\t".join(columns.values()))
    for record in records:
        cells = (cell(record.get(key)) for key in columns)
        print("\t".join(" ".join(text.split()) for text in cells))


def cell(value: object) -> str:
    """A value as a person reads it in a table."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, datetime | date):
        return moment(value)
    if isinstance(value, tuple | list):
        return ", ".join(cell(part) for part in value)
    return safe(str(value))


def moment(when: datetime | date | None) -> str:
    """`2021-12-06`, or `2021-12-06 14:30:05Z`: a date without a time stays one."""
    if isinstance(when, datetime):
        return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    return when.isoformat() if when else ""


def examples(*lines: str) -> str:
    """The end of a command's help: commands to copy, with the straight quotes that shells read."""
    lines = tuple(line.replace("“", '"').replace("”", '"') for line in lines)
    head = "[bold]Examples[/bold]" if len(lines) > 1 else "[bold]Example[/bold]"
    return "\n\n".join([head, *(f"[green]{escape(line)}[/green]" for line in lines)])


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where that is a terminal; give it how much is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
