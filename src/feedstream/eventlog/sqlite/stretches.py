"""Looking at stretches with all cores: helpers in processes of their own, and this one as well."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from os import cpu_count
from pathlib import Path
from typing import Final

import apsw

from feedstream.eventlog.sqlite.helpers import Helpers
from feedstream.eventlog.sqlite.looking import stretch_of
from feedstream.eventlog.stretch import Stretch

_WORTHWHILE: Final = 16  # stretches: below, helpers would hardly have started when all is done
_MOST: Final = 7
_AHEAD: Final = 8

Batch = tuple[int, int]
Looked = tuple[Batch, Stretch | None]


def looked_at(db: apsw.Connection, path: Path, batches: Sequence[Batch]) -> Iterator[Looked]:
    """Each of `batches`, (after, up to), in their order, with what was found of it.

    None is found where something is wrong, or where it could not be read.
    """
    helpers = min(_MOST, (cpu_count() or 1) - 1)
    if len(batches) < _WORTHWHILE or not helpers:
        return ((batch, stretch_of(db, *batch)) for batch in batches)
    return _together(db, path, batches, helpers)


def _together(
    db: apsw.Connection, path: Path, batches: Sequence[Batch], count: int
) -> Iterator[Looked]:
    waiting: dict[Batch, Future[Stretch | None]] = {}
    ahead = iter(batches)
    with closing(Helpers(path, count)) as helpers:
        for batch in batches:
            while len(waiting) <= count * _AHEAD and (more := next(ahead, None)):
                waiting[more] = helpers.ask(*more)
            while not waiting[batch].done() and (free := _not_begun(waiting)):
                waiting[free] = Future()
                waiting[free].set_result(stretch_of(db, *free))
            yield batch, waiting.pop(batch).result()


def _not_begun(waiting: Mapping[Batch, Future[Stretch | None]]) -> Batch | None:
    """The first that no helper has begun; none will from now on."""
    return next((batch for batch, future in waiting.items() if future.cancel()), None)
