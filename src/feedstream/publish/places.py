"""Where a published file lies below the folder of generations, and how its name leads there.

    stories.rss → .live/2f/08/<key>/rss
    .live       → .generations/17/root          the one link that a change moves
    root/2f     → ../../17/m2f                  at most 64 of these
    m2f/08      → ../../12/l2f08                at most 64 of these
    l2f08/<key> → ../../12/v<key>               one for each feed of this leaf
    v<key>/rss                                  the bytes, with rss.gz, rss.br, rss.zst beside them

Names are digests: links stay short enough to lie in their inodes (below 60 bytes on ext4), any
disk takes them, and the name of a tag that was erased is nowhere.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

GENERATIONS: Final = ".generations"
LIVE: Final = ".live"
ROOT: Final = "root"
_FAN = 63  # six bits of a digest: two levels hold a million feeds in leaves of 250
_OTHER = "="  # begins the local name of a file that is not named after its feed


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a feed lies: the branches that lead to it, and its own name in the leaf."""

    outer: str
    inner: str
    key: str


def place_of(name: str) -> Place:
    """The place of the feed `name`: the same for ever."""
    digest = hashlib.sha256(name.encode()).digest()
    key = base64.b32encode(digest[2:18]).decode().rstrip("=").lower()
    return Place(f"{digest[0] & _FAN:02x}", f"{digest[1] & _FAN:02x}", key)


def local_name(feed: str, file: str) -> str:
    """What `file` is called in the folder of its feed: `rss` for `stories.rss`."""
    if file.startswith(f"{feed}."):
        return file[len(feed) + 1 :]
    return _OTHER + file.replace("/", "+")


def file_name(feed: str, local: str) -> str:
    """The opposite of `local_name`; no published name holds a plus sign."""
    if local.startswith(_OTHER):
        return local[len(_OTHER) :].replace("+", "/")
    return f"{feed}.{local}"


def target_of(feed: str, file: str) -> str:
    """Where the permanent link `file` points: relative, so that the folder can be moved."""
    place = place_of(feed)
    up = "../" * file.count("/")
    return f"{up}{LIVE}/{place.outer}/{place.inner}/{place.key}/{local_name(feed, file)}"
