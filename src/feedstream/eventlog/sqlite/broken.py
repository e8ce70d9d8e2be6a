"""The mark of a broken log: a small file beside it that stops the writers of every process."""

import contextlib
import os
from datetime import datetime
from pathlib import Path

import orjson

from feedstream.domain.when import format_when
from feedstream.errors import Integrity
from feedstream.eventlog.damage import Damaged


def marker(path: Path) -> Path:
    """Where the mark of the log at `path` stands."""
    return path.with_name(f"{path.name}.broken")


def mark(path: Path, damage: Damaged, at: datetime) -> None:
    """Mark the log at `path`; what was found first stays. A disk that takes nothing is no fault."""
    content = orjson.dumps(
        {"sentence": damage.sentence, "position": damage.position, "when": format_when(at)}
    )
    with contextlib.suppress(OSError):
        handle = os.open(marker(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.write(handle, content + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)


def clear(path: Path) -> None:
    """Take the mark away: the log was verified."""
    marker(path).unlink(missing_ok=True)


def sentence(path: Path) -> str:
    """What is broken and since when; empty where nothing is."""
    try:
        content = marker(path).read_bytes()
    except OSError:
        return ""
    try:
        found = orjson.loads(content)
        what, when = str(found["sentence"]), str(found["when"])
    except (ValueError, TypeError, KeyError):  # written by half, or by hand
        what, when = "it was found to be damaged.", "a time that is not told"
    return f"The event log {path} takes no writes since {when}: {what}"


def check(path: Path) -> None:
    """Raise `Integrity` where the log at `path` is marked."""
    if not os.path.exists(marker(path)):
        return
    raise Integrity(
        f"{sentence(path)} Run “feedstream log verify” to see whether it is whole, or restore it "
        "from a backup."
    )
