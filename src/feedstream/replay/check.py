"""The proof that a replay gives what was published: the publish ledger against the log."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from feedstream import __version__
from feedstream.domain.events import ContentErased, Recorded
from feedstream.errors import Invalid
from feedstream.eventlog.base import EventLog
from feedstream.projections.ledger import REMOVED, WITHHELD, Ledger, LedgerRow
from feedstream.projections.runner import Progress
from feedstream.projections.views import Views
from feedstream.publish import Outputs, digest_of, feed_of_file, rendering_of
from feedstream.scratch import scratch_folder

SHOWN = 1000
"""Differences that are kept whole; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A file that a replay renders otherwise than the ledger says it was published.

    `expected` is the ledger's SHA-256 in hex, `actual` the replay's; "" stands for no file.
    `version` is the feedstream that published it.
    """

    position: int
    file: str
    expected: str
    actual: str
    version: str


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a check found: positions and files compared, and how the files came out.

    `withheld` files can't be made again since a body was erased from the log; `excused` ones were
    published by another version, and differences of those were not to count. `beyond` counts the
    rows at positions that the log does not have.
    """

    head: int
    positions: int = 0
    files: int = 0
    equal: int = 0
    withheld: int = 0
    excused: int = 0
    beyond: int = 0
    different: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def first(self) -> Difference | None:
        """The difference at the lowest position."""
        return self.differences[0] if self.differences else None


async def check_published(
    log: EventLog,
    ledger: Ledger,
    *,
    upto: int | None = None,
    this_version: bool = False,
    progress: Progress = lambda _: None,
) -> Checked:
    """Walk the log once; at each position of the ledger, render the files that it names there.

    With `this_version`, what another version published may differ. `progress` is told the
    position. The memory used does not grow with log or ledger, the disk used is a read model's.
    """
    end = ledger.end if upto is None else min(upto, ledger.end)
    head = (await log.head()).position  # read after the ledger's end, which may follow it
    erased = await _first_erased(log)
    with scratch_folder() as folder:
        views = Views(folder / "views.db", scratch=True)
        try:
            walk = _Walk(
                views,
                ledger,
                found=Checked(head=head),
                erased=erased,
                this_version=this_version,
                progress=progress,
            )
            await asyncio.to_thread(walk.visit_all, -1, 0)
            async for page in log.read_pages(0, upto=min(end, head)):
                await asyncio.to_thread(walk.take, page)
            await asyncio.to_thread(walk.look_beyond, head, end)
        finally:
            views.close()
    return walk.found


async def _first_erased(log: EventLog) -> int | None:
    """The lowest position whose body is gone."""
    gone = [
        position
        async for one in log.read_all(types=[ContentErased.TYPE])
        if isinstance(one.event, ContentErased)
        for position in one.event.positions
        if position > 0
    ]
    return min(gone, default=None)


class _Walk:
    def __init__(
        self,
        views: Views,
        ledger: Ledger,
        *,
        found: Checked,
        erased: int | None,
        this_version: bool,
        progress: Progress,
    ) -> None:
        self._views = views
        self._ledger = ledger
        self._erased = erased
        self._this_version = this_version
        self._progress = progress
        self._settings = ledger.settings()
        self._outputs: dict[str, Outputs | None] = {}
        self.found = found

    def take(self, page: Sequence[Recorded]) -> None:
        """Go through a page of the log, with a stop at each position of the ledger."""
        start, before = 0, page[0].position - 1
        for position in self._ledger.positions(before, page[-1].position):
            stop = position - before  # positions are dense
            self._views.apply(page[start:stop])
            self._visit(position)
            start = stop
        self._views.apply(page[start:])
        self._progress(page[-1].position)

    def visit_all(self, after: int, upto: int) -> None:
        """Visit the positions from `after` (exclusive) to `upto` without moving on in the log."""
        for position in self._ledger.positions(after, upto):
            self._visit(position)

    def look_beyond(self, head: int, end: int) -> None:
        """What the ledger has at positions that are not in the log differs from it."""
        for position in self._ledger.positions(head, end):
            self.found.positions += 1
            for row in self._ledger.rows_at(position):
                self.found.files += 1
                self.found.beyond += 1
                self._differs(row, REMOVED)

    def _visit(self, position: int) -> None:
        self.found.positions += 1
        with self._views.snapshot():
            rows = self._ledger.rows_at(position)
            named = [row for row in rows if not row.file.startswith(WITHHELD)]
            self.found.files += len(rows) - len(named)
            self.found.withheld += len(rows) - len(named)
            for row, actual in self._rendered(named):
                self.found.files += 1
                if row.digest == actual:
                    self.found.equal += 1
                else:
                    self._judge(row, actual)
        self._progress(position)

    def _rendered(self, rows: Sequence[LedgerRow]) -> Iterator[tuple[LedgerRow, str]]:
        """Each row with the digest of what its file is at the present position."""
        for (settings, feed), group in groupby(
            sorted(rows, key=lambda row: (row.settings, feed_of_file(row.file), row.number)),
            key=lambda row: (row.settings, feed_of_file(row.file)),
        ):
            outputs = self._outputs_of(settings)
            files = outputs.files_of(feed) if outputs else {}
            for row in group:
                content = files.get(row.file)
                yield row, REMOVED if content is None else digest_of(content)

    def _outputs_of(self, digest: str) -> Outputs | None:
        """What renders as the row's publisher did; None where its settings can't be had."""
        if digest not in self._outputs:
            _, text = self._settings.get(digest, ("", ""))
            try:
                self._outputs[digest] = Outputs(self._views, *rendering_of(text))
            except Invalid:
                self._outputs[digest] = None
        return self._outputs[digest]

    def _judge(self, row: LedgerRow, actual: str) -> None:
        if self._erased is not None and self._erased <= row.position:
            self.found.withheld += 1
        elif self._this_version and self._version(row) != __version__:
            self.found.excused += 1
        else:
            self._differs(row, actual)

    def _differs(self, row: LedgerRow, actual: str) -> None:
        self.found.different += 1
        if len(self.found.differences) < SHOWN:
            self.found.differences.append(
                Difference(
                    position=row.position,
                    file=row.file,
                    expected=row.digest,
                    actual=actual,
                    version=self._version(row),
                )
            )

    def _version(self, row: LedgerRow) -> str:
        return self._settings.get(row.settings, ("", ""))[0]
