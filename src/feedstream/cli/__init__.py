"""The command line: one file a command group, over the same newsroom that the server runs."""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from feedstream.cli.run import main as run  # noqa: PLC0415  # Ctrl-C may come meanwhile
    except KeyboardInterrupt:
        sys.exit(130)
    run(arguments)
