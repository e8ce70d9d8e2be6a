"""A newsroom of its own for each test, and the command line on it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from feedstream.cli.run import app

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "newsroom"


@pytest.fixture
def bare(home: Path) -> Run:
    """Runs a command in this process; the home may not exist yet."""

    def call(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(
            app, ["--home", str(home), "--actor", "ana", *arguments], input=text
        )

    return call


@pytest.fixture
def cli(bare: Run) -> Run:
    """As `bare`, on a newsroom that was set up."""
    assert bare("init", "--authority", "news.example").exit_code == 0
    return bare


def lines(result: Result) -> list[Any]:
    """The JSON lines that a command printed, which must have succeeded."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def one(result: Result) -> Any:
    """The only JSON line that a command printed."""
    (line,) = lines(result)
    return line


def process(home: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A real `feedstream` process, run to its end."""
    return subprocess.run(
        [sys.executable, "-c", "from feedstream.cli import main; main()", *arguments],
        env={**os.environ, "FEEDSTREAM_HOME": str(home), "FEEDSTREAM_ACTOR": "ana"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )
