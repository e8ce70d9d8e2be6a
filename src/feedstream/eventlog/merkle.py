"""The Merkle tree that binds the log (RFC 6962 §2.1): hashes, roots, proofs, and checking them.

The leaf of the event at position p has index p - 1. A *complete* subtree covers 2^k leaves from a
multiple of 2^k on; its hash never changes again, so whoever keeps some of them can answer for any
size of the tree. The proofs here ask for them through a `Subtree`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

LANDMARK_LEVELS: Final = 8
"""Complete subtrees of 2^8, 2^16, 2^24… leaves are *landmarks*: stores keep their hashes."""

_MASK: Final = (1 << LANDMARK_LEVELS) - 1

Subtree = Callable[[int, int], bytes]
"""The hash of the complete subtree over the leaves [start, end)."""


def body_digest(salt: bytes, data: bytes) -> bytes:
    """SHA-256(salt ‖ data): what of an event's body goes into its leaf.

    Salted, since the digest of a short text could be guessed; kept when the body is erased.
    """
    return sha256(salt + data).digest()


def leaf_hash(header: bytes, digest: bytes) -> bytes:
    """The 32-byte leaf: SHA-256(0x00 ‖ header ‖ digest), `digest` being `body_digest`'s.

    `header` is the event's canonical JSON object without its data, in UTF-8: it ends itself, so
    the two parts cannot run into each other.
    """
    return sha256(LEAF_PREFIX + header + digest).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree as its head shows it: how many leaves, and the root over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """The hash of the complete subtree `index` (from 0) of 2^`level` leaves."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed of a tree to add leaves and to know its root.

    `peaks` are the hashes of the complete subtrees that `size` falls into, greatest first: one
    for each bit that is set in `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def add(self, leaf: bytes) -> "Frontier":
        """The frontier with one more leaf."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier with more leaves."""
        return self.grown(leaves, lambda _node: None)

    def grown(self, leaves: Iterable[bytes], keep: Callable[[Node], None]) -> "Frontier":
        """As `extend`; gives to `keep` every landmark that gets complete, lower ones first."""
        size, peaks = self.size, list(self.peaks)
        new, prefix = sha256, NODE_PREFIX
        for leaf in leaves:
            below, hash_ = size, leaf
            if below & _MASK == _MASK:
                hash_ = _landmarks(size, peaks, leaf, keep)
            else:
                while below & 1:
                    hash_ = new(prefix + peaks.pop() + hash_).digest()
                    below >>= 1
            peaks.append(hash_)
            size += 1
        return Frontier(size, tuple(peaks))

    def joined(self, more: "Frontier", keep: Callable[[Node], None]) -> "Frontier":
        """The frontier with the leaves of another after its own.

        Its size must be a multiple of a power of two that `more` does not pass. Landmarks within
        `more` are not told again.
        """
        size, peaks = self.size, list(self.peaks)
        left = more.size
        for peak in more.peaks:
            level = left.bit_length() - 1
            hash_, below = peak, level
            while size >> below & 1:
                hash_ = node_hash(peaks.pop(), hash_)
                below += 1
                if below % LANDMARK_LEVELS == 0:
                    keep(Node(below, size >> below, hash_))
            peaks.append(hash_)
            size += 1 << level
            left -= 1 << level
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root over all leaves."""
        return _joined(self.peaks)

    def tree(self) -> Tree:
        """The tree that this frontier is of."""
        return Tree(self.size, self.root())


# ── roots and proofs out of complete subtrees ─────────────────────────────────────────────────
def root_of(size: int, subtree: Subtree) -> bytes:
    """The root over the first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The audit path of the leaf `index` in the tree of `size` (RFC 6962 §2.1.1).

    Raises `ValueError` unless 0 ≤ `index` < `size`.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(middle, end, subtree))
            end = middle
        else:
            path.append(_range(start, middle, subtree))
            start = middle
    return tuple(reversed(path))


def consistency_path(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The proof that the tree of `new` leaves begins with the one of `old` (RFC 6962 §2.1.2).

    Empty where there is nothing to prove. Raises `ValueError` unless 0 ≤ `old` ≤ `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not begin with one of {old}")
    if old in {0, new}:
        return ()
    path: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range(middle, end, subtree))
            end = middle
        else:
            path.append(_range(start, middle, subtree))
            start = middle
    if start > 0:  # else the verifier knows this hash: it is the old root
        path.append(_range(start, end, subtree))
    return tuple(reversed(path))


# ── checking them ─────────────────────────────────────────────────────────────────────────────
def verify_inclusion(
    leaf: bytes, index: int, size: int, path: tuple[bytes, ...], root: bytes
) -> bool:
    """Whether `path` shows `leaf` to be the leaf `index` of the tree of `size` with that root."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old: Tree, new: Tree, path: tuple[bytes, ...]) -> bool:
    """Whether `path` shows that the tree `new` begins with all leaves of `old`, unchanged."""
    if not 0 <= old.size <= new.size:
        return False
    if old.size == new.size:
        return not path and old.root == new.root
    if old.size == 0:
        return not path and old.root == EMPTY_ROOT
    if old.size & (old.size - 1) == 0:
        path = (old.root, *path)
    return bool(path) and _connects(old, new, path)


def _connects(old: Tree, new: Tree, path: tuple[bytes, ...]) -> bool:
    at, last = old.size - 1, new.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    then = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            then, now = node_hash(sibling, then), node_hash(sibling, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and then == old.root and now == new.root


def _split(count: int) -> int:
    """The greatest power of two below `count` (2 or more)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over the leaves [start, end), which begin where a complete subtree may."""
    peaks = []
    while start < end:
        width = 1 << ((end - start).bit_length() - 1)
        peaks.append(subtree(start, start + width))
        start += width
    return _joined(peaks)


def _joined(peaks: Iterable[bytes]) -> bytes:
    """Complete subtrees, greatest first, under one root."""
    node = None
    for peak in reversed(tuple(peaks)):
        node = peak if node is None else node_hash(peak, node)
    return EMPTY_ROOT if node is None else node


def _landmarks(size: int, peaks: list[bytes], leaf: bytes, keep: Callable[[Node], None]) -> bytes:
    """Merge `leaf`, the last of a landmark, into `peaks`; the hash of what it completes."""
    level, hash_ = 0, leaf
    while size >> level & 1:
        hash_ = node_hash(peaks.pop(), hash_)
        level += 1
        if level % LANDMARK_LEVELS == 0:
            keep(Node(level, size >> level, hash_))
    return hash_
