"""Verifying a log: every leaf again from the stored bytes, every order, and the tree over all.

A store hands its rows to a `Checker`, in order and in batches, and asks at the end whether the
tree that they make is the one that is stored, and the one that older checkpoints knew.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NoReturn

from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import LEAF_PREFIX, Frontier, Node, Tree
from feedstream.eventlog.stored import Stored, fields_of, header_bytes, instant
from feedstream.eventlog.stretch import STRETCH, Row, Stretch

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many. Called in another thread."""

_MAX_STREAMS: Final = 200_000
_MEND = "restore the log from a backup or an export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found in order: `events` leaves computed again, `erased` ones among them.

    `tree` is that of the whole log. `page_checksums` tells whether the bytes of the file that
    hold no event were checked too; None where there is no file, or only a range was asked for.
    """

    events: int
    erased: int
    tree: Tree
    page_checksums: bool | None = None


def row_of(stored: Stored) -> Row:
    """`stored` as a row."""
    *header_and_leaf, salt, data = fields_of(stored)
    if stored.erased:
        return (*header_and_leaf, None, None, stored.erased.digest)
    return (*header_and_leaf, salt, data, None)


class Checker:
    """Goes along a log of `size` events; raises `Damaged` at the first that is not as recorded.

    `revision_before` tells the revision of a stream before a position, where the checker does
    not remember it; `keep` is given the tree's landmarks; `trees` are known older trees.
    """

    def __init__(
        self,
        size: int,
        *,
        trees: Iterable[Tree],
        keep: Callable[[Node], None],
        revision_before: Callable[[str, int], int],
    ) -> None:
        self.size, self.position, self.erased, self.events = size, 0, 0, 0
        self.frontier = Frontier()
        self.kinds: set[tuple[str, int]] = set()
        self._known = sorted(trees, key=lambda tree: tree.size)
        self._keep, self._before = keep, revision_before
        self._recorded_at = -(2**62)
        self._revisions: dict[str, int] = {}
        self._remembers = True

    def rows(self, rows: Iterable[Row]) -> None:
        """Check whole events, one by one."""
        leaves = [self._row(row) for row in rows]
        self.events += len(leaves)
        self._add(leaves)

    def take(self, stretch: Stretch) -> bool:
        """Take events that were checked as a stretch; False where `rows` is to look at them."""
        self._compare(final=False)  # the empty tree may be known
        end = stretch.start + stretch.tree.size
        if (
            stretch.start != self.position
            or stretch.start % STRETCH
            or stretch.first_at < self._recorded_at
            or any(self.position < tree.size < end for tree in self._known)
            or not self._goes_on(stretch)
        ):
            return False
        self._revisions.update(stretch.lasts)
        for node in stretch.landmarks:
            first = stretch.start >> node.level
            self._keep(Node(node.level, first + node.index, node.hash))
        self.frontier = self.frontier.joined(stretch.tree, self._keep)
        self.position, self._recorded_at = end, stretch.last_at
        self.events += stretch.tree.size
        self.erased += stretch.erased
        self.kinds |= stretch.kinds
        self._compare(final=False)
        return True

    def _goes_on(self, stretch: Stretch) -> bool:
        """Whether each stream's first revision is the one that comes next."""
        known = self._revisions.get
        return all(
            known(stream) == first - 1
            or self._expected_revision(stream, stretch.start + 1) == first
            for stream, first in stretch.firsts.items()
        )

    def leaves(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take stored leaves as they are, with their positions."""
        self._remembers = False
        leaves = []
        for position, leaf in rows:
            self._next(position)
            leaves.append(leaf)
        self._add(leaves)

    def finish(self, stored: Frontier) -> Tree:
        """Whether all was there and the tree is the one that is stored; the tree."""
        if self.position < self.size:
            self._next(self.size + 1)
        if self.frontier != stored:
            fail(
                0,
                "The tree over the events is not the one that the log keeps",
                f"root {self.frontier.root().hex()} of {self.frontier.size}",
                f"root {stored.root().hex()} of {stored.size}",
            )
        self._compare(final=True)
        return self.frontier.tree()

    def _row(self, row: Row) -> bytes:
        position, stream, revision, recorded_at = row[0], row[2], row[3], row[7]
        stored, salt, data, digest = row[11], row[12], row[13], row[14]
        if position != self.position + 1:
            self._next(position)
        if data is not None and digest is None:
            digest = sha256(salt + data).digest()
        elif data is None and digest is not None:
            self.erased += 1
        else:
            _body_fails(position, data)
        leaf = sha256(LEAF_PREFIX + header_bytes(*row[:11]) + digest).digest()
        if leaf != stored:
            fail(
                position,
                f"The event at position {position} is not as it was recorded",
                f"leaf {stored.hex()}",
                f"leaf {leaf.hex()}",
            )
        if recorded_at < self._recorded_at:
            _time_fails(position, self._recorded_at, recorded_at)
        if revision != (expected := self._expected_revision(stream, position)):
            _revision_fails(row, expected)
        self._revisions[stream] = revision
        self._recorded_at = recorded_at
        self.position = position
        self.kinds.add(row[4:6])
        return leaf

    def _expected_revision(self, stream: str, position: int) -> int:
        last = self._revisions.get(stream)
        if last is None:
            if len(self._revisions) >= _MAX_STREAMS:
                self._revisions.clear()
                self._remembers = False
            last = 0 if self._remembers else self._before(stream, position)
        return last + 1

    def _next(self, position: int) -> None:
        if position != self.position + 1:
            fail(
                self.position + 1,
                f"The event at position {self.position + 1} is missing",
                f"position {self.position + 1}",
                f"position {position}" if position <= self.size else "the end of the log",
            )
        self.position = position

    def _add(self, leaves: Sequence[bytes]) -> None:
        """Grow the tree, with a stop at each size of which the root is known."""
        at, first = 0, self.frontier.size
        while self._known and self._known[0].size <= first + len(leaves):
            end = max(at, self._known[0].size - first)
            self.frontier = self.frontier.grown(leaves[at:end], self._keep)
            at = end
            self._compare(final=False)
        self.frontier = self.frontier.grown(leaves[at:], self._keep)

    def _compare(self, *, final: bool) -> None:
        while self._known and (final or self._known[0].size == self.frontier.size):
            known = self._known.pop(0)
            if known.size > self.frontier.size:
                fail(
                    self.frontier.size + 1,
                    "The log was cut off: an older checkpoint knew more events than it holds now",
                    f"{known.size} events",
                    f"{self.frontier.size} events",
                )
            if known.root != self.frontier.root():
                fail(
                    0,
                    f"The log was rewritten: its first {known.size} events are not those that an "
                    "older checkpoint knew",
                    f"root {known.root.hex()}",
                    f"root {self.frontier.root().hex()}",
                )


def fail(position: int, what: str, expected: str, actual: str) -> NoReturn:
    """Raise `Damaged` with one sentence."""
    raise Damaged(
        f"{what} (expected {expected}, found {actual}): {_MEND}.",
        position=position,
        expected=expected,
        actual=actual,
    )


def _body_fails(position: int, data: bytes | None) -> NoReturn:
    if data is None:
        fail(position, f"The body of the event at position {position} is missing", "a body", "none")
    fail(position, f"The erased body of position {position} is still there", "no body", "one")


def _time_fails(position: int, last: int, at: int) -> NoReturn:
    fail(
        position,
        f"The recorded time of position {position} goes back",
        f"{instant(last)} or later",
        f"{instant(at)}",
    )


def _revision_fails(row: Row, expected: int) -> NoReturn:
    fail(
        row[0],
        f"The event at position {row[0]} is out of order in {row[2]}",
        f"revision {expected}",
        f"revision {row[3]}",
    )
