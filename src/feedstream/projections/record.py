"""What all feeds say of the log itself: when it began, and in whose name its ids are minted.

Ids were minted when things were published: no setting moves them later, those of feeds neither.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import apsw

from feedstream.domain.events import Recorded, StoryPublished, Withheld
from feedstream.projections.labels import stamp

_BEGAN, _AUTHORITY = "began", "authority"
_MINTED = re.compile(r"tag:([A-Za-z0-9.-]{1,253}),")


class Record(NamedTuple):
    """`began`: when the first event was recorded; None for none.

    `authority`: the tagging entity (RFC 4151) of the first id that was minted; empty before that.
    """

    began: datetime | None = None
    authority: str = ""


def record_at(db: apsw.Connection, position: int) -> Record:
    """What was known at `position`."""
    began, (known, _, authority) = _get(db, _BEGAN), (_get(db, _AUTHORITY) or "").partition(" ")
    return Record(
        began=datetime.fromisoformat(began) if began and position else None,
        authority=authority if authority and int(known) <= position else "",
    )


def learn(db: apsw.Connection, page: Sequence[Recorded]) -> bool:
    """Keep what these events, the next to be applied, tell of it; whether they told anything."""
    began = _get(db, _BEGAN) is None
    if began:
        _set(db, _BEGAN, stamp(page[0].recorded_at))
    minted = None if _get(db, _AUTHORITY) else next(filter(None, map(_minted_in, page)), None)
    if minted is not None:
        _set(db, _AUTHORITY, minted)
    return began or minted is not None


def _minted_in(recorded: Recorded) -> str | None:
    """Position and tagging entity of the id that a publication minted, erased since or not."""
    event, entry = recorded.event, None
    if isinstance(event, StoryPublished):
        entry = event.entry_id
    elif isinstance(event, Withheld) and recorded.type == StoryPublished.TYPE:
        entry = event.kept.get("entry_id")
    found = _MINTED.match(str(entry))
    return f"{recorded.position} {found[1]}" if found else None


def _get(db: apsw.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def _set(db: apsw.Connection, key: str, value: str) -> None:
    db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
