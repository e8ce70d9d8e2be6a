"""Signed notes (C2SP signed-note): a text, a blank line, and one line for each signature.

A signature line is `— name base64(key id ‖ signature)`, beginning with U+2014. The signatures are
over the text with its last line feed, without the blank line.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from feedstream.errors import Integrity, Invalid
from feedstream.proof import b64
from feedstream.proof.signing import SigningKey, VerifierKey, check_name

MAX_NOTE: Final = 128 * 1024
"""Bytes of a note at most: room for 16 post-quantum signatures of witnesses."""

MAX_SIGNATURES: Final = 100
_DASH: Final = "— "
_ID_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature line says: by which key, and the signature's bytes; not yet checked."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a line feed, and its signatures; not yet checked."""

    text: str
    signatures: tuple[Signature, ...]

    def render(self) -> str:
        """The note as it is published. Raises `Invalid` for a text that no note may have."""
        _check_text(self.text)
        lines = (
            f"{_DASH}{check_name(s.name)} {b64.encode(s.key_id + s.signature)}\n"
            for s in self.signatures
        )
        return f"{self.text}\n{''.join(lines)}"


def sign_note(text: str, keys: Sequence[SigningKey]) -> Note:
    """`text`, signed by each of `keys`."""
    message = text.encode()
    return Note(
        text,
        tuple(Signature(key.name, key.verifier.id, key.sign(message)) for key in keys),
    )


def parse_note(content: str | bytes) -> Note:
    """Read a note without checking its signatures. Raises `Invalid` with what is wrong."""
    whole = _decoded(content)
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise Invalid("This is no signed note: a blank line and whole signature lines must end it.")
    _check_text(text + "\n")
    lines = block.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Invalid(f"The note has more than {MAX_SIGNATURES} signatures.")
    return Note(text + "\n", tuple(map(_signature, lines)))


def open_note(
    content: str | bytes, verifiers: Collection[VerifierKey]
) -> tuple[str, frozenset[VerifierKey]]:
    """The text of a note and which of `verifiers` have signed it.

    Signatures by other keys are passed over. Raises `Invalid` for what is no note, `Integrity`
    where none of `verifiers` has signed, or where a signature that is said to be by one of them
    is not over this text.
    """
    note = parse_note(content)
    known = {(key.name, key.id): key for key in verifiers}
    if len(known) < len(frozenset(verifiers)):
        raise Invalid("Two of the verifier keys have the same name and id: give one of them only.")
    signers: set[VerifierKey] = set()
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.verifies(note.text.encode(), signature.signature):
            raise Integrity(
                f"The signature by {key.name} (key {key.id.hex()}) is not over this text: one of"
                " the two was changed."
            )
        signers.add(key)
    if not signers:
        raise Integrity(f"The note is signed by no known key; {_signed_by(note)}.")
    return note.text, frozenset(signers)


def _signed_by(note: Note) -> str:
    keys = ", ".join(f"{s.name} (key {s.key_id.hex()})" for s in note.signatures[:3])
    return f"its signatures are said to be by {keys}"


def _decoded(content: str | bytes) -> str:
    try:
        encoded = content.encode() if isinstance(content, str) else content
        if len(encoded) > MAX_NOTE:
            raise Invalid(f"The note is longer than {MAX_NOTE // 1024} KiB.")
        return encoded.decode()
    except UnicodeError as error:
        raise Invalid("The note is not UTF-8.") from error


def _check_text(text: str) -> None:
    if text == "\n" or not text.endswith("\n"):
        raise Invalid("The text of a note must be there and end in a line feed.")
    if any(character < " " and character != "\n" for character in text):
        raise Invalid("The text of a note can't hold control characters other than line feeds.")


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        content = b64.decode(encoded)
    except ValueError:
        content = b""
    if not line.startswith(_DASH) or len(content) <= _ID_SIZE:
        raise Invalid(f"“{line[:60]}” is no signature line: it is “— name base64”.")
    return Signature(check_name(name), content[:_ID_SIZE], content[_ID_SIZE:])
