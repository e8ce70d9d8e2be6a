"""Base64 as the proof formats have it: RFC 4648 §4, padded, one spelling for each value."""

import base64
import binascii


def encode(content: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(content).decode("ascii")


def decode(text: str) -> bytes:
    """Text as bytes. Raises `ValueError` for anything that `encode` would not have written."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if encode(content) != text:
        raise ValueError("bits are set beyond the last byte")
    return content
