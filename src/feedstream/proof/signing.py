"""Ed25519 keys (RFC 8032) under a name, as C2SP signed-note uses them.

A key's id is the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). Its public half is
written as a verifier key: `name+id in 8 hexadecimal digits+base64(0x01 ‖ public key)`.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from feedstream.errors import Invalid
from feedstream.proof import b64

ALGORITHM: Final = b"\x01"  # Ed25519 in the signed-note list of signature types
KEY_SIZE: Final = 32
MAX_NAME: Final = 200
_VERIFIER_KEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(\S+)")


def check_name(name: str) -> str:
    """`name`, where a key may be called so: no spaces, no control characters, no plus.

    Raises `Invalid`.
    """
    fine = 0 < len(name) <= MAX_NAME and name.isprintable()
    if not fine or "+" in name or any(character.isspace() for character in name):
        raise Invalid(
            f"“{name[:MAX_NAME]}” can't name a key: give an address without scheme, such as"
            f" news.example.org/feedstream, with no space and no plus, of at most {MAX_NAME}"
            " characters."
        )
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key: whose it is, and its 32 bytes. Raises `Invalid` for a bad name."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_SIZE:
            raise Invalid(f"A public key has {KEY_SIZE} bytes; {self.name}'s has not.")

    @property
    def id(self) -> bytes:
        """Four bytes that tell this key from others of the same name."""
        return sha256(self.name.encode() + b"\n" + ALGORITHM + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64.encode(ALGORITHM + self.public)}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) over `message` is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def parse_verifier_key(text: str) -> VerifierKey:
    """The key that `text` gives. Raises `Invalid`."""
    found = _VERIFIER_KEY.fullmatch(text) if len(text) <= 2 * MAX_NAME else None
    try:
        encoded = b64.decode(found[3]) if found else b""
    except ValueError:
        encoded = b""
    if found is None or len(encoded) != 1 + KEY_SIZE or encoded[:1] != ALGORITHM:
        raise Invalid(
            f"“{text[:80]}” is no Ed25519 verifier key: it looks like name+8 hexadecimal"
            " digits+base64; copy it whole from keys.json or “keys show”."
        )
    key = VerifierKey(found[1], encoded[1:])
    if key.id.hex() != found[2]:
        raise Invalid(
            f"The verifier key of {key.name} says the id {found[2]}, but its bytes have the id"
            f" {key.id.hex()}: copy it anew, whole."
        )
    return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under a name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`, 64 bytes; the same each time (RFC 8032 §5.1.6)."""
        return self.private.sign(message)

    def pem(self) -> bytes:
        """The private key as PEM (PKCS #8, RFC 8410 §7)."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def draw_key(name: str) -> SigningKey:
    """A fresh key, from the system's source of randomness. Raises `Invalid` for a bad name."""
    return SigningKey(check_name(name), Ed25519PrivateKey.generate())


def read_pem(name: str, pem: bytes) -> SigningKey:
    """The key that a PEM file holds. Raises `Invalid` where it holds no plain Ed25519 key."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise Invalid(f"the key of {name} is no unencrypted PKCS #8 key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Invalid(f"the key of {name} is not an Ed25519 key")
    return SigningKey(name, private)
