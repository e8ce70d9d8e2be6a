"""Rolling copy of a newsroom: one text that grows by dated updates, read into values.

`decode_copy` makes text of bytes or refuses them; `parse_rolling` takes the text apart. Neither
knows of stories or events.
"""

from feedstream.rolling.decode import decode_copy
from feedstream.rolling.parse import parse_rolling
from feedstream.rolling.values import (
    CopyUpdate,
    CreditOffer,
    DecodedCopy,
    HeadlineFrom,
    Kind,
    Paragraph,
    RollingCopy,
    body_of,
)

__all__ = [
    "CopyUpdate",
    "CreditOffer",
    "DecodedCopy",
    "HeadlineFrom",
    "Kind",
    "Paragraph",
    "RollingCopy",
    "body_of",
    "decode_copy",
    "parse_rolling",
]
