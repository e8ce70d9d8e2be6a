"""The whole table of speed, as ratios in one run.

python bench/table.py [--dir FOLDER] [--out bench/RESULTS.md]
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import append
import rebuild
import verify
from common import Line, show

import replay
from feedstream.clock import utc_now

HEAD = """# Speed, as ratios in one run

Made by `make bench` on {day}: {machine}.
Events of about 2 KB where nothing else is said; every append is on the disk before it is answered.
Rates are events a second, medians of a few rounds in which ours and the peers take turns. Only the
ratios mean something on another machine, and a busy one moves those too. *Goal* is the ratio that
we want; for batches, verifying and rebuilding it is worked out from two rates that were wanted.

| work | ours | peer | its rate | ratio | goal |
|---|--:|---|--:|--:|--:|
"""


def machine() -> str:
    cores = os.cpu_count() or 1
    system = f"{platform.system()} on {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} cores of a shared machine, {system}, {python}, an ordinary disk"


def markdown(lines: Sequence[Line], day: date) -> str:
    return HEAD.format(day=day.isoformat(), machine=machine()) + "".join(map(row, lines))


def row(line: Line) -> str:
    if line.goal is None:
        goal = ""
    else:
        goal = f"{line.goal:g} {'✓' if line.ratio >= line.goal else 'not yet'}"
    return (
        f"| {line.work} | {line.ours:,.0f} | {line.peer} | {line.theirs:,.0f} "
        f"| {line.ratio:.2f} | {goal} |\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    found: list[Line] = []
    for part in (append.lines, replay.lines, verify.lines, rebuild.lines):
        with tempfile.TemporaryDirectory(dir=options.dir) as name:
            lines = part(Path(name))
        show(lines)
        found += lines
    if options.out:
        options.out.write_text(markdown(found, utc_now().date()), encoding="utf-8")


if __name__ == "__main__":
    main()
