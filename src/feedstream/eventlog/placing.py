"""The rules of writing, the same for every store: what an append may do, and in what order."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from feedstream.errors import Conflict, IdTaken, Integrity, Invalid
from feedstream.eventlog.base import (
    AnyPosition,
    Expectations,
    Head,
    Placed,
    Restored,
    Salt,
    StreamHead,
)
from feedstream.eventlog.stored import (
    SALT_SIZE,
    Claim,
    Entry,
    Erasure,
    Row,
    Stored,
    digest_of,
    instant,
    placed_row,
)


@dataclass(frozen=True, slots=True)
class Tail:
    """The last position and its recorded time in microseconds."""

    position: int
    recorded_at: int


EMPTY: Final = Tail(0, -(2**62))
"""The tail of an empty log: any time may follow."""


class Ledger(Protocol):
    """A store inside its transaction: all that is asked here is as of now, own writes included."""

    def tail(self) -> Tail:
        """Where the log ends."""
        ...

    def stream_head(self, stream: str) -> StreamHead:
        """Where a stream ends."""
        ...

    def find(self, id: str) -> Stored | None:
        """The event with that id."""
        ...

    def revision_at(self, stream: str, position: int) -> int | None:
        """The revision of the stream's event at that position, where there is one."""
        ...

    def at(self, position: int) -> Stored | None:
        """The event at that position."""
        ...

    def write(self, events: Sequence[Row]) -> None:
        """Add events after the tail."""
        ...

    def erase(self, stored: Stored, erasure: Erasure) -> None:
        """Take the body of `stored` away; `erasure` stays."""
        ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the log itself adds to events: the time (microseconds) and the drawing of salts."""

    now: int
    salt: Salt


def random_salt() -> bytes:
    """16 bytes from the system's source of randomness, which is asked for many at a time."""
    try:
        return _drawn.pop()
    except IndexError:
        more = os.urandom(SALT_SIZE * _AT_A_TIME)
        _drawn.extend(more[at : at + SALT_SIZE] for at in range(0, len(more), SALT_SIZE))
        return os.urandom(SALT_SIZE)


_AT_A_TIME: Final = 64
_drawn: list[bytes] = []
os.register_at_fork(after_in_child=_drawn.clear)  # else two processes would use the same


def append_batch(
    ledger: Ledger, entries: Sequence[Entry], expect: Expectations, stamp: Stamp
) -> list[Placed]:
    """Append `entries` or answer again; raises before it writes anything."""
    known = [known_as(ledger, entry) for entry in entries]
    answers = [Placed(event.position, event.revision) for event in known if event]
    if len(answers) == len(entries):
        return answers
    if answers:
        raise Conflict(
            f"{len(answers)} of these {len(entries)} events are in the log already (one at "
            f"position {answers[0].position}) and the others are not: append the others alone."
        )
    for stream, expected in expect.items():
        _check(ledger, stream, expected)
    events = _place(ledger, entries, stamp)
    ledger.write(events)
    return [Placed(event.position, event.revision) for event in events]


def restore_entries(
    ledger: Ledger, entries: Iterable[tuple[Entry, Claim | None]], stamp: Stamp
) -> Restored:
    """Write entries where they claim to stand. What it wrote before it raised is to be undone."""
    new = known = 0
    for entry, claim in entries:
        if _restore(ledger, entry, claim, stamp):
            new += 1
        else:
            known += 1
    return Restored(new, known, head_of(ledger.tail()))


def _restore(ledger: Ledger, entry: Entry, claim: Claim | None, stamp: Stamp) -> bool:
    """Write `entry`; False where it stands there already."""
    known = known_as(ledger, entry)
    if known is None:
        [event] = _place(ledger, [entry], stamp)
        if claim is not None:
            _honour(claim, event)
        ledger.write([event])
        return True
    if claim is not None and (known.position, known.leaf) != (claim.position, claim.leaf):
        raise Conflict(
            f"event {entry.id} stands at position {known.position} here and at position "
            f"{claim.position} in the export, or was recorded otherwise there: the export is of "
            "another log"
        )
    if entry.erased is not None and known.erased is None:
        _erase_too(ledger, known, entry.erased)
    return False


def _erase_too(ledger: Ledger, known: Stored, erasure: Erasure) -> None:
    """What the exporting log has erased does not stay here."""
    if erasure.digest != digest_of(known):
        raise Invalid(
            f"the digest of position {known.position} does not match its content: the line was "
            "changed after it was exported"
        )
    ledger.erase(known, erasure)


def known_as(ledger: Ledger, entry: Entry) -> Stored | None:
    """The event that `entry` repeats. Raises `IdTaken` where its id stands for other content."""
    known = ledger.find(entry.id)
    if known is not None and not known.says_the_same_as(entry):
        raise IdTaken(
            f"Event id {entry.id} already stands for other content (a {known.type} on "
            f"{known.stream} at position {known.position}): give the new event an id of its own.",
            stream=known.stream,
            actual=known.position,
        )
    return known


def _check(ledger: Ledger, stream: str, expected: int | AnyPosition) -> None:
    if isinstance(expected, AnyPosition):
        return
    if expected < 0:
        raise Invalid(f"A position is 0 or more; {expected} was expected of {stream}.")
    head = ledger.stream_head(stream)
    if head.position == expected:
        return
    raise Conflict(
        f"{stream} is not as you saw it: {_seen(ledger, stream, expected)}, but "
        f"{_stands(head)}: read it again and decide anew.",
        stream=stream,
        expected=expected,
        actual=head.position,
    )


def _seen(ledger: Ledger, stream: str, expected: int) -> str:
    if expected == 0:
        return "you expected no event (position 0, revision 0)"
    revision = ledger.revision_at(stream, expected)
    if revision is None:
        return f"you expected its last event at position {expected}, which is none of its events"
    return f"you expected its last event at position {expected} (revision {revision})"


def _stands(head: StreamHead) -> str:
    if head.position == 0:
        return "it has no event (position 0, revision 0)"
    return f"its last event is at position {head.position} (revision {head.revision})"


def _place(ledger: Ledger, entries: Sequence[Entry], stamp: Stamp) -> list[Row]:
    """Entries in their places after the tail; revisions go on within the batch."""
    if len({entry.id for entry in entries}) < len(entries):
        raise Invalid("Two events of this batch have the same id: give each its own.")
    tail, now = ledger.tail(), stamp.now
    recorded_at = tail.recorded_at
    revisions: dict[str, int] = {}
    rows = []
    for position, entry in enumerate(entries, start=tail.position + 1):
        stream, own = entry.stream, entry.recorded_at
        recorded_at = max(now, recorded_at) if own is None else _own_time(entry, own, recorded_at)
        if (revision := revisions.get(stream)) is None:
            revision = ledger.stream_head(stream).revision
        revisions[stream] = revision = revision + 1
        salt = stamp.salt() if entry.salt is None else entry.salt
        rows.append(placed_row(entry, position, revision, recorded_at, salt))
    return rows


def _own_time(entry: Entry, own: int, last: int) -> int:
    """The recorded time of a restored event: its own, which may not go back."""
    if own < last:
        raise Invalid(
            f"event {entry.id} was recorded at {instant(own)}, before the log's last "
            f"event ({instant(last)}): recorded times never go back"
        )
    return own


def _honour(claim: Claim, event: Row) -> None:
    if claim.position != event.position:
        raise Invalid(
            f"position {claim.position} is out of order: the log's next is {event.position}"
        )
    if claim.revision != event.revision:
        raise Invalid(
            f"revision {claim.revision} is out of order: the next of {event.stream} is "
            f"{event.revision}"
        )
    if claim.leaf != event.leaf:
        raise Invalid(
            f"the leaf of position {claim.position} does not match its content: the line was "
            "changed after it was exported"
        )


def head_of(tail: Tail) -> Head:
    """The head that a tail shows."""
    return Head(tail.position, instant(tail.recorded_at) if tail.position else None)


def check_reachable(after: int, head: int) -> None:
    """Raise `Integrity` where a subscriber has seen more than the log holds."""
    if after > head:
        raise Integrity(
            f"A subscription asks for what follows position {after}, but the log ends at {head}: "
            "it was cut off or replaced; rebuild what was derived from it."
        )
