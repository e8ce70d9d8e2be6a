"""Published files as they stand: the one way in for whoever serves or copies them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feedstream.publish.files import SUFFIXES

ATTEMPTS = 5  # looks for a file whose folder is removed at that very moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One version of a published file, whole.

    `packed` has its bytes by content coding (`gzip`, `br`, `zstd`), as far as they were published
    beside it, all of this version. `modified` is in whole seconds (UTC). `identity` differs
    between any two versions.
    """

    body: bytes
    packed: Mapping[str, bytes]
    modified: datetime
    identity: tuple[int, ...]


def identity_of(folder: Path, file: str) -> tuple[int, ...] | None:
    """What tells whether `file` was replaced since; None where there is no such file."""
    try:
        return _identity((folder / file).stat())
    except (OSError, ValueError):
        return None


def read_published(folder: Path, file: str) -> PublishedFile | None:
    """The file as it stands in a folder of published feeds; None where there is none."""
    for _ in range(ATTEMPTS):
        # Links are followed once, so that all is of one version; it may go before it is read.
        path = Path(os.path.realpath(folder / file))
        try:
            with path.open("rb") as handle:
                status = os.fstat(handle.fileno())
                body = handle.read()
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            return None
        return PublishedFile(
            body=body,
            packed=_packed(path),
            modified=datetime.fromtimestamp(int(status.st_mtime), UTC),
            identity=_identity(status),
        )
    return None


def _packed(path: Path) -> dict[str, bytes]:
    found = {}
    for coding, suffix in SUFFIXES.items():
        try:
            found[coding] = path.with_name(path.name + suffix).read_bytes()
        except OSError:
            continue
    return found


def _identity(status: os.stat_result) -> tuple[int, ...]:
    # The change time as well: one second may see two files of the same size.
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
