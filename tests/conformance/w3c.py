"""Asks the W3C's feed validator (github.com/w3c/feedvalidator), which is in no package index.

`FEEDSTREAM_FEEDVALIDATOR` names a folder that has it: its `src/`, and in `venv/` a Python that has
what it needs (else this one must).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "FEEDSTREAM_FEEDVALIDATOR"
FETCH = "name a folder that has it"
_ADR = Path(__file__).parents[2] / "docs" / "adr" / "0013-validator-warnings.md"
_ROW = re.compile(r"^\| `(\w+)` \|(.*?)\|", re.MULTILINE)
_EXPLAINED = {
    name: frozenset(re.findall(r"`([^`]+)`", places))
    for name, places in _ROW.findall(_ADR.read_text("utf-8"))
}
"""Warnings, and where each may stand; none for anywhere."""


def folder() -> Path | None:
    """Where the validator is; None where it is not."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named and (Path(named) / "src" / "feedvalidator").is_dir() else None


class Validator:
    """A running validator."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def complaints(self, content: bytes, base: str) -> list[dict[str, Any]]:
        """All errors and warnings of a document that was fetched from `base`."""
        assert self._process.stdin
        assert self._process.stdout
        asked = json.dumps({"content": content.decode(), "base": base})
        self._process.stdin.write(f"{asked}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the validator ended: see what it printed"
        found: list[dict[str, Any]] = json.loads(answer)
        return found

    def faults(self, content: bytes, base: str) -> list[str]:
        """The errors, and the warnings that the decision about them does not explain."""
        return [
            f"{one['level']} {one['name']}: {one['about']}"
            for one in self.complaints(content, base)
            if not is_explained(one)
        ]


def is_explained(complaint: dict[str, Any]) -> bool:
    """Whether ADR 13 says why this warning stays where it is."""
    places = _EXPLAINED.get(complaint["name"])
    if complaint["level"] == "error" or places is None:
        return False
    about = complaint["about"]
    return not places or not places.isdisjoint(
        about.get(key) for key in ("element", "parent", "namespace", "value")
    )


@contextmanager
def running(place: Path) -> Iterator[Validator]:
    """The validator in that folder, in a process of its own."""
    own = place / "venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    worker = Path(__file__).with_name("validator_worker.py")
    command = [python, str(worker), str(place / "src")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as process:
        try:
            yield Validator(process)
        finally:
            process.kill()
