"""Checkpoints: their text, who vouches for them, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.errors import Integrity, Invalid
from feedstream.proof.checkpoint import (
    MAX_SIZE,
    Checkpoint,
    Verifier,
    open_checkpoint,
    parse,
    render,
    sign,
)
from feedstream.proof.keylist import KeyList, parse_key_list
from feedstream.proof.note import sign_note
from feedstream.proof.signing import draw_key
from tests.proof import verifier
from tests.proof.conftest import ORIGIN

KEY, OTHER = draw_key(ORIGIN), draw_key(ORIGIN)
WITNESS = draw_key("witness.example/w1")
ROOT = bytes(range(32))
ROOT_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
checkpoints = st.builds(
    Checkpoint,
    origin=words,
    size=st.integers(0, MAX_SIZE),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(words, max_size=2).map(tuple),
)


def at(size: int) -> Checkpoint:
    return Checkpoint(origin=ORIGIN, size=size, root=ROOT)


def test_the_text_is_that_of_the_specification() -> None:
    assert render(at(20852163)) == f"{ORIGIN}\n20852163\n{ROOT_TEXT}\n"


@given(checkpoints)
def test_a_checkpoint_is_read_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert parse(render(checkpoint)) == checkpoint


@given(st.integers(0, MAX_SIZE))
def test_a_reader_without_our_code_reads_the_same(size: int) -> None:
    listed = KeyList.started(KEY.verifier).render().decode()
    signed = sign(at(size), [KEY])
    assert verifier.open_note(signed, verifier.load_keys(listed)) == (ORIGIN, size, ROOT)
    assert open_checkpoint(signed, [Verifier(key=KEY.verifier)]) == at(size)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n1\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT}",
        f"\n1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n01\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n١\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n1 \n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT[:-2]}==\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT[:-4]}\n",
        f"{ORIGIN}\n1\nroot\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize("origin", ["", "evil\n999", "bell\a"])
def test_no_origin_can_forge_another_line(origin: str) -> None:
    with pytest.raises(Invalid):
        Checkpoint(origin=origin, size=1, root=ROOT)


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    signed = sign_note("Good morning.\n", [KEY]).render()
    with pytest.raises(Invalid):
        open_checkpoint(signed, [Verifier(key=KEY.verifier)])


def test_only_the_logs_own_key_vouches_for_it() -> None:
    signed = sign(at(3), [WITNESS])
    with pytest.raises(Integrity, match=r"witness\.example/w1 only"):
        open_checkpoint(signed, [Verifier(key=WITNESS.verifier), Verifier(key=KEY.verifier)])
    both = sign(at(3), [WITNESS, KEY])
    assert open_checkpoint(both, [Verifier(key=KEY.verifier)]) == at(3)


def test_a_key_counts_only_for_the_sizes_in_which_it_was_in_use() -> None:
    old = Verifier(key=KEY.verifier, until=10)
    new = Verifier(key=OTHER.verifier, since=7)
    for size, signers in ((10, [KEY]), (7, [OTHER]), (8, [KEY, OTHER]), (99, [KEY, OTHER])):
        assert open_checkpoint(sign(at(size), signers), [old, new]) == at(size)
    for size, signer in ((11, KEY), (6, OTHER)):
        with pytest.raises(Integrity, match="not in use"):
            open_checkpoint(sign(at(size), [signer]), [old, new])
        listed = KeyList(origin=ORIGIN, verifiers=(old, new)).render().decode()
        with pytest.raises(ValueError, match="no key in use"):
            verifier.open_note(sign(at(size), [signer]), verifier.load_keys(listed))


def test_a_list_of_keys_is_read_as_it_was_written() -> None:
    listed = KeyList.started(KEY.verifier).rotated(OTHER.verifier, 7)
    kept, ended = listed.retired("", 10)
    assert (ended.key, ended.until) == (KEY.verifier, 10)
    for one in (listed, kept):
        assert parse_key_list(one.render()) == one


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"from": 0', '"from": -1'),
        ('"from": 0', '"from": "0"'),
        ('"until": null', '"until": false'),
        ('"until": null', '"until": null, "more": 1'),
        (f'"origin": "{ORIGIN}"', '"origin": "another.example/log"'),
        (f"{ORIGIN}+", f"{ORIGIN}x+"),
        ('"keys"', '"locks"'),
        ("{", "["),
    ],
)
def test_a_list_of_keys_with_something_wrong_is_refused(old: str, new: str) -> None:
    content = KeyList.started(KEY.verifier).render().decode()
    assert old in content
    with pytest.raises(Invalid):
        parse_key_list(content.replace(old, new).encode())
