"""Files that readers never see by half, and the lock of those who write them."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WELL_KNOWN = ".well-known"
"""The folder beside the feeds that others write to (RFC 8615)."""

SUFFIXES = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}
"""What the packed siblings of a published file end in, by content coding (RFC 9110 §8.4.1)."""

PART = ".part"
"""Ends the name of what is not whole yet."""


def digest_of(content: bytes) -> str:
    """SHA-256, in hex: what the publish ledger keeps of a file."""
    return hashlib.sha256(content).hexdigest()


def replace_file(path: Path, content: bytes, modified: float) -> None:
    """Put `content` at `path` in one step: a reader sees the old bytes or the new, never a mix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.utime(temporary, (modified, modified))
        os.replace(temporary, path)
        sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes, modified: float | None = None) -> None:
    """Write a new file, durably but for its name; `modified` in seconds since 1970."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(handle, "wb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.fchmod(file.fileno(), 0o644)
        if modified is not None:
            os.utime(file.fileno(), (modified, modified))
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """A name is on the disk only when its folder is: the mark that asked for it goes next."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`: one publisher at a time, of whichever process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
