"""Helpers that look at stretches: fresh interpreters, so that nothing is shared but the file."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import Final

import orjson

from feedstream.eventlog.stretch import Stretch

_START: Final = """
import sys, orjson
sys.path[:] = orjson.loads(sys.argv[1])
from feedstream.eventlog.sqlite.looking import serve
serve(sys.argv[2])
"""


class Helpers:
    """So many processes that read the log at `path`, each with a thread that waits for it.

    One that cannot start, or dies, finds nothing: None.
    """

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._mine = path, local()
        self.started: list[subprocess.Popen[bytes]] = []
        self._threads = ThreadPoolExecutor(count, "verify", initializer=self._start)

    def ask(self, start: int, end: int) -> Future[Stretch | None]:
        """What is found of the events after `start` up to `end`, once a helper comes to it."""
        return self._threads.submit(self._ask, start, end)

    def close(self) -> None:
        """End them all, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self.started:
            process.kill()
        self._threads.shutdown()
        for process in self.started:
            process.communicate()

    def _start(self) -> None:
        command = [sys.executable, "-c", _START, orjson.dumps(sys.path).decode(), str(self._path)]
        try:
            self._mine.process = subprocess.Popen(  # noqa: S603  # this very interpreter
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, ValueError):
            self._mine.process = None
        else:
            self.started.append(self._mine.process)

    def _ask(self, start: int, end: int) -> Stretch | None:
        process: subprocess.Popen[bytes] | None = self._mine.process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(b"%d %d\n" % (start, end))
            process.stdin.flush()
            answer = process.stdout.readline()
            return Stretch.from_json(answer) if answer.strip() else None
        except (OSError, ValueError):
            return None
