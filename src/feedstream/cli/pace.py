"""Progress of long work on standard error: how much, how fast, how much longer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from feedstream.cli.output import note

EVERY = 5.0  # seconds between two lines where standard error is no terminal

Told = Callable[[int], None]
"""Give it how much is done."""


@contextmanager
def paced(what: str, total: int | None = None, unit: str = "events") -> Iterator[Told]:
    """A bar with rate and time left on a terminal; elsewhere a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(what, total, unit).told
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, _Rate(unit), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Such as `12,345 events/s`."""
        return Text(f"{task.speed:,.0f} {self._unit}/s" if task.speed else "")


class _Lines:
    def __init__(self, what: str, total: int | None, unit: str) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._began = self._last = time.monotonic()

    def told(self, done: int) -> None:
        """Say how far it is, unless that was said just now."""
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            note(line(self._what, done, self._total, now - self._began, self._unit))


def line(what: str, done: int, total: int | None, seconds: float, unit: str = "events") -> str:
    """Such as `Checking: 1,200 of 5,000 events, 400/s, 10 s left`."""
    rate = done / seconds if seconds else 0.0
    of = f" of {total:,}" if total is not None else ""
    left = f", {(total - done) / rate:,.0f} s left" if total is not None and rate else ""
    return f"{what}: {done:,}{of} {unit}, {rate:,.0f}/s{left}"
