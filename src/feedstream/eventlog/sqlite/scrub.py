"""Getting erased bytes out of the write-ahead log, where they stay until it is emptied."""

import time
from typing import Final

import apsw

PATIENCE: Final = 5.0
"""How many seconds an erasure waits for readers that still look at the old bytes."""

_PAUSE = 0.02


def scrub(db: apsw.Connection, patience: float = 0.0) -> bool:
    """Move everything into the file and cut the write-ahead log to nothing; whether it worked.

    Deleted bytes are overwritten in the file (`secure_delete`), but only now does it happen
    there. Fails while a reader of any process is in the middle of its reading.
    """
    give_up = time.monotonic() + patience
    while not _truncated(db):
        if time.monotonic() >= give_up:
            return False
        time.sleep(_PAUSE)
    return True


def scrub_if_erased(db: apsw.Connection) -> None:
    """Finish what a process that was killed after an erasure could not."""
    if db.execute("SELECT 1 FROM erased LIMIT 1").get is not None:
        scrub(db)


def _truncated(db: apsw.Connection) -> bool:
    waiting = db.execute("PRAGMA busy_timeout").get
    db.set_busy_timeout(0)
    try:
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
    except apsw.BusyError:
        return False
    finally:
        db.set_busy_timeout(waiting)
    return not busy
