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
    Stored,
    digest_of,
    instant,
    placed,
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

    def write(self, events: Sequence[Stored]) -> None:
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
    """16 bytes from the system's source of randomness."""
    return os.urandom(SALT_SIZE)


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


def _place(ledger: Ledger, entries: Sequence[Entry], stamp: Stamp) -> list[Stored]:
    """Entries in their places after the tail; revisions go on within the batch."""
    if len({entry.id for entry in entries}) < len(entries):
        raise Invalid("Two events of this batch have the same id: give each its own.")
    tail = ledger.tail()
    position, recorded_at = tail.position, tail.recorded_at
    revisions: dict[str, int] = {}
    events = []
    for entry in entries:
        position += 1
        recorded_at = _time(entry, recorded_at, stamp.now)
        if (revision := revisions.get(entry.stream)) is None:
            revision = ledger.stream_head(entry.stream).revision
        revisions[entry.stream] = revision = revision + 1
        salt = stamp.salt() if entry.salt is None else entry.salt
        events.append(
            placed(entry, position=position, revision=revision, recorded_at=recorded_at, salt=salt)
        )
    return events


def _time(entry: Entry, last: int, now: int) -> int:
    """The recorded time: the log's clock, but never back; a restored event keeps its own."""
    if entry.recorded_at is None:
        return max(now, last)
    if entry.recorded_at < last:
        raise Invalid(
            f"event {entry.id} was recorded at {instant(entry.recorded_at)}, before the log's last "
            f"event ({instant(last)}): recorded times never go back"
        )
    return entry.recorded_at


def _honour(claim: Claim, event: Stored) -> None:
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
