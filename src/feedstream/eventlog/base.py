"""What an event log is: its port, the answers it gives, and the meaning of both."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Final, Protocol, Self

from feedstream.domain.events import Proposed, Recorded
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.stored import Claim, Entry, Stored
from feedstream.eventlog.verify import Progress, Verified


class AnyPosition(Enum):
    """The type of `ANY`."""

    ANY = "any"


ANY: Final = AnyPosition.ANY
"""An expectation that always holds."""

Expectations = Mapping[str, int | AnyPosition]
"""By stream: the position of its last event, 0 for a stream without events, or `ANY`."""

Salt = Callable[[], bytes]
"""Draws the 16 random bytes that keep a short text from being guessed from its digest."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an event stands: `position` in the log, `revision` in its stream, both from 1."""

    position: int
    revision: int


@dataclass(frozen=True, slots=True)
class Head:
    """The log's last position (0: empty) and when that event was recorded."""

    position: int
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class StreamHead:
    """The position and the revision of a stream's last event; both 0 where it has none."""

    position: int
    revision: int


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """A subscription has given all that was recorded up to `position`; what follows is live."""

    position: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration wrote, what it found already there, and the head it leaves."""

    new: int
    known: int
    head: Head


class EventLog(Protocol):
    """An append-only log of events, shared by any number of processes.

    *Order.* Positions rise by one in the order of commits: 1, 2, 3… Nothing ever appears below a
    position that somebody has seen. `recorded_at` never goes back along the log. `revision`
    counts the events of one stream in the same way. `after` is exclusive and `upto` inclusive
    everywhere: what follows position `after`, up to and including `upto`.

    *Durability.* When `append` returns, its events are on the disk and visible to every reader;
    what is visible is durable. An append that was cancelled or raised `Unavailable` may or may
    not have happened: never by half, and to repeat it with the same ids is always safe.

    *Idempotence, then concurrency.* An id stands for its content (type, schema, stream,
    effective time, actor, data) for ever. To append a batch again gives the first answer, whatever
    the expectations now say: they are checked only before something is written. An id with other
    content raises `IdTaken`. Since batches are all or nothing, a batch in which some ids are known
    and others are not is no repetition but a mistake, and raises `Conflict`.

    *Expectations.* Each names the position of its stream's last event as the caller saw it. A
    stream without an entry is not checked; a stream that gets no event may be. Where one fails,
    `Conflict` names the stream, both positions and both revisions, and nothing was written.

    *Unknown events.* An event whose type, or whose schema, is newer than this version comes back
    as `Unknown`, never dropped. Older schemas are lifted to today's on reading; `schema` in what
    is read stays the stored one.
    """

    async def append(
        self, events: Sequence[Proposed], *, expect: Expectations | None = None
    ) -> list[Placed]:
        """Record all of `events` or none, and say where they stand, in their order.

        An empty batch is answered with an empty list. Raises `Conflict`, `IdTaken`, `Invalid` (an
        event that cannot be recorded), `Unavailable`, `Integrity`.
        """
        ...

    async def erase(self, erasure: Proposed, *, expect: Expectations | None = None) -> Placed:
        """Record `erasure`, a `ContentErased`, and destroy the bodies of its `positions`.

        All in one; idempotent as `append`. What is left of each is its header, its leaf, and the
        digest under it, so that the log still verifies; it reads as `Withheld`. Raises as
        `append`, `NotFound` beyond the head, `Invalid` for what is erased already or says what
        was. See `residue` for the bytes on the disk.
        """
        ...

    @property
    def residue(self) -> str:
        """Where erased bytes may still lie, in a sentence; empty where there are none."""
        ...

    async def restore(
        self, entries: Iterable[tuple[Entry, Claim | None]], *, dry_run: bool = False
    ) -> Restored:
        """Record what an export holds, all or nothing; entries that are known are passed over.

        An entry with a claim must come to stand exactly there, with that leaf. `entries` is
        drawn from in another thread, once, inside one transaction during which no one else can
        append; the memory used does not grow with their number. A `dry_run` does all of it
        and takes it back. Raises as `append`, and `Invalid` for a claim that does not hold.
        """
        ...

    def read_all(
        self,
        after: int = 0,
        *,
        upto: int | None = None,
        types: Collection[str] | None = None,
        streams: Collection[str] | None = None,
        prefix: str = "",
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Recorded]:
        """The events after `after`, in order, as far as the log went when reading began.

        Only those that pass every filter given: of some types, of some streams, of streams whose
        names begin with `prefix`, by one actor, recorded from the aware instant `since` up to
        and including `until`.
        """
        ...

    def read_stream(
        self, stream: str, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[Recorded]:
        """The events of one stream after the position `after`, in order."""
        ...

    def read_pages(
        self, after: int = 0, upto: int | None = None, size: int = 1000
    ) -> AsyncIterator[list[Recorded]]:
        """As `read_all`, in lists of 1 to `size` events (fewer where they are large)."""
        ...

    def stored_pages(
        self, after: int = 0, upto: int | None = None, size: int = 1000
    ) -> AsyncIterator[list[Stored]]:
        """As `read_pages`, but as stored: for exports and proofs, which need the very bytes."""
        ...

    def subscribe(self, after: int = 0) -> AsyncGenerator[Recorded | CaughtUp, None]:
        """History after `after`, one `CaughtUp`, then events as they are recorded, for ever.

        Sees what other processes append within about 200 ms. Raises `Integrity` where
        `after` lies beyond the head (the log was cut off or replaced), `Unavailable` once the
        log is closed. Leave it through `contextlib.aclosing`.
        """
        ...

    async def by_id(self, id: str) -> Recorded | None:
        """The event with that id."""
        ...

    async def head(self) -> Head:
        """Where the log ends now."""
        ...

    async def stream_head(self, stream: str) -> StreamHead:
        """Where a stream ends now."""
        ...

    async def position_at(self, instant: datetime) -> int:
        """The last position recorded at or before an aware `instant`; 0 where there is none."""
        ...

    async def tree(self, size: int | None = None) -> Tree:
        """The Merkle tree over the first `size` events; over all by default.

        Raises `NotFound` beyond the head, `Invalid` below 0.
        """
        ...

    async def prove_inclusion(self, position: int, size: int) -> tuple[bytes, ...]:
        """The path from the leaf at `position` to the root of `tree(size)` (RFC 6962 §2.1.1).

        Raises `NotFound` where `size` does not reach `position`, or the log not `size`.
        """
        ...

    async def prove_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that `tree(new)` begins with all leaves of `tree(old)` (RFC 6962 §2.1.2).

        Empty where `old` is 0 or `new`. Raises `NotFound` beyond the head, `Invalid` where `old`
        is greater than `new`.
        """
        ...

    async def verify(
        self,
        *,
        after: int = 0,
        upto: int | None = None,
        trees: Sequence[Tree] = (),
        progress: Progress = lambda _done, _all: None,
    ) -> Verified:
        """Check that the log holds what was recorded: every leaf anew, every order, the tree.

        With a range only its events are computed anew; the tree is always checked over all
        leaves. `trees` are those that older checkpoints knew: a log that no longer begins with
        one was cut off or rewritten. Raises `Damaged` (an `Integrity`) naming the first broken
        position, and the log takes no more writes until a whole verification passes.
        """
        ...

    @property
    def broken(self) -> str:
        """Why the log takes no writes, in a sentence; empty where it does."""
        ...

    async def aclose(self) -> None:
        """Finish what was accepted and let go of the store. May be called twice."""
        ...

    async def __aenter__(self) -> Self:
        """The log itself."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the log."""
        ...
