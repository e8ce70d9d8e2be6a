"""Real processes that start fast: forked from a clean one that has imported everything."""

import asyncio
import io
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["feedstream.cli.run", "feedstream.proof", "feedstream.serve"])
PATIENCE = 60.0
"""Seconds after which something that must come has not come."""

_begun: list[ForkServerProcess] = []


def begin(deed: Callable[..., object], *arguments: object, said: Path) -> ForkServerProcess:
    """Start a process that does `deed`; what it says on stdout and stderr goes to `said`."""
    process = CONTEXT.Process(target=_do, args=(said, deed, arguments), daemon=True)
    process.start()
    _begun.append(process)
    return process


def _do(said: Path, deed: Callable[..., object], arguments: tuple[object, ...]) -> None:
    handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), write_through=True)
    deed(*arguments)


def command(home: Path, *arguments: str, said: Path) -> ForkServerProcess:
    """A process that runs one command of the command line on the newsroom at `home`."""
    return begin(_command, home, arguments, said=said)


def _command(home: Path, arguments: tuple[str, ...]) -> None:
    from feedstream.cli.run import main

    main(["--home", str(home), "--actor", "ana", *arguments])


async def ended(process: ForkServerProcess) -> int:
    """The exit code of a process that must end by itself."""
    await asyncio.to_thread(process.join, PATIENCE)
    assert process.exitcode is not None, "a process does not end"
    return process.exitcode


def kill(processes: Iterable[ForkServerProcess]) -> int:
    """kill -9, all at once; how many were still alive."""
    victims = list(processes)
    for process in victims:
        process.kill()
    for process in victims:
        process.join(PATIENCE)
    return sum(process.exitcode == -9 for process in victims)


def await_write(path: Path, patience: float) -> None:
    """Return the moment that the file at `path` is written to, or after `patience` seconds."""

    def state() -> tuple[int, int]:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return 0, 0
        return found.st_size, found.st_mtime_ns if found.st_size else 0

    before, give_up = state(), time.monotonic() + patience
    while state() == before and time.monotonic() < give_up:
        pass


def complaints(folder: Path) -> str:
    """What the processes said that say it to text files in `folder`."""
    return "\n".join(f"{path.name}: {path.read_text()}" for path in sorted(folder.glob("*.txt")))


def end_all() -> None:
    """End what was begun and runs still."""
    kill(process for process in _begun if process.is_alive())
    _begun.clear()


async def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds; fail, and say what, once that is far too long."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, f"{what}: not within {PATIENCE:.0f} s"
        await asyncio.sleep(0.005)
