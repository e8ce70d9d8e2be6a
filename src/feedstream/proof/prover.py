"""Makes proofs from a log and the checkpoint that is published of it."""

from pathlib import Path
from typing import Literal

from feedstream.errors import Integrity, Invalid, NotFound, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.stored import Stored
from feedstream.proof.bundle import (
    AnchoredTree,
    ConsistencyProof,
    InclusionProof,
    KnownTree,
)
from feedstream.proof.checkpoint import Checkpoint, parse_signed
from feedstream.proof.publisher import check_grown, checkpoint_path
from feedstream.proof.shown import show

Shown = Literal["leaf", "header", "data"]
"""How much of an event a proof shows: only its leaf hash, its header too, or its body as well."""


class Prover:
    """Proofs up to the published checkpoint: what is not signed yet is not proved.

    The work is bounded, whatever the length of the log: a few hundred hashes a proof.
    """

    def __init__(self, log: EventLog, feeds: Path) -> None:
        self._log = log
        self._path = checkpoint_path(feeds)

    async def published(self) -> tuple[str, Checkpoint]:
        """The published checkpoint, as signed and as read.

        Raises `NotFound` where there is none, `Integrity` where the log contradicts it.
        """
        try:
            signed = self._path.read_text("utf-8")
        except FileNotFoundError as error:
            raise NotFound(
                "This newsroom has published no checkpoint yet: “feedstream keys init” makes the"
                " key that signs them."
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"The published checkpoint can't be read: {error}.") from error
        checkpoint = parse_signed(signed)
        await check_grown(self._log, await self._log.tree(), checkpoint)
        return signed, checkpoint

    async def position_of(self, event: str) -> int:
        """The position of the event with that id. Raises `NotFound`."""
        recorded = await self._log.by_id(event)
        if recorded is None:
            raise NotFound(f"There is no event {event[:80]}: give a position or a whole id.")
        return recorded.position

    async def inclusion(
        self, position: int, size: int | None = None, *, shown: Shown = "leaf"
    ) -> InclusionProof:
        """That the event at `position` is in the tree of `size` (else the checkpoint's).

        Raises `NotFound` beyond the checkpoint, `Invalid` for a size that does not hold it.
        """
        signed, checkpoint = await self.published()
        _check_covered(position, checkpoint)
        size = checkpoint.size if size is None else size
        if not position <= size:
            raise Invalid(
                f"A tree of {size} does not hold position {position}: give a larger size."
            )
        anchored = await self._anchored(size, signed, checkpoint)
        stored = await self._stored(position)
        return InclusionProof(
            position=position,
            index=position - 1,
            leaf=stored.leaf,
            path=await self._log.prove_inclusion(position, size),
            tree=anchored,
            event=None if shown == "leaf" else show(stored, with_data=shown == "data"),
        )

    async def consistency(
        self, old: int, new: int | None = None, *, known: str | None = None
    ) -> ConsistencyProof:
        """That the tree of `new` (else the checkpoint's) begins with that of `old`.

        `known` is a signed checkpoint of size `old` that goes into the proof. Raises `NotFound`
        beyond the checkpoint, `Invalid`, and `Integrity` where the log contradicts `known`.
        """
        signed, checkpoint = await self.published()
        new = checkpoint.size if new is None else new
        if not 0 <= old <= min(new, checkpoint.size):
            raise _unordered(old, new, checkpoint)
        anchored = await self._anchored(new, signed, checkpoint)
        then = await self._log.tree(old)
        if known is not None:
            await check_grown(self._log, then, parse_signed(known))
        return ConsistencyProof(
            old=KnownTree(size=then.size, root=then.root, checkpoint=known),
            path=await self._log.prove_consistency(old, new),
            new=anchored,
        )

    async def _anchored(self, size: int, signed: str, checkpoint: Checkpoint) -> AnchoredTree:
        if size > checkpoint.size:
            raise _unsigned(size, checkpoint)
        tree = await self._tree(size, checkpoint)
        path = await self._log.prove_consistency(size, checkpoint.size)
        return AnchoredTree(size=size, root=tree.root, path=path, checkpoint=signed)

    async def _tree(self, size: int, checkpoint: Checkpoint) -> Tree:
        return checkpoint.tree if size == checkpoint.size else await self._log.tree(size)

    async def _stored(self, position: int) -> Stored:
        async for page in self._log.stored_pages(position - 1, position):
            return page[0]
        raise Integrity(f"The log gives nothing at position {position}: “log verify” says more.")


def _check_covered(position: int, checkpoint: Checkpoint) -> None:
    if not 1 <= position <= checkpoint.size:
        raise NotFound(
            f"Position {position} is not in the published checkpoint, which is of size"
            f" {checkpoint.size}: what comes later is proved once it is signed."
        )


def _unordered(old: int, new: int, checkpoint: Checkpoint) -> Invalid | NotFound:
    if old > checkpoint.size:
        return _unsigned(old, checkpoint)
    return Invalid(f"A tree of {new} does not begin with one of {old}: give the smaller first.")


def _unsigned(size: int, checkpoint: Checkpoint) -> NotFound:
    return NotFound(
        f"The published checkpoint is of size {checkpoint.size}: a tree of {size} is not signed"
        " yet."
    )
