"""What the processes under load tell: written before and after each deed, so that a kill hides
nothing.

A line is one JSON object, written with one `write`: what a killed process wrote is there.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedstream.eventlog.base import Placed
from feedstream.eventlog.merkle import Tree


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as it was sent: its text follows from `id` and `size`."""

    id: str
    stream: str
    size: int


class Journal:
    """The file that one process writes."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, what: str, **fields: Any) -> None:
        """Write one line."""
        os.write(self._handle, json.dumps({"what": what, **fields}).encode() + b"\n")


@dataclass(slots=True)
class Told:
    """All that the journals of one log told, by the key of a deed.

    `sent` holds the events of each append, `erasing` the positions of each erasure; `placed` the
    answers that came, `conflicts` and `refusals` those that said no. `seen` is what the reader got.
    """

    sent: dict[str, tuple[Sent, ...]] = field(default_factory=dict)
    erasing: dict[str, tuple[int, ...]] = field(default_factory=dict)
    placed: dict[str, list[Placed]] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    refusals: dict[str, str] = field(default_factory=dict)
    trees: list[Tree] = field(default_factory=list)
    seen: list[tuple[int, str]] = field(default_factory=list)
    _read: dict[Path, int] = field(default_factory=dict)

    def read(self, path: Path) -> list[str]:
        """Take in what is new in the journal at `path`; the keys of the deeds that it began."""
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            lines, _, _ = file.read().rpartition(b"\n")
        if not lines:
            return []
        self._read[path] = self._read.get(path, 0) + len(lines) + 1
        return [key for line in lines.split(b"\n") if (key := self._take(json.loads(line)))]

    def _take(self, line: dict[str, Any]) -> str:
        key = str(line.get("key", ""))
        match line["what"]:
            case "append":
                self.sent[key] = tuple(Sent(*one) for one in line["events"])
                return key
            case "erase":
                self.erasing[key] = tuple(line["positions"])
                return key
            case "placed":
                self.placed[key] = [Placed(*one) for one in line["at"]]
            case "conflict":
                self.conflicts.add(key)
            case "refused":
                self.refusals[key] = line["sentence"]
            case "signed":
                self.trees.append(Tree(line["size"], bytes.fromhex(line["root"])))
            case "seen":
                self.seen.append((line["position"], line["id"]))
        return ""

    @property
    def acknowledged(self) -> int:
        """How many events were acknowledged."""
        return sum(map(len, self.placed.values()))

    def open_deeds(self) -> list[str]:
        """The deeds that never got an answer."""
        answered = self.placed.keys() | self.conflicts | self.refusals.keys()
        return [key for key in (*self.sent, *self.erasing) if key not in answered]
