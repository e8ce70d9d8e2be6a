"""The command line: one file a command group, over the same newsroom that the server runs."""

from feedstream.cli.run import main

__all__ = ["main"]
