"""The Merkle tree in the file: its frontier, its landmarks, and the leaves under them."""

from collections.abc import Sequence
from typing import Final

import apsw

from feedstream.errors import Integrity
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Frontier, Node

HASH_SIZE: Final = 32
_LEAVES = "SELECT leaf FROM events WHERE position > ? AND position <= ? ORDER BY position"
_GROW = """
UPDATE frontier SET size = ?1, peaks = ?2
WHERE size <= ?1 AND ?1 = (SELECT coalesce(max(position), 0) FROM events)
"""
_NODES = "SELECT hash FROM tree WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"


def frontier(db: apsw.Connection) -> Frontier:
    """The stored frontier."""
    row = db.execute("SELECT size, peaks FROM frontier").fetchone()
    size, peaks = (0, b"") if row is None else row
    if row is None or len(peaks) != HASH_SIZE * size.bit_count():
        raise Damaged(
            "The frontier of the log's tree is not whole: restore the log from a backup or an "
            "export.",
            expected=f"{size.bit_count()} peaks",
            actual=f"{len(peaks)} bytes",
        )
    return Frontier(size, tuple(peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), 32)))


def hashes(db: apsw.Connection, level: int, first: int, end: int) -> Sequence[bytes]:
    """What is kept of the tree, as `proving.Hashes`."""
    if level == 0:
        return [leaf for (leaf,) in db.execute(_LEAVES, (first, end))]
    return [hash_ for (hash_,) in db.execute(_NODES, (level, first, end))]


def save(db: apsw.Connection, frontier: Frontier, landmarks: Sequence[Node]) -> None:
    """Store what the events that were written since make of the tree."""
    db.execute(_GROW, (frontier.size, b"".join(frontier.peaks)))
    if db.changes() != 1:
        raise Integrity(
            f"The tree over {frontier.size} events is not that of the events in the log: verify "
            "it, and restore it from a backup or an export."
        )
    if landmarks:
        rows = ((node.level, node.index, node.hash) for node in landmarks)
        db.executemany("INSERT INTO tree VALUES (?, ?, ?)", rows)


def plant(db: apsw.Connection) -> None:
    """Build the tree over the leaves that are stored, and store it."""
    landmarks: list[Node] = []
    leaves = (leaf for (leaf,) in db.execute("SELECT leaf FROM events ORDER BY position"))
    save(db, Frontier().grown(leaves, landmarks.append), landmarks)
