"""Folders for work that is thrown away; those of processes that were killed are removed.

They hold what the log holds, so that none may stay where an erasure does not reach.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(r"feedstream-(\d+)-.+")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of this process, gone in the end."""
    sweep_scratch()
    with tempfile.TemporaryDirectory(prefix=f"feedstream-{os.getpid()}-") as folder:
        yield Path(folder)


def sweep_scratch() -> None:
    """Remove the folders of processes that live no more."""
    for path in Path(tempfile.gettempdir()).glob("feedstream-*-*"):
        found = _NAME.fullmatch(path.name)
        with suppress(OSError):  # another process may be sweeping too
            if found and not _lives(int(found[1])) and path.lstat().st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
