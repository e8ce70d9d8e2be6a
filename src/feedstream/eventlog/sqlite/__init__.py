"""The embedded store: one SQLite file, any number of processes."""

from feedstream.eventlog.sqlite.log import SqliteLog

__all__ = ["SqliteLog"]
