"""Files with a private key.

They hold PKCS #8 in PEM (RFC 8410): a standard of the IETF that every crypto tool reads and every
secret scanner knows, where the note format's own `PRIVATE+KEY+…` line is known to one library.
"""

import os
import stat
from pathlib import Path
from typing import Final

from feedstream.errors import Unavailable

RIGHTS: Final = 0o600
_MAX_BYTES: Final = 16 * 1024


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may ever read; an existing one is never touched."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, RIGHTS)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, RIGHTS)  # a umask may have taken the owner's own rights
        file.write(content)
        file.flush()
        os.fsync(handle)


def read_private(path: Path) -> bytes:
    """Read a private key. Raises `Unavailable` where it is gone or others have rights to it."""
    try:
        with path.open("rb") as file:
            rights = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if rights & ~RIGHTS:
                raise Unavailable(
                    f"{path} may be used by others (its rights are {rights:04o}), so nothing is"
                    f" signed with it: run “chmod 600 {path}”, and “keys rotate” if somebody may"
                    " have read it."
                )
            return file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise Unavailable(
            f"The signing key {path} is gone: restore it from a backup, or make a new one with"
            f" “keys rotate” and end this one with “keys retire {path.stem}”."
        ) from error
    except OSError as error:
        raise Unavailable(f"The signing key {path} can't be read: {error.strerror}.") from error
