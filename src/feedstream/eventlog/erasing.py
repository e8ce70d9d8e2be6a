"""Erasing bodies: what may be erased, and what is kept of it."""

import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

from feedstream.domain.events import EVENT_CLASSES, ContentErased, Proposed
from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.base import Expectations, Placed
from feedstream.eventlog.placing import Ledger, Stamp, append_batch, known_as
from feedstream.eventlog.stored import Entry, Erasure, Stored, digest_of

KEPT: Final = frozenset(
    {"update", "entry_id", "correction", "story", "target", "item", "revision"}
    | {"dated", "until", "embargo_until", "minor", "due", "legal"}
)
"""What may be kept of erased data, by name, wherever it stands: ids, dates and flags."""

_NESTED: Final = frozenset({"origin"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:.,_+/-]{0,199}")
_TYPES: Final = frozenset(str(cls.TYPE) for cls in EVENT_CLASSES)


def positions_of(erasure: Proposed) -> Sequence[int]:
    """What `erasure` erases. Raises `Invalid` where it is none."""
    if not isinstance(erasure.event, ContentErased):
        raise Invalid("Only a content.erased event erases: append others.")
    positions = erasure.event.positions
    if not positions or len(set(positions)) < len(positions):
        raise Invalid("An erasure names one position or more, each once.")
    return positions


def erase_bodies(
    ledger: Ledger,
    entry: Entry,
    positions: Sequence[int],
    expect: Expectations,
    stamp: Stamp,
) -> Placed:
    """Append the erasure `entry` and take away the bodies at `positions`, or answer again."""
    again = known_as(ledger, entry)
    if again is not None:
        return Placed(again.position, again.revision)
    found = [_erasable(ledger, position) for position in positions]
    [place] = append_batch(ledger, [entry], expect, stamp)
    for stored in found:
        ledger.erase(stored, erasure_of(stored, by=place.position))
    return place


def erasure_of(stored: Stored, *, by: int) -> Erasure:
    """What is left of `stored` once the event at position `by` has erased it."""
    kept = _kept(orjson.loads(stored.data)) if stored.type in _TYPES else {}
    return Erasure(digest=digest_of(stored), by=by, kept=orjson.dumps(kept))


def _erasable(ledger: Ledger, position: int) -> Stored:
    stored = ledger.at(position)
    if stored is None:
        raise NotFound(
            f"There is no event at position {position} to erase: the log ends at "
            f"{ledger.tail().position}."
        )
    if stored.erased is not None:
        raise Invalid(
            f"The event at position {position} has been erased already, by position "
            f"{stored.erased.by}: leave it out."
        )
    if stored.type == ContentErased.TYPE:
        raise Invalid(
            f"The event at position {position} says what was erased and why: it stands for ever."
        )
    return stored


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in data.items():
        if name in KEPT and _harmless(value):
            kept[name] = value
        elif name in _NESTED and isinstance(value, dict):
            kept[name] = _kept(value)
    return kept


def _harmless(value: Any) -> bool:
    return value is None or isinstance(value, int) or bool(_is_id(value))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None
