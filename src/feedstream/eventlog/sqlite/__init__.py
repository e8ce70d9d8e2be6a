"""The embedded store: one SQLite file, any number of processes."""

from feedstream.eventlog.sqlite.backup import (
    Backup,
    BackupInfo,
    look_at_backup,
    restore_backup,
    sweep_drafts,
)
from feedstream.eventlog.sqlite.log import SqliteLog

__all__ = ["Backup", "BackupInfo", "SqliteLog", "look_at_backup", "restore_backup", "sweep_drafts"]
