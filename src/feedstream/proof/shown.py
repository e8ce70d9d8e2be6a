"""What a proof shows of a stored event: its header, and its body where that was asked for."""

from feedstream.errors import NotFound
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import leaf_hash
from feedstream.eventlog.stored import Stored, digest_of, header_of
from feedstream.proof.bundle import ShownEvent


def show(stored: Stored, *, with_data: bool) -> ShownEvent:
    """The header and the digest; with its body, the salt too: without it a digest says nothing.

    Raises `NotFound` for a body that was erased, `Damaged` where the leaf is not that of what is
    stored.
    """
    if with_data and stored.erased is not None:
        raise NotFound(
            f"The body of the event at position {stored.position} was erased (position"
            f" {stored.erased.by} says why): prove it without --with-data."
        )
    header, digest = header_of(stored), digest_of(stored)
    leaf = leaf_hash(header, digest)
    if leaf != stored.leaf:
        raise Damaged(
            f"The event at position {stored.position} is not the one that was recorded there: “log"
            " verify” says more.",
            position=stored.position,
            expected=stored.leaf.hex(),
            actual=leaf.hex(),
        )
    return ShownEvent(
        header=header.decode(),
        digest=digest,
        salt=stored.salt if with_data else None,
        data=stored.data.decode() if with_data else None,
    )
