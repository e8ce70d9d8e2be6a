"""Which content coding an answer is sent in (RFC 9110 §12.5.3)."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

IDENTITY = "identity"
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {IDENTITY: "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}
)
"""What the entity tag of a coding ends in."""

PREFERRED = ("br", "zstd", "gzip", IDENTITY)
"""Of codings that a client likes equally, the first: mostly the smallest."""

_MEMBER = re.compile(
    r"(?P<name>\*|[!#$%&'*+.^_`|~0-9a-z-]+)"
    r"(?:[ \t]*;[ \t]*q=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)
_LEAST = 0.0001  # below any weight that can be written: accepted, and liked less than what is named


def weights(header: str) -> dict[str, float]:
    """The members of a list such as `gzip;q=0.8, br` with their weights, in lower case.

    A member that can't be read counts as absent.
    """
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        if member := _MEMBER.fullmatch(part.strip(" \t")):
            weight = member["weight"]
            found[member["name"]] = 1.0 if weight is None else float(weight)
    return found


def choose(header: str | None, offered: Sequence[str] = PREFERRED) -> str | None:
    """The coding to answer in, of those `offered`; None where all of them are refused.

    Without a header nothing is packed: whoever does not ask may not be able to unpack.
    """
    if header is None:
        return IDENTITY
    wanted = weights(header)
    liked = [(_weight(wanted, one), one) for one in offered]
    weight, best = max(liked, key=lambda pair: pair[0])
    return best if weight > 0 else None


def _weight(wanted: Mapping[str, float], coding: str) -> float:
    if coding == "gzip" and "x-gzip" in wanted:  # the same (RFC 9110 §8.4.1.3)
        return max(wanted["x-gzip"], wanted.get("gzip", 0.0))
    # Nobody has to name identity: it is refused only by weight 0, its own or that of “*”.
    return wanted.get(coding, wanted.get("*", _LEAST if coding == IDENTITY else 0.0))
