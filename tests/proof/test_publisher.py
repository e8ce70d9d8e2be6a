"""The published checkpoint: what is signed, what never is, and several that sign at once."""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from feedstream.clock import utc_now
from feedstream.errors import Integrity, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.sqlite import SqliteLog
from feedstream.proof.publisher import CheckpointPublisher, checkpoint_path
from tests.eventlog.conftest import note
from tests.proof import verifier
from tests.proof.conftest import ORIGIN, Place

ROOT = Path(__file__).parents[2]


async def wait(holds: Callable[[], object]) -> None:
    """Wait until it holds; it is another task that makes it so."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


async def until(place: Place, size: int) -> None:
    """Wait until a checkpoint of that size is published."""
    await wait(lambda: checkpoint_path(place.feeds).exists() and place.read()[1] == size)


def copied(place: Place) -> Path:
    """A copy of the log and the keys as they are now."""
    copy = place.root / "copy"
    shutil.copytree(place.root, copy, ignore=lambda *_: ["copy", "feeds"])
    return copy


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_without_a_key_nothing_is_published(place: Place) -> None:
    assert await place.publisher.publish() is None
    assert not place.feeds.exists()


@pytest.mark.parametrize("count", [0, 1, 5])
async def test_the_head_is_signed_for_any_reader(signing: Place, count: int) -> None:
    if count:
        await signing.grow(count)
    published = await signing.publisher.publish()
    assert published is not None
    assert published.tree == await signing.log.tree()
    assert signing.read() == (ORIGIN, count, published.root)


async def test_the_same_head_is_not_written_twice(signing: Place) -> None:
    await signing.grow(2)
    path = checkpoint_path(signing.feeds)
    await signing.publisher.publish()
    before = path.stat()
    await signing.publisher.publish()
    assert path.stat().st_ino == before.st_ino
    await signing.grow(1)
    await signing.publisher.publish()
    assert signing.read()[1] == 3


async def test_old_and_new_key_sign_together_until_one_is_retired(signing: Place) -> None:
    def signatures() -> int:
        return signing.signed.count("\n— ")

    await signing.grow(2)
    await signing.publisher.publish()
    only_old = verifier.load_keys(signing.listed)
    await signing.keys.rotate(2)
    await signing.publisher.publish()
    assert signatures() == 2
    assert verifier.open_note(signing.signed, only_old) == signing.read()
    overlap = signing.signed
    await signing.keys.retire(2)
    await signing.grow(1)
    await signing.publisher.publish()
    assert (signatures(), signing.read()[1]) == (1, 3)
    with pytest.raises(ValueError, match="no key in use"):
        verifier.open_note(signing.signed, only_old)
    assert verifier.open_note(overlap, verifier.load_keys(signing.listed))[1] == 2


async def test_a_key_retired_behind_the_signed_size_still_counts_for_it(signing: Place) -> None:
    await signing.grow(3)
    await signing.publisher.publish()
    signed = signing.signed
    await signing.keys.rotate(0)
    ended = await signing.keys.retire(0)
    assert ended.until == 3
    assert signing.keys.signed(signing.keys.require()) is not None
    await signing.publisher.publish()
    assert verifier.open_note(signed, verifier.load_keys(signing.listed))[1] == 3


async def other_log(words: list[str]) -> EventLog:
    log = MemoryLog()
    if words:
        await log.append([note(word) for word in words])
    return log


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a"], "ends at 1, but a checkpoint of 2"),
        ([], "ends at 0"),
        (["a", "b"], "up to position 2 is not"),
        (["a", "b", "c"], "up to position 2 is not"),
    ],
)
@pytest.mark.parametrize("emptied", [False, True])
async def test_no_other_log_is_ever_signed(
    signing: Place, words: list[str], sentence: str, emptied: bool
) -> None:
    """Shorter, of the same length, or longer; also where the published files were removed."""
    await signing.grow(2)
    await signing.publisher.publish()
    before = signing.signed
    if emptied:
        shutil.rmtree(signing.feeds)
    other = CheckpointPublisher(await other_log(words), signing.keys, signing.feeds, utc_now)
    with pytest.raises(Integrity, match=sentence):
        await other.publish()
    if emptied:
        assert not signing.feeds.exists()
        await signing.publisher.publish()
    assert signing.signed == before


async def test_an_older_copy_of_the_log_is_found_at_the_start(signing: Place) -> None:
    await signing.grow(2)
    copy = copied(signing)
    await signing.grow(1)
    await signing.publisher.publish()
    async with await SqliteLog.open(copy / "log.db") as older:
        publisher = CheckpointPublisher(older, signing.keys, signing.feeds, utc_now)
        task = asyncio.create_task(publisher.run())
        await wait(lambda: publisher.trouble)
        await cancelled(task)
    assert "a checkpoint of 3 events was signed" in publisher.trouble
    assert signing.read()[1] == 3


async def test_a_published_checkpoint_that_knows_more_than_the_keys_counts(signing: Place) -> None:
    """The keys came back from a backup; what was published since must not be contradicted."""
    await signing.grow(1)
    await signing.publisher.publish()
    copy = copied(signing)
    await signing.grow(2)
    await signing.publisher.publish()
    shutil.copy(copy / "keys" / "signed", signing.keys.folder / "signed")
    async with await SqliteLog.open(copy / "log.db") as older:
        publisher = CheckpointPublisher(older, signing.keys, signing.feeds, utc_now)
        with pytest.raises(Integrity, match="ends at 1, but a checkpoint of 3"):
            await publisher.publish()


async def test_what_others_put_into_the_folder_is_replaced(signing: Place) -> None:
    await signing.grow(1)
    await signing.publisher.publish()
    before = signing.signed
    for content in (b"", b"\xff", before.replace("\n1\n", "\n9\n").encode()):
        checkpoint_path(signing.feeds).write_bytes(content)
        await signing.publisher.publish()
        assert signing.signed == before


async def test_a_damaged_memory_stops_signing(signing: Place) -> None:
    await signing.grow(1)
    await signing.publisher.publish()
    path = signing.keys.folder / "signed"
    path.write_bytes(path.read_bytes()[:-9])
    await signing.grow(1)
    with pytest.raises(Integrity, match="signed safely"):
        await signing.publisher.publish()
    path.write_bytes(checkpoint_path(signing.feeds).read_bytes())
    await signing.publisher.publish()
    assert signing.read()[1] == 2


async def test_a_log_that_was_lost_goes_on_under_a_new_name(signing: Place) -> None:
    await signing.grow(2)
    await signing.publisher.publish()
    signing.keys.folder.rename(signing.root / "old-keys")
    again = Place(signing.root, await other_log(["a"]))
    await again.keys.init("news.example/second")
    await again.publisher.publish()
    assert again.read()[:2] == ("news.example/second", 1)


async def test_keys_change_while_others_sign(signing: Place) -> None:
    async def sign() -> None:
        for _ in range(5):
            await signing.grow(1)
            await signing.publisher.publish()

    async def renew() -> None:
        for _ in range(3):
            await signing.keys.rotate((await signing.log.head()).position)
            await signing.keys.retire((await signing.log.head()).position)

    await asyncio.gather(sign(), sign(), renew())
    await signing.publisher.publish()
    assert signing.read()[1] == 10
    assert len(verifier.load_keys(signing.listed)) == 4


async def test_a_broken_log_is_not_signed(signing: Place) -> None:
    await signing.grow(1)
    with pytest.raises(Integrity):
        await signing.log.verify(trees=[Tree(1, bytes(32))])
    assert signing.log.broken
    with pytest.raises(Integrity, match=re.escape(signing.log.broken)):
        await signing.publisher.publish()
    assert not checkpoint_path(signing.feeds).exists()


async def test_a_folder_that_cannot_be_written_is_said(signing: Place) -> None:
    signing.feeds.write_text("a file in its place")
    with pytest.raises(Unavailable, match="Not a directory"):
        await signing.publisher.publish()


async def test_a_server_publishes_each_growth_and_the_last_one_at_the_end(signing: Place) -> None:
    def running(interval: float) -> tuple[CheckpointPublisher, asyncio.Task[None]]:
        publisher = CheckpointPublisher(
            signing.log, signing.keys, signing.feeds, utc_now, interval=interval
        )
        return publisher, asyncio.create_task(publisher.run())

    publisher, task = running(0.001)
    await until(signing, 0)
    for size in range(1, 6):
        await signing.grow(1)
        publisher.wake()
        await until(signing, size)
    await cancelled(task)
    await signing.grow(1)
    publisher, task = running(3600)
    await until(signing, 6)  # at once
    for _ in range(3):
        await signing.grow(1)
        publisher.wake()
    await asyncio.sleep(0.05)
    assert signing.read()[1] == 6  # not before the interval is over
    await cancelled(task)
    assert signing.read()[1] == 9


async def test_trouble_is_said_and_passes(signing: Place) -> None:
    (path,) = signing.keys.folder.glob("*.pem")
    path.chmod(0o644)
    publisher = CheckpointPublisher(
        signing.log, signing.keys, signing.feeds, utc_now, interval=0.001
    )
    task = asyncio.create_task(publisher.run())
    await wait(lambda: publisher.trouble)
    assert "chmod 600" in publisher.trouble
    path.chmod(0o600)
    await until(signing, 0)
    await cancelled(task)
    assert publisher.trouble == ""


@pytest.mark.process
async def test_three_processes_sign_one_log(signing: Place) -> None:
    """None fails, and what each of them sees published never gets smaller."""

    def run() -> list[tuple[str, str]]:
        command = [sys.executable, "-m", "tests.proof.worker", str(signing.root), "20"]
        workers = [
            subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        try:
            return [worker.communicate(timeout=60) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()

    for output, error in await asyncio.to_thread(run):
        assert error == ""
        sizes = [int(line) for line in output.split()]
        assert (len(sizes), sizes) == (20, sorted(sizes))
    await signing.publisher.publish()
    assert signing.read()[1:] == (60, (await signing.log.tree()).root)
