"""One at a time, among tasks and processes: a lock file that a killed process lets go of."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

POLL_SECONDS = 0.01


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold the lock at `path`, whose folder exists. Waits without blocking the event loop."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(handle):  # noqa: ASYNC110  # the holder may be another process
            await asyncio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
