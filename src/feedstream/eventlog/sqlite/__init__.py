"""The embedded store: one SQLite file, any number of processes.

What it offers is imported when it is first asked for: the helpers of a verification need little of
it, and are to start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feedstream.eventlog.sqlite.backup import (
        Backup,
        BackupInfo,
        look_at_backup,
        restore_backup,
        sweep_drafts,
    )
    from feedstream.eventlog.sqlite.log import SqliteLog

__all__ = ["Backup", "BackupInfo", "SqliteLog", "look_at_backup", "restore_backup", "sweep_drafts"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    home = "log" if name == "SqliteLog" else "backup"
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
