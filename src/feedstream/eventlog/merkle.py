"""Hashes that bind the log: the leaf of an event (RFC 6962 §2.1)."""

from hashlib import sha256

LEAF_PREFIX = b"\x00"


def leaf_hash(header: bytes, salt: bytes, data: bytes) -> bytes:
    """The 32-byte leaf: SHA-256(0x00 ‖ header ‖ SHA-256(salt ‖ data)).

    `header` is the event's canonical JSON object without its data, in UTF-8: it ends itself, so
    the two parts cannot run into each other. `data` goes in as a salted digest, so that a body
    can be erased, with its salt, while the leaf stays verifiable and gives nothing away.
    """
    return sha256(LEAF_PREFIX + header + sha256(salt + data).digest()).digest()
