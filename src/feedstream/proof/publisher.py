"""Signs the log's head and publishes it, with the list of keys, after every batch.

Nothing is signed that contradicts what was signed before: neither a shorter log, nor another root
for a size. What was signed last is kept beside the keys, since `feeds/` may be emptied at any
time; where the published checkpoint knows more, it counts as well.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from feedstream.clock import Clock
from feedstream.config import Home
from feedstream.errors import FeedstreamError, Integrity, Invalid, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Tree
from feedstream.proof.checkpoint import Checkpoint, open_checkpoint, sign
from feedstream.proof.keylist import KeyList
from feedstream.proof.keys import KeyFolder, keys_of
from feedstream.publish import replace_file

logger = logging.getLogger("feedstream.proof")
WELL_KNOWN: Final = ".well-known/feedstream"
INTERVAL: Final = 1.0
"""Seconds between two checkpoints at least."""


def checkpoint_path(feeds: Path) -> Path:
    """Where the signed checkpoint is published."""
    return feeds / WELL_KNOWN / "checkpoint"


def key_list_path(feeds: Path) -> Path:
    """Where the list of keys is published."""
    return feeds / WELL_KNOWN / "keys.json"


def checkpoints_of(home: Home, log: EventLog, clock: Clock) -> "CheckpointPublisher":
    """The publisher of a newsroom's own checkpoints."""
    return CheckpointPublisher(log, keys_of(home), home.feeds, clock)


class CheckpointPublisher:
    """Publishes signed checkpoints; several processes may do so at once.

    `publish` does it once, for a command. `run` does it for a server, whenever `wake` was called
    since; `trouble` is then the sentence of what stops it, if anything does.
    """

    def __init__(
        self,
        log: EventLog,
        keys: KeyFolder,
        feeds: Path,
        clock: Clock,
        *,
        interval: float = INTERVAL,
    ) -> None:
        self._log, self._keys, self._feeds, self._clock = log, keys, feeds, clock
        self._interval = interval
        self._asked = asyncio.Event()
        self.trouble = ""

    def wake(self) -> None:
        """Say that the log has grown."""
        self._asked.set()

    async def run(self) -> None:
        """Publish now, and after every `wake`, at most once an interval, until cancelled.

        What was asked for is published before it ends.
        """
        self._asked.set()
        try:
            while True:
                await self._asked.wait()
                await self._attempt()
                await asyncio.sleep(self._interval)
        finally:
            if self._asked.is_set():
                await self._attempt()

    async def publish(self) -> Checkpoint | None:
        """Sign and publish the log's head; None where the newsroom has no key.

        Nothing is written where nothing changed. Raises `Integrity` where the log is broken or
        contradicts what was signed before, `Unavailable` where a key or the folder cannot be used.
        """
        if self._keys.listed() is None:
            return None
        async with self._keys.locked():
            keys = self._keys.require()
            if self._log.broken:
                raise Integrity(self._log.broken)
            tree = await self._log.tree()
            for last in (self._keys.signed(keys), self._published(keys)):
                if last is not None:
                    await check_grown(self._log, tree, last)
            checkpoint = Checkpoint(origin=keys.origin, size=tree.size, root=tree.root)
            signed = sign(checkpoint, self._keys.private(keys))
            await asyncio.to_thread(self._write, keys, signed.encode())
        return checkpoint

    async def _attempt(self) -> None:
        self._asked.clear()
        try:
            await self.publish()
        except FeedstreamError as error:
            self._asked.set()  # again, an interval from now
            if error.sentence != self.trouble:
                logger.error("No checkpoint is signed: %s", error.sentence)
            self.trouble = error.sentence
        except BaseException:
            self._asked.set()
            raise
        else:
            self.trouble = ""

    def _published(self, keys: KeyList) -> Checkpoint | None:
        path = checkpoint_path(self._feeds)
        try:
            return open_checkpoint(path.read_bytes(), keys.verifiers)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{path} can't be read: {error.strerror}.") from error
        except (Invalid, Integrity) as error:
            logger.warning("%s was not written by us and is replaced: %s", path, error.sentence)
            return None

    def _write(self, keys: KeyList, signed: bytes) -> None:
        """In the order in which nobody finds a signature without its key, or one not kept."""
        self._replace(key_list_path(self._feeds), keys.render())
        self._keys.remember(signed)
        self._replace(checkpoint_path(self._feeds), signed)

    def _replace(self, path: Path, content: bytes) -> None:
        try:
            if not path.is_file() or path.read_bytes() != content:
                replace_file(path, content, self._clock().timestamp())
        except OSError as error:
            raise Unavailable(f"{path} can't be written: {error.strerror}.") from error


async def check_grown(log: EventLog, tree: Tree, signed: Checkpoint) -> None:
    """Raise `Damaged` unless `tree`, the log's, begins with what `signed` speaks of."""
    if tree.size < signed.size:
        raise Damaged(
            f"The log ends at {tree.size}, but a checkpoint of {signed.size} events was signed: it"
            " was cut off, or replaced by an older one; restore a backup that reaches that far, or"
            " say “restore --accept-loss”.",
            position=tree.size + 1,
            expected=f"{signed.size} events",
            actual=f"{tree.size} events",
        )
    then = tree if tree.size == signed.size else await log.tree(signed.size)
    if then.root != signed.root:
        raise Damaged(
            f"The log up to position {signed.size} is not what the checkpoint that was signed over"
            " it says: it was rewritten, or is another log; restore the one that was signed.",
            expected=signed.root.hex(),
            actual=then.root.hex(),
        )
