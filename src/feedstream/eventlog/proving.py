"""Proofs out of a store: its leaves and its landmarks as the subtrees that proofs ask for."""

from collections.abc import Callable, Sequence

from feedstream.errors import Invalid, NotFound
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import LANDMARK_LEVELS, Frontier, Subtree

Hashes = Callable[[int, int, int], Sequence[bytes]]
"""By (level, first, end): the hashes kept at that level, from `first` to before `end`.

Level 0 are the leaves.
"""


def subtrees(hashes: Hashes) -> Subtree:
    """Complete subtrees of any size, from at most 2^8 hashes each."""

    def subtree(start: int, end: int) -> bytes:
        depth = (end - start).bit_length() - 1
        level = depth // LANDMARK_LEVELS * LANDMARK_LEVELS
        found = hashes(level, start >> level, end >> level)
        if len(found) != (end - start) >> level:
            raise Damaged(
                f"The hashes of the positions {start + 1} to {end} are not all there: restore the "
                "log from a backup or an export.",
                position=start + 1,
                expected=f"{(end - start) >> level} hashes",
                actual=f"{len(found)}",
            )
        return Frontier().extend(found).root()

    return subtree


def check_size(size: int, head: int) -> int:
    """`size` where the log reaches it. Raises `NotFound` beyond `head`, `Invalid` below 0."""
    if size < 0:
        raise Invalid(f"The size of a log is 0 or more, not {size}.")
    if size > head:
        raise NotFound(f"The log ends at position {head}; there is no tree of {size} events yet.")
    return size


def check_leaf(position: int, size: int) -> int:
    """The index of the leaf at `position`. Raises `NotFound` where `size` does not reach it."""
    if not 1 <= position <= size:
        raise NotFound(f"There is no position {position} in a log of {size} events.")
    return position - 1


def check_growth(old: int, new: int) -> None:
    """Raise `Invalid` unless `old` comes first."""
    if old > new:
        raise Invalid(f"A log of {old} events does not come before one of {new}: swap them.")
