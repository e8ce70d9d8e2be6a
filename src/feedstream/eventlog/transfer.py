"""Whole logs as lines of CloudEvents: export, and an import that loses and invents nothing."""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, Final

from feedstream.domain.events import Event, Proposed, Unknown, Withheld
from feedstream.errors import Conflict, Invalid, Unavailable
from feedstream.eventlog.base import EventLog, Head
from feedstream.eventlog.cloudevents import Line, from_cloudevent, to_cloudevent
from feedstream.eventlog.codec import CODEC, MAX_LINE, Codec
from feedstream.eventlog.stored import Claim, Entry

Lines = AsyncIterable[bytes] | Iterable[bytes]
Admit = Callable[[Proposed, Event | Unknown | Withheld], str | None]
"""Given an event as proposed and as lifted to today's schema: objects with a sentence, or lets it
pass with None. Called in another thread."""

Progress = Callable[[str, int], None]
"""Told `"check"` or `"write"` and how many lines are done. Called in another thread."""

_IN_MEMORY: Final = 16 * 1024 * 1024
_CHUNK_LINES: Final = 500
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`read` events, of which `new` were (or would be) added and `known` were there; the head."""

    read: int
    new: int
    known: int
    head: Head


async def export(
    log: EventLog, after: int = 0, upto: int | None = None, *, codec: Codec = CODEC
) -> AsyncIterator[bytes]:
    """The events after `after`, one canonical line each, ending in a line feed."""
    async for page in log.stored_pages(after, upto):
        for stored in page:
            yield to_cloudevent(codec.recorded(stored), stored.data, stored.erased) + b"\n"


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, none much longer than one may be, however long it is in the file."""
    while line := file.readline(MAX_LINE + 2):
        yield line


async def import_(
    log: EventLog,
    lines: Lines,
    *,
    dry_run: bool = False,
    admit: Admit = lambda _proposed, _event: None,
    progress: Progress = lambda _stage, _done: None,
    codec: Codec = CODEC,
) -> ImportReport:
    """Record what `lines` hold: all of it, or nothing where one line is wrong.

    First every line is checked by itself, while it is copied to a temporary file (kept in memory
    up to 16 MiB). Then all are recorded in one transaction; a `dry_run` takes that back. The
    memory used is that of one chunk of lines, at most about 9 MiB, whatever the length of the
    whole. Blank lines are passed over.

    Raises `Invalid` or `Conflict` with "line 12: …", `Unavailable`, `Integrity`.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        checked = _Checked(spool, admit, progress, codec)
        async for chunk in _chunks(lines):
            await asyncio.to_thread(checked.take, chunk)
        await asyncio.to_thread(spool.seek, 0)
        replay = _Replay(spool, progress, codec)
        try:
            restored = await log.restore(replay, dry_run=dry_run)
        except (Invalid, Conflict) as exc:
            raise _at(replay.number, exc) from exc
    return ImportReport(checked.read, restored.new, restored.known, restored.head)


class _Checked:
    """The first pass: each line by itself, copied to the spool."""

    def __init__(self, spool: IO[bytes], admit: Admit, progress: Progress, codec: Codec) -> None:
        self._spool, self._admit, self._progress, self._codec = spool, admit, progress, codec
        self._number = 0
        self.read = 0

    def take(self, lines: Iterable[bytes]) -> None:
        """Check and copy some lines."""
        for line in lines:
            self._number += 1
            if line.strip():
                self._check(line)
                self.read += 1
            self._copy(line)
        self._progress("check", self._number)

    def _copy(self, line: bytes) -> None:
        try:
            self._spool.write(line.strip() + b"\n")
        except OSError as exc:
            raise Unavailable(
                f"The import needs room for a temporary file ({exc.strerror}): free some space, or "
                "set TMPDIR to a folder that has it."
            ) from exc

    def _check(self, line: bytes) -> None:
        try:
            said, _ = _understood(line, self._codec)
        except (Invalid, Conflict) as exc:
            raise _at(self._number, exc) from exc
        objection = self._admit(said.proposed, said.event)
        if objection:
            raise Invalid(f"line {self._number}: {objection}")


class _Replay:
    """The second pass: the spool's lines as entries; `number` is the line last given."""

    def __init__(self, spool: IO[bytes], progress: Progress, codec: Codec) -> None:
        self._spool, self._progress, self._codec = spool, progress, codec
        self.number = 0

    def __iter__(self) -> Iterator[tuple[Entry, Claim | None]]:
        for number, line in enumerate(self._spool, start=1):
            self.number = number
            if line.strip():
                said, entry = _understood(line, self._codec)
                yield entry, said.claim
            if number % _CHUNK_LINES == 0:
                self._progress("write", number)
        self._progress("write", self.number)


def _understood(line: bytes, codec: Codec) -> tuple[Line, Entry]:
    said = from_cloudevent(line.strip(), codec)
    if said.erased is not None:
        return said, codec.encode_erased(said.proposed, said.erased)
    return said, codec.encode(said.proposed)


def _at(number: int, exc: Invalid | Conflict) -> Invalid | Conflict:
    """The same error, with the line that it is about."""
    message = f"line {number}: {exc.sentence}"
    if isinstance(exc, Conflict):
        return type(exc)(message, stream=exc.stream, expected=exc.expected, actual=exc.actual)
    return type(exc)(message)


async def _chunks(lines: Lines) -> AsyncIterator[list[bytes]]:
    """Lines in lists that are worth a hop to another thread."""
    chunk: list[bytes] = []
    size = 0
    async for line in _each(lines):
        chunk.append(line)
        size += len(line)
        if len(chunk) >= _CHUNK_LINES or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


async def _each(lines: Lines) -> AsyncIterator[bytes]:
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line
