"""A log, its keys and its published folder, for each test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from feedstream.clock import utc_now
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.proof.keys import KeyFolder
from feedstream.proof.prover import Prover
from feedstream.proof.publisher import CheckpointPublisher, checkpoint_path, key_list_path
from tests.eventlog.conftest import note
from tests.proof import verifier

ORIGIN = "news.example/feedstream"


@dataclass(frozen=True)
class Place:
    """A newsroom's folder with the parts that sign and prove."""

    root: Path
    log: EventLog

    @property
    def keys(self) -> KeyFolder:
        return KeyFolder(self.root / "keys")

    @property
    def feeds(self) -> Path:
        return self.root / "feeds"

    @property
    def publisher(self) -> CheckpointPublisher:
        return CheckpointPublisher(self.log, self.keys, self.feeds, utc_now)

    @property
    def prover(self) -> Prover:
        return Prover(self.log, self.feeds)

    @property
    def signed(self) -> str:
        return checkpoint_path(self.feeds).read_text("utf-8")

    @property
    def listed(self) -> str:
        return key_list_path(self.feeds).read_text("utf-8")

    def read(self) -> tuple[str, int, bytes]:
        """The published checkpoint as a reader's own verifier reads it."""
        return verifier.open_note(self.signed, verifier.load_keys(self.listed))

    async def grow(self, count: int) -> None:
        await self.log.append([note(f"word {n}", f"story-{n % 3}") for n in range(count)])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with await SqliteLog.open(tmp_path / "log.db", create=True) as log:
        yield Place(tmp_path, log)


@pytest.fixture
async def signing(place: Place) -> Place:
    """A place with a key."""
    await place.keys.init(ORIGIN)
    return place
