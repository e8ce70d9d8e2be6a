"""The tree and its proofs, beside the RFC's own recursion and the answers known from elsewhere."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.eventlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    Tree,
    body_digest,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.eventlog import naive

LEAVES = [sha256(b"%d" % n).digest() for n in range(300)]

KNOWN_INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
KNOWN_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""The vectors that Certificate Transparency's implementations share."""


def subtree(start: int, end: int) -> bytes:
    assert (end - start).bit_count() == 1
    assert start % (end - start) == 0
    return naive.root(LEAVES[start:end])


@pytest.mark.parametrize("size", KNOWN_ROOTS)
def test_known_roots(size: int) -> None:
    leaves = [sha256(b"\0" + bytes.fromhex(text)).digest() for text in KNOWN_INPUTS[:size]]
    assert Frontier().extend(leaves).root().hex() == KNOWN_ROOTS[size]


def test_a_leaf_is_the_hash_of_its_header_and_the_salted_digest_of_its_body() -> None:
    digest = sha256(b"salt" + b"data").digest()
    assert body_digest(b"salt", b"data") == digest
    assert leaf_hash(b"{}", digest) == sha256(b"\0{}" + digest).digest()


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_root_is_that_of_the_rfc_however_leaves_come(size: int, part: int) -> None:
    leaves = LEAVES[:size]
    frontier = Frontier().extend(leaves[:part]).extend(leaves[part:])
    assert frontier.size == size
    assert frontier.root() == naive.root(leaves) == root_of(size, subtree)
    one = Frontier()
    for leaf in leaves[:40]:
        one = one.add(leaf)
    assert one == Frontier().extend(leaves[:40])
    assert len(frontier.peaks) == size.bit_count()


def test_landmarks_are_told_once_each_lower_ones_first() -> None:
    leaves = [sha256(b"%d" % n).digest() for n in range(2**16 + 300)]
    told: list[Node] = []
    frontier = Frontier().grown(leaves[:1000], told.append)
    frontier.grown(leaves[1000:], told.append)
    below = [node for node in told if node.level == 8]
    assert [node.index for node in below] == list(range(257))
    assert all(n.hash == naive.root(leaves[256 * n.index :][:256]) for n in below[:5])
    assert told[256] == Node(16, 0, naive.root(leaves[: 2**16]))
    assert len(told) == 258


@given(st.data())
def test_inclusion(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(index, size, subtree), naive.root(LEAVES[:size])
    assert list(path) == naive.path(index, LEAVES[:size])
    leaf = LEAVES[index]
    assert verify_inclusion(leaf, index, size, path, root)
    assert not verify_inclusion(LEAVES[(index + 1) % 300], index, size, path, root)
    assert not verify_inclusion(leaf, size, size, path, root)
    assert not verify_inclusion(leaf, -1, size, path, root)
    assert not verify_inclusion(leaf, index, size, (*path, root), root)
    assert not verify_inclusion(leaf, index, size, path, sha256(root).digest())
    if path:
        other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index))
        assert not verify_inclusion(leaf, other, size, path, root)
        assert not verify_inclusion(leaf, index, size, path[:-1], root)
        at = data.draw(st.integers(0, len(path) - 1))
        bad = (*path[:at], sha256(path[at]).digest(), *path[at + 1 :])
        assert not verify_inclusion(leaf, index, size, bad, root)


@given(st.data())
def test_consistency(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 300))
    before = data.draw(st.integers(0, size))
    path = consistency_path(before, size, subtree)
    old = Tree(before, naive.root(LEAVES[:before]))
    new = Tree(size, naive.root(LEAVES[:size]))
    assert list(path) == naive.proof(before, LEAVES[:size])
    assert verify_consistency(old, new, path)
    assert not verify_consistency(old, new, (*path, old.root))
    assert not verify_consistency(Tree(before, sha256(old.root).digest()), new, path)
    if path:
        assert not verify_consistency(old, Tree(size, sha256(new.root).digest()), path)
        assert not verify_consistency(old, new, path[:-1])
        assert not verify_consistency(new, old, path)


def test_what_no_tree_holds_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no leaf 3 in a tree of 3"):
        inclusion_path(3, 3, subtree)
    with pytest.raises(ValueError, match="does not begin"):
        consistency_path(4, 3, subtree)
    assert Frontier().root() == EMPTY_ROOT
