"""Checkpoints (C2SP tlog-checkpoint): what a log says of itself at one size, to be signed.

The text has three lines, and perhaps more that this version keeps without reading them:

    news.example.org/feedstream        the origin: which log
    20852163                           its size: the position of its last event
    CsUYapGGPo4dkMgIAUqom/Xajj7h…      the root of its Merkle tree, base64
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from feedstream.errors import Integrity, Invalid
from feedstream.eventlog.merkle import Tree
from feedstream.proof import b64
from feedstream.proof.note import open_note, parse_note, sign_note
from feedstream.proof.signing import SigningKey, VerifierKey

MAX_SIZE: Final = 2**63 - 1
ROOT_SIZE: Final = 32
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's size and root (32 bytes) under its origin. Raises `Invalid` for what can't be one."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if not all(line and not any(c < " " for c in line) for line in lines):
            raise Invalid("The lines of a checkpoint can't be empty or hold control characters.")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != ROOT_SIZE:
            raise Invalid("A checkpoint has a size of 0 or more and a root of 32 bytes.")

    @property
    def tree(self) -> Tree:
        """The tree that it speaks of."""
        return Tree(self.size, self.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A key and the sizes of the log that it may speak of: from `since` up to `until` (both in).

    A retired key signs nothing beyond `until`, so that it is worth nothing to a thief.
    """

    key: VerifierKey
    since: int = 0
    until: int | None = None

    def covers(self, size: int) -> bool:
        """Whether it may sign a checkpoint of that size."""
        return self.since <= size and (self.until is None or size <= self.until)


def render(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    lines = (checkpoint.origin, str(checkpoint.size), b64.encode(checkpoint.root))
    return "".join(f"{line}\n" for line in (*lines, *checkpoint.extensions))


def parse(text: str) -> Checkpoint:
    """Read a text without signatures. Raises `Invalid` with what is wrong."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise Invalid("A checkpoint has three whole lines at least: origin, size, root.")
    origin, size, root, *extensions = lines[:-1]
    if not _SIZE.fullmatch(size):
        raise Invalid(f"“{size[:40]}” is no size of a log: digits without a leading zero.")
    try:
        decoded = b64.decode(root)
    except ValueError as error:
        raise Invalid(f"“{root[:60]}” is no root hash: 32 bytes in base64.") from error
    return Checkpoint(origin=origin, size=int(size), root=decoded, extensions=tuple(extensions))


def parse_signed(content: str | bytes) -> Checkpoint:
    """Read a signed checkpoint and check no signature: for one's own. Raises `Invalid`."""
    return parse(parse_note(content).text)


def sign(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> str:
    """The signed checkpoint as it is published."""
    return sign_note(render(checkpoint), keys).render()


def open_checkpoint(content: str | bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Read a signed checkpoint that one of `verifiers` vouches for.

    That one must have the origin for its name and cover the size. Raises `Invalid` for what is
    no checkpoint, `Integrity` where nobody vouches for it.
    """
    trusted = tuple(verifiers)
    text, signers = open_note(content, {verifier.key for verifier in trusted})
    checkpoint = parse(text)
    signed = [verifier for verifier in trusted if verifier.key in signers]
    named = [verifier for verifier in signed if verifier.key.name == checkpoint.origin]
    if not named:
        names = ", ".join(sorted({verifier.key.name for verifier in signed}))
        raise Integrity(
            f"The checkpoint is of the log {checkpoint.origin}, but signed by {names} only."
        )
    if not any(verifier.covers(checkpoint.size) for verifier in named):
        raise Integrity(
            f"The checkpoint of size {checkpoint.size} is signed only by keys that were not in use"
            " at that size: don't believe it."
        )
    return checkpoint
