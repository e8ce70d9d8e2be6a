"""A real demo in a process of its own, and what it has said so far."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-c", "from feedstream.cli import main; main()")


class Demo:
    """`feedstream demo`, running."""

    def __init__(self, home: Path, *options: str) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.home = home
        self.process = subprocess.Popen(
            [*COMMAND, "--home", str(home), "demo", "--port", "8300", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, what: str | Callable[[], bool], seconds: float = 60) -> None:
        """Wait until a text was said, or something holds."""
        end = time.monotonic() + seconds

        def holds() -> bool:
            return what() if callable(what) else what in self.text

        while not holds():
            alive = self.process.poll() is None
            waited = f"waited for {what}:\n{self.text}"
            assert alive, waited
            assert time.monotonic() < end, waited
            time.sleep(0.05)

    def address(self, name: str) -> str:
        """An address that was printed: Site, The story, Its feed, Feeds, Partner."""
        self.wait_for("Ctrl-C ends the demo")
        found = re.search(rf"^  {name} +(\S+)$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]

    def positions(self) -> list[int]:
        """The positions of the events that were told so far."""
        return [int(found) for found in re.findall(r"^#(\d+)", self.text, re.MULTILINE)]

    def interrupt(self) -> tuple[int, float]:
        """Ctrl-C: the exit code, and how many seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        took = time.monotonic() - begun
        self._reader.join(5)
        return code, took

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    begun: list[Demo] = []

    def starting(*options: str) -> Demo:
        begun.append(Demo(tmp_path / "newsroom", *options))
        return begun[-1]

    yield starting
    for demo in begun:
        if demo.process.poll() is None:
            demo.kill()


def feedstream(home: Path, *arguments: str) -> str:
    """Another command on the same home; what it printed."""
    done = subprocess.run(
        [*COMMAND, "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
