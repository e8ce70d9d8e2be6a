"""Checking a proof: everything it claims, from the signature down to the event's body."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from feedstream.errors import Integrity, Invalid
from feedstream.eventlog.merkle import (
    body_digest,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from feedstream.proof.bundle import (
    AnchoredTree,
    ConsistencyProof,
    InclusionProof,
    Proof,
    ShownEvent,
    parse_proof,
)
from feedstream.proof.checkpoint import Checkpoint, Verifier, open_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A proof that holds, the checkpoint that it holds for, and the event's header if shown."""

    proof: Proof
    checkpoint: Checkpoint
    header: dict[str, Any] | None = None


def verify_bundle(document: bytes | Proof, verifiers: Iterable[Verifier]) -> Proved:
    """Check a whole proof. Raises `Invalid` for what is none, `Integrity` where it fails."""
    proof = parse_proof(document) if isinstance(document, bytes) else document
    trusted = tuple(verifiers)
    if isinstance(proof, InclusionProof):
        return _inclusion(proof, trusted)
    return _consistency(proof, trusted)


def _inclusion(proof: InclusionProof, trusted: tuple[Verifier, ...]) -> Proved:
    checkpoint = _anchored(proof.tree, trusted)
    if proof.index != proof.position - 1:
        raise Integrity(f"Position {proof.position} has not the index {proof.index}.")
    if not verify_inclusion(proof.leaf, proof.index, proof.tree.size, proof.path, proof.tree.root):
        raise Integrity(
            f"The path does not lead from the leaf of position {proof.position} to the root of the"
            f" tree of {proof.tree.size}: the event is not there, or the proof was changed."
        )
    header = _event(proof.event, proof) if proof.event else None
    return Proved(proof=proof, checkpoint=checkpoint, header=header)


def _consistency(proof: ConsistencyProof, trusted: tuple[Verifier, ...]) -> Proved:
    checkpoint = _anchored(proof.new, trusted)
    old = proof.old
    if old.checkpoint is not None:
        said = open_checkpoint(old.checkpoint, trusted)
        if said.tree != old.tree or said.origin != checkpoint.origin:
            raise Integrity("The old checkpoint speaks of another tree than the proof.")
    if not verify_consistency(old.tree, proof.new.tree, proof.path):
        raise Integrity(
            f"The tree of {proof.new.size} does not begin with that of {old.size}: the log was"
            " rewritten, or the proof was changed."
        )
    return Proved(proof=proof, checkpoint=checkpoint)


def _anchored(anchored: AnchoredTree, trusted: tuple[Verifier, ...]) -> Checkpoint:
    checkpoint = open_checkpoint(anchored.checkpoint, trusted)
    if not verify_consistency(anchored.tree, checkpoint.tree, anchored.path):
        raise Integrity(
            f"The tree of {anchored.size} is not the start of the one that the checkpoint of size"
            f" {checkpoint.size} speaks of."
        )
    return checkpoint


def _event(event: ShownEvent, proof: InclusionProof) -> dict[str, Any]:
    if leaf_hash(event.header.encode(), event.digest) != proof.leaf:
        raise Integrity(
            f"The event shown for position {proof.position} has another leaf than the log: its"
            " header or its digest was changed."
        )
    _check_body(event, proof.position)
    header = _read(event.header)
    if header.get("position") != proof.position:
        raise Integrity(f"The header shown is not that of position {proof.position}.")
    return header


def _check_body(event: ShownEvent, position: int) -> None:
    if event.salt is None or event.data is None:
        return
    if body_digest(event.salt, event.data.encode()) != event.digest:
        raise Integrity(f"The body shown for position {position} is not the recorded one.")


def _read(header: str) -> dict[str, Any]:
    try:
        found = orjson.loads(header)
    except orjson.JSONDecodeError as error:
        raise Invalid("The header shown is no JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The header shown is no JSON object.")
    return found
