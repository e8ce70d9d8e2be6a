"""Notes and verifier keys: known answers, laws, and what is refused."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from feedstream.errors import Integrity, Invalid
from feedstream.proof import b64
from feedstream.proof.note import MAX_NOTE, MAX_SIGNATURES, open_note, parse_note, sign_note
from feedstream.proof.signing import (
    SigningKey,
    VerifierKey,
    draw_key,
    parse_verifier_key,
    read_pem,
)

# The example of golang.org/x/mod/sumdb/note: seed (without its algorithm byte), key, signed text.
PETER_SEED = b64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)
BY_ENOCH = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WW"
    "d1RvMc+QQ=\n"
)

seeds = st.binary(min_size=32, max_size=32)
names = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="+"), min_size=1, max_size=20
)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
texts = st.lists(lines, min_size=1, max_size=5).map(lambda ls: "".join(f"{x}\n" for x in ls))
signed_texts = texts.filter(lambda text: text != "\n")


def key_of(name: str, seed: bytes) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(seed))


keys = st.builds(key_of, names, seeds)


def test_the_known_key_signs_the_known_text_as_ever() -> None:
    peter = key_of("PeterNeumann", PETER_SEED)
    assert str(peter.verifier) == PETER
    assert sign_note(TEXT, [peter]).render() == f"{TEXT}\n{BY_PETER}"


def test_signatures_by_unknown_keys_are_passed_over() -> None:
    peter, enoch = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    note = f"{TEXT}\n{BY_PETER}{BY_ENOCH}"
    assert open_note(note, [peter]) == (TEXT, {peter})
    assert open_note(note, [enoch]) == (TEXT, {enoch})
    assert open_note(note.encode(), [enoch, peter, peter]) == (TEXT, {peter, enoch})
    stranger = draw_key("PeterNeumann").verifier  # of the same name, but not the same key
    with pytest.raises(Integrity, match="no known key"):
        open_note(note, [stranger])
    with pytest.raises(Integrity, match="no known key"):
        open_note(note, [])


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    peter, enoch = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    bad = BY_ENOCH.replace("zmZa", "zmZb")
    assert open_note(f"{TEXT}\n{BY_PETER}{bad}", [peter]) == (TEXT, {peter})
    with pytest.raises(Integrity, match="EnochRoot"):
        open_note(f"{TEXT}\n{BY_PETER}{bad}", [peter, enoch])


@given(signed_texts, st.lists(keys, min_size=1, max_size=4, unique_by=lambda k: str(k.verifier)))
def test_what_is_signed_is_read_again(text: str, signers: list[SigningKey]) -> None:
    note = sign_note(text, signers)
    assert parse_note(note.render()) == note
    verifiers = [key.verifier for key in signers]
    assert open_note(note.render(), verifiers) == (text, set(verifiers))


@given(keys)
def test_keys_are_written_and_read_again(key: SigningKey) -> None:
    assert parse_verifier_key(str(key.verifier)) == key.verifier
    assert read_pem(key.name, key.pem()).verifier == key.verifier


@given(st.data())
def test_no_changed_byte_of_a_note_goes_unnoticed(data: Any) -> None:
    content = f"{TEXT}\n{BY_PETER}".encode()
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[at]))
    changed = content[:at] + bytes([byte]) + content[at + 1 :]
    with pytest.raises((Integrity, Invalid)):
        open_note(changed, [parse_verifier_key(PETER)])


@given(st.integers(0, len(PETER) - 1), st.integers(1, len(PETER)))
def test_no_part_of_a_key_is_a_key(start: int, length: int) -> None:
    part = PETER[start : start + length]
    if part != PETER:
        with pytest.raises(Invalid):
            parse_verifier_key(part)


@given(st.integers(0, len(PETER) - 1), st.characters(codec="utf-8"))
def test_no_changed_character_of_a_key_goes_unnoticed(at: int, character: str) -> None:
    changed = PETER[:at] + character + PETER[at + 1 :]
    if changed != PETER:
        with pytest.raises(Invalid):
            parse_verifier_key(changed)


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        f"\n\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER[:-1]}",
        f"\x01{TEXT}\n{BY_PETER}",
        f"{TEXT}\r\n\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER}Another line.\n",
        f"{TEXT}\n{BY_PETER.replace('—', '-')}",
        f"{TEXT}\n{BY_PETER.replace('PeterNeumann', 'Peter Neumann')}",
        f"{TEXT}\n{BY_PETER.replace('PeterNeumann', 'Peter+Neumann')}",
        f"{TEXT}\n{BY_PETER.replace('AM=', 'AN=')}",  # the same bytes, spelled otherwise
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n{BY_PETER * (MAX_SIGNATURES + 1)}",
        f"{'x' * MAX_NOTE}\n\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER}".encode() + b"\xff",
        f"\ud800{TEXT}\n{BY_PETER}",
    ],
)
def test_what_is_no_note_is_refused(note: str | bytes) -> None:
    with pytest.raises(Invalid):
        open_note(note, [parse_verifier_key(PETER)])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nfeed", "no\u00a0break", "x" * 201])
def test_names_that_a_note_cannot_carry_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        draw_key(name)
    with pytest.raises(Invalid):
        VerifierKey(name, bytes(32))


@pytest.mark.parametrize("text", ["", "\n", "no end", "tab\there\n"])
def test_texts_that_a_note_cannot_carry_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        sign_note(text, [draw_key("a")]).render()
