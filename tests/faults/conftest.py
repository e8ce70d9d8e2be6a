"""The fault harness: run by name only (`pytest tests/faults`), how often and from which seed.

FEEDSTREAM_FAULTS_KILLS   how many kills under load (200); the other rounds go along
FEEDSTREAM_FAULTS_SEED    where all draws begin (1); the instants of a kill are the machine's
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults.processes import end_all

KILLS = int(os.environ.get("FEEDSTREAM_FAULTS_KILLS", "200"))
SEED = os.environ.get("FEEDSTREAM_FAULTS_SEED", "1")
HERE = Path(__file__).parent

Tell = Callable[..., None]


def rounds(usual: int) -> int:
    """So many rounds where there are 200 kills, and as many more or fewer as those are."""
    return max(1, round(usual * KILLS / 200))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These take minutes: only where this folder, or a file of it, is asked for."""
    asked = [Path(str(word).partition("::")[0]).absolute() for word in config.args]
    if any(path == HERE or HERE in path.parents for path in asked):
        return None
    return True if HERE in (collection_path, *collection_path.parents) else None


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """The test's own draws; a failure shows their seed."""
    print(f"FEEDSTREAM_FAULTS_SEED={SEED} FEEDSTREAM_FAULTS_KILLS={KILLS}")  # noqa: T201
    return random.Random(f"{SEED}/{request.node.name}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Takes counts, to be said at the end and kept in the report."""

    def told(**counts: object) -> None:
        for name, count in counts.items():
            record_property(name.replace("_", " "), count)

    return told


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """Whatever a test began is gone after it."""
    yield
    end_all()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say the counts of each test, and the sums of the kills under load."""
    lines, sums = [], Counter[str]()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        counts = dict(report.user_properties)
        if report.when == "call" and counts and "tests/faults/" in report.nodeid:
            name = report.nodeid.partition("::")[2]
            lines.append(f"{name} ({report.duration:.0f} s): {_said(counts)}")
            sums.update({what: int(n) for what, n in counts.items()} if "kills" in counts else {})
    if lines:
        terminalreporter.section("counts of the fault harness", sep="-")
        for line in (*lines, f"All kills under load: {_said(sums)}"):
            terminalreporter.line(line)


def _said(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
