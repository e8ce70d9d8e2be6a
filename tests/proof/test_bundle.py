"""Proof documents: they hold, for us and for a reader without our code, until they are touched."""

import asyncio
import copy
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given, settings
from hypothesis import strategies as st

from feedstream.domain.events import ContentErased
from feedstream.errors import Integrity, Invalid, NotFound
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.merkle import leaf_hash
from feedstream.eventlog.stored import Erasure, Stored, digest_of
from feedstream.proof.bundle import (
    AnchoredTree,
    InclusionProof,
    Proof,
    ShownEvent,
    parse_proof,
    render_proof,
)
from feedstream.proof.checkpoint import Checkpoint, Verifier, sign
from feedstream.proof.keylist import KeyList
from feedstream.proof.shown import show
from feedstream.proof.signing import draw_key
from feedstream.proof.verifying import verify_bundle
from tests.eventlog.conftest import note
from tests.proof import verifier
from tests.proof.conftest import ORIGIN, Place


@pytest.fixture
async def signed(signing: Place) -> Place:
    """Thirteen events; checkpoints of 5 (kept by a reader) and 13."""
    await signing.grow(5)
    await signing.publisher.publish()
    (signing.root / "five").write_text(signing.signed, "utf-8")
    await signing.grow(8)
    await signing.publisher.publish()
    return signing


def trusted(place: Place) -> tuple[Verifier, ...]:
    return place.keys.require().verifiers


def check(place: Place, proof: Proof) -> None:
    """By our own code and by the reader's, from the same bytes."""
    document = render_proof(proof)
    assert parse_proof(document) == proof
    assert verify_bundle(document, trusted(place)).proof == proof
    verifier.check_proof(document.decode(), verifier.load_keys(place.listed))


async def test_every_event_is_proved_in_every_tree_that_holds_it(signed: Place) -> None:
    for size in range(1, 14):
        for position in range(1, size + 1):
            check(signed, await signed.prover.inclusion(position, size))


async def test_every_tree_is_proved_to_have_grown_from_every_earlier_one(signed: Place) -> None:
    for new in range(14):
        for old in range(new + 1):
            check(signed, await signed.prover.consistency(old, new))


@settings(max_examples=15, deadline=None)
@given(st.data())
async def test_proofs_hold_in_a_longer_log(data: Any) -> None:
    with TemporaryDirectory() as folder:
        place = Place(Path(folder), MemoryLog())
        await place.keys.init(ORIGIN)
        size = data.draw(st.integers(1, 700))
        await place.grow(size)
        await place.publisher.publish()
        new = data.draw(st.integers(1, size))
        check(place, await place.prover.inclusion(data.draw(st.integers(1, new)), new))
        check(place, await place.prover.consistency(data.draw(st.integers(0, new)), new))


async def test_a_checkpoint_that_a_reader_kept_is_proved_to_be_the_start(signed: Place) -> None:
    known = (signed.root / "five").read_text("utf-8")
    proof = await signed.prover.consistency(5, known=known)
    assert proof.old.checkpoint == known
    check(signed, proof)


async def test_a_leaf_tells_nothing_and_a_header_no_body(signed: Place) -> None:
    leaf, header, data = [
        render_proof(await signed.prover.inclusion(7, shown=shown)).decode()
        for shown in ("leaf", "header", "data")
    ]
    assert "story" not in leaf
    assert json.loads(json.loads(header)["event"]["header"])["type"] == "story.closed"
    assert "word 1" not in header
    assert "salt" not in header
    assert "word 1" in json.loads(data)["event"]["data"]


async def test_what_is_shown_of_an_event_is_checked_against_its_leaf(signed: Place) -> None:
    for shown in ("header", "data"):
        proof = await signed.prover.inclusion(7, shown=shown)
        check(signed, proof)
        proved = verify_bundle(proof, trusted(signed))
        assert proved.header is not None
        assert proved.header["position"] == 7
        assert proved.checkpoint.size == 13


async def stored(place: Place, position: int) -> Stored:
    async for page in place.log.stored_pages(position - 1, position):
        return page[0]
    raise AssertionError(position)


async def test_an_erased_body_is_proved_by_what_is_left(signed: Place) -> None:
    whole = await stored(signed, 7)
    erasure = Erasure(digest=digest_of(whole), by=13, kept=b"{}")
    erased = replace(whole, salt=b"", data=b"", erased=erasure)
    assert show(erased, with_data=False) == show(whole, with_data=False)
    with pytest.raises(NotFound, match="position 13 says why"):
        show(erased, with_data=True)


async def test_proofs_from_before_and_after_an_erasure_are_the_same(signed: Place) -> None:
    before = await signed.prover.inclusion(7, shown="header")
    await signed.log.erase(
        note(event=ContentErased(positions=(7,), kind="request", reason="asked for"))
    )
    assert await signed.prover.inclusion(7, shown="header") == before
    await signed.publisher.publish()
    check(signed, await signed.prover.inclusion(7, shown="header"))
    with pytest.raises(NotFound, match="position 14 says why"):
        await signed.prover.inclusion(7, shown="data")


async def test_an_event_that_is_not_its_leafs_is_not_shown(signed: Place) -> None:
    whole = await stored(signed, 7)
    for change in ({"actor": "eve"}, {"data": b"{}"}, {"salt": bytes(16)}, {"position": 8}):
        with pytest.raises(Damaged):
            show(replace(whole, **change), with_data=False)


# ── tampering ────────────────────────────────────────────────────────────────────────────────
def fields(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all plain values in a document."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        yield path
    for key, part in parts:
        yield from fields(part, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> bytes:
    result = copy.deepcopy(document)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return json.dumps(result).encode()


def other(value: Any) -> Iterator[Any]:
    """Values near `value`: for a text, another character at some places."""
    if isinstance(value, int):
        yield from (value + 1, value - 1, str(value))
        return
    for at in sorted({0, len(value) // 3, len(value) // 2, len(value) - 2}):
        yield value[:at] + ("B" if value[at] == "A" else "A") + value[at + 1 :]


async def test_a_change_in_any_field_is_found(signed: Place) -> None:
    known = (signed.root / "five").read_text("utf-8")
    proofs: list[Proof] = [
        await signed.prover.inclusion(7, shown="data"),
        await signed.prover.inclusion(7, 9, shown="header"),
        await signed.prover.inclusion(7),
        await signed.prover.consistency(5, known=known),
        await signed.prover.consistency(5, 9),
    ]
    keys = verifier.load_keys(signed.listed)
    tried = 0
    for proof in proofs:
        check(signed, proof)
        document = json.loads(render_proof(proof))
        for path in fields(document):
            value = document
            for key in path:
                value = value[key]
            for another in other(value):
                forged = changed(document, path, another)
                with pytest.raises((Integrity, Invalid)):
                    verify_bundle(forged, trusted(signed))
                tried += 1
                if path[-1] in {"format", "index"} or (path[0], path[-1]) == ("old", "checkpoint"):
                    continue  # the reader's verifier does not look at these
                with pytest.raises((ValueError, TypeError, InvalidSignature)):
                    verifier.check_proof(forged.decode(), keys)
    assert tried > 100


async def test_a_proof_of_another_log_or_for_another_event_fails(signed: Place) -> None:
    seven, eight = [
        json.loads(render_proof(await signed.prover.inclusion(n, shown="header"))) for n in (7, 8)
    ]
    for field in ("leaf", "path", "event"):
        with pytest.raises(Integrity):
            verify_bundle(json.dumps({**seven, field: eight[field]}).encode(), trusted(signed))
    with pytest.raises(Integrity, match="no known key"):
        verify_bundle(json.dumps(seven).encode(), ())


async def test_an_old_checkpoint_must_be_that_of_the_old_tree(signed: Place) -> None:
    known = (signed.root / "five").read_text("utf-8")
    document = json.loads(render_proof(await signed.prover.consistency(5, known=known)))
    document["old"]["checkpoint"] = signed.signed
    with pytest.raises(Integrity, match="another tree"):
        verify_bundle(json.dumps(document).encode(), trusted(signed))


def test_a_header_of_another_position_proves_nothing() -> None:
    """Not even where a log has signed it there."""
    key, header, digest = draw_key(ORIGIN), b'{"position":2}', bytes(32)
    leaf = leaf_hash(header, digest)
    checkpoint = sign(Checkpoint(origin=ORIGIN, size=1, root=leaf), [key])
    proof = InclusionProof(
        position=1,
        index=0,
        leaf=leaf,
        path=(),
        tree=AnchoredTree(size=1, root=leaf, checkpoint=checkpoint),
        event=ShownEvent(header=header.decode(), digest=digest),
    )
    with pytest.raises(Integrity, match="not that of position 1"):
        verify_bundle(proof, [Verifier(key=key.verifier)])
    keys = verifier.load_keys(KeyList.started(key.verifier).render().decode())
    with pytest.raises(ValueError, match="another position"):
        verifier.check_proof(render_proof(proof).decode(), keys)


async def test_a_body_without_its_salt_is_no_proof(signed: Place) -> None:
    document = json.loads(render_proof(await signed.prover.inclusion(7, shown="data")))
    del document["event"]["salt"]
    with pytest.raises(Invalid, match="stand together"):
        verify_bundle(json.dumps(document).encode(), trusted(signed))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": "feedstream-inclusion/9"}'])
def test_what_is_no_proof_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        parse_proof(content)


# ── what is not proved ───────────────────────────────────────────────────────────────────────
async def test_without_a_checkpoint_there_is_no_proof(signing: Place) -> None:
    await signing.grow(1)
    with pytest.raises(NotFound, match="no checkpoint"):
        await signing.prover.inclusion(1)


async def test_what_is_not_signed_yet_is_not_proved(signed: Place) -> None:
    await signed.grow(1)
    prover = signed.prover
    for asked in (prover.inclusion(14), prover.inclusion(0), prover.inclusion(1, 14),
                  prover.consistency(1, 14), prover.position_of("nothing")):  # fmt: skip
        with pytest.raises(NotFound):
            await asked
    for wrong in (prover.inclusion(7, 6), prover.consistency(7, 6)):
        with pytest.raises(Invalid):
            await wrong
    check(signed, await prover.inclusion(13))


async def test_a_log_that_contradicts_its_checkpoint_proves_nothing(signed: Place) -> None:
    other_log = MemoryLog()
    await other_log.append([note(str(n)) for n in range(20)])
    with pytest.raises(Integrity, match="up to position 13"):
        await Place(signed.root, other_log).prover.inclusion(7)


async def test_a_kept_checkpoint_of_another_log_is_said(signed: Place, place: Place) -> None:
    elsewhere = Place(signed.root / "other", MemoryLog())
    await elsewhere.keys.init(ORIGIN)
    await elsewhere.grow(5)
    await elsewhere.publisher.publish()
    with pytest.raises(Integrity, match="up to position 5"):
        await signed.prover.consistency(5, known=elsewhere.signed)


async def test_the_readers_verifier_is_a_program(signed: Place) -> None:
    keys, proof, bad = (signed.root / name for name in ("keys.json", "proof.json", "bad.json"))
    keys.write_text(signed.listed, "utf-8")
    proof.write_bytes(render_proof(await signed.prover.inclusion(7)))
    bad.write_text(proof.read_text("utf-8").replace('"position": 7', '"position": 8'), "utf-8")

    def code(path: Path) -> int:
        command = [sys.executable, "-I", verifier.__file__, keys, signed.root / "five", path]
        return run(command, check=False, capture_output=True).returncode

    assert await asyncio.to_thread(code, proof) == 0
    assert await asyncio.to_thread(code, bad) == 1
