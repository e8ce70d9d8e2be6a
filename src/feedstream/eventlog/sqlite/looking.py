"""Looking at one stretch in the file; and the helper that does so for another process."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from feedstream.eventlog.sqlite.connection import Place, reading
from feedstream.eventlog.stretch import Stretch, look

ROWS: Final = """
SELECT e.position, e.id, e.stream, e.revision, e.type, e.schema, e.effective_at, e.recorded_at,
       e.actor, e.correlation_id, e.causation_id, e.leaf, b.salt, b.data, x.digest
FROM events e LEFT JOIN bodies b ON b.position = e.position
LEFT JOIN erased x ON x.position = e.position
WHERE e.position > ? AND e.position <= ? ORDER BY e.position
"""
"""The events after a position up to another, with what is left of the erased ones."""


def stretch_of(db: apsw.Connection, start: int, end: int) -> Stretch | None:
    """What is found of the events after `start` up to `end`; None where not all is right."""
    try:
        return look(db.execute(ROWS, (start, end)), start)
    except (apsw.Error, TypeError, ValueError):  # whoever looks again hears of it
        return None


def serve(path: str) -> None:
    """Answer each line of the input, a range of positions, with a line: a stretch, or nothing."""
    with closing(reading(Place(Path(path)))) as db:
        for line in sys.stdin.buffer:
            start, end = map(int, line.split())
            found = stretch_of(db, start, end)
            sys.stdout.buffer.write((b"" if found is None else found.to_json()) + b"\n")
            sys.stdout.buffer.flush()
