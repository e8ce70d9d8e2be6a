"""Page checksums: SQLite's own extension writes 8 bytes at the end of each page and checks them.

It works for files whose pages reserve those bytes, and passes all other files through. Pages get
their checksum on the way into the file, not into the write-ahead log, which has checksums of its
own: so a program without the extension must not write to the file, nor empty that log into it.
"""

from threading import Lock
from typing import Final

import apsw
import apsw.sqlite_extra

from feedstream.errors import Unavailable

RESERVED: Final = 8
"""How many bytes a page keeps for its checksum."""

_EXTENSION: Final = "cksumvfs"
_VFS: Final = "cksmvfs"
_loading = Lock()


def vfs() -> str:
    """The name of the VFS that checks pages; loaded at the first call, for our files alone."""
    with _loading:
        if _VFS not in apsw.vfs_names():
            usual = apsw.vfs_names()[0]
            db = apsw.Connection(":memory:")
            try:
                apsw.sqlite_extra.load(db, _EXTENSION)
                apsw.set_default_vfs(usual)  # it makes itself the default of the whole process
            except (apsw.Error, apsw.sqlite_extra.NotAvailable) as exc:
                raise Unavailable(
                    f"This build of apsw cannot check pages ({exc}): install apsw's own wheel."
                ) from exc
            finally:
                db.close()
    return _VFS


def reserve(db: apsw.Connection) -> None:
    """Give the pages of a new file room for checksums; to be said before anything is written."""
    db.reserve_bytes(reserve=RESERVED)


def present(db: apsw.Connection) -> bool:
    """Whether the file's pages have checksums."""
    return db.reserve_bytes() == RESERVED
