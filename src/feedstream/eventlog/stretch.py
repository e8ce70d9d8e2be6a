"""A stretch of the log, checked by itself: fast, and without a word of what is wrong in it.

Stretches can be looked at in any order, and in other processes. Where one is sound, the `Checker`
takes it as a whole; where not, it goes through the rows one by one and tells what it finds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

import orjson

from feedstream.eventlog.merkle import LANDMARK_LEVELS, LEAF_PREFIX, NODE_PREFIX, Frontier, Node
from feedstream.eventlog.stored import when_text

STRETCH: Final = 4096
"""Stretches begin after a multiple of so many positions and are no longer than that."""

Row = tuple[Any, ...]
"""The columns of `Stored`, `salt` and `data` None where there is no body, and then the digest of
an erasure or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What sound events after the position `start` are: `tree` and `landmarks` count from there.

    `first_at` and `last_at` are recorded times (microseconds). `firsts` and `lasts` tell by stream
    the first and the last revision, `kinds` each (type, schema).
    """

    start: int
    tree: Frontier
    landmarks: tuple[Node, ...]
    erased: int
    first_at: int
    last_at: int
    firsts: dict[str, int]
    lasts: dict[str, int]
    kinds: frozenset[tuple[str, int]]

    def to_json(self) -> bytes:
        """For the way between processes."""
        return orjson.dumps(
            {
                "start": self.start,
                "size": self.tree.size,
                "peaks": [peak.hex() for peak in self.tree.peaks],
                "landmarks": [(n.level, n.index, n.hash.hex()) for n in self.landmarks],
                "erased": self.erased,
                "first_at": self.first_at,
                "last_at": self.last_at,
                "firsts": self.firsts,
                "lasts": self.lasts,
                "kinds": list(self.kinds),
            }
        )

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """What `to_json` wrote."""
        raw = orjson.loads(text)
        peaks = tuple(map(bytes.fromhex, raw["peaks"]))
        return cls(
            start=raw["start"],
            tree=Frontier(raw["size"], peaks),
            landmarks=tuple(Node(lv, at, bytes.fromhex(hex_)) for lv, at, hex_ in raw["landmarks"]),
            erased=raw["erased"],
            first_at=raw["first_at"],
            last_at=raw["last_at"],
            firsts=raw["firsts"],
            lasts=raw["lasts"],
            kinds=frozenset((type_, schema) for type_, schema in raw["kinds"]),
        )


def look(rows: Iterable[Row], start: int) -> Stretch | None:
    """The events after `start` as a stretch; None where there are none, or not all is right.

    One long loop: here is where a verification spends its time, and calls would double it.
    """
    leaves: list[bytes] = []
    kinds: set[tuple[str, int]] = set()
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    position, erased, first_at, last_at = start, 0, None, -(2**62)
    for (
        at, id_, stream, revision, type_, schema, effective_at, recorded_at, actor,
        correlation_id, causation_id, stored, salt, data, erasure,
    ) in rows:  # fmt: skip
        position += 1
        if erasure is None and data is not None:
            digest = sha256(salt + data).digest()
        elif data is None and erasure is not None:
            erased += 1
            digest = erasure
        else:
            return None
        header = orjson.dumps(
            {
                "position": at,
                "id": id_,
                "stream": stream,
                "revision": revision,
                "type": type_,
                "schema": schema,
                "effective_at": effective_at,
                "recorded_at": when_text(recorded_at),
                "actor": actor,
                "correlation_id": correlation_id,
                "causation_id": causation_id,
            }
        )  # `stored.header_bytes`, without the call
        leaf = sha256(LEAF_PREFIX + header + digest).digest()
        if leaf != stored or at != position or recorded_at < last_at:
            return None
        if stream not in lasts:
            firsts[stream] = revision
        elif revision != lasts[stream] + 1:
            return None
        lasts[stream] = revision
        last_at = recorded_at
        if first_at is None:
            first_at = recorded_at
        kinds.add((type_, schema))
        leaves.append(leaf)
    if first_at is None:
        return None
    tree, landmarks = _grown(leaves)
    return Stretch(
        start=start,
        tree=tree,
        landmarks=landmarks,
        erased=erased,
        first_at=first_at,
        last_at=last_at,
        firsts=firsts,
        lasts=lasts,
        kinds=frozenset(kinds),
    )


def _grown(leaves: list[bytes]) -> tuple[Frontier, tuple[Node, ...]]:
    """The tree over `leaves` and its landmarks; a whole stretch level by level, which is faster."""
    landmarks: list[Node] = []
    if len(leaves) != STRETCH:
        return Frontier().grown(leaves, landmarks.append), tuple(landmarks)
    level, hashes = 0, leaves
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(NODE_PREFIX + a + b).digest() for a, b in zip(pairs, pairs, strict=True)]
        level += 1
        if level % LANDMARK_LEVELS == 0:
            landmarks += [Node(level, at, hash_) for at, hash_ in enumerate(hashes)]
    return Frontier(STRETCH, tuple(hashes)), tuple(landmarks)
