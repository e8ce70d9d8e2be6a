"""Processes for the tests: python -m tests.proof.worker FOLDER COUNT.

Appends COUNT times and publishes a checkpoint after each, beside others that do the same.
"""

import asyncio
import sys
from pathlib import Path

from feedstream.eventlog.sqlite import SqliteLog
from tests.proof.conftest import Place


async def sign_often(root: Path, count: int) -> None:
    async with await SqliteLog.open(root / "log.db", create=True) as log:
        place = Place(root, log)
        for _ in range(count):
            await place.grow(1)
            await place.publisher.publish()
            size = place.read()[1]
            sys.stdout.write(f"{size}\n")


if __name__ == "__main__":
    asyncio.run(sign_often(Path(sys.argv[1]), int(sys.argv[2])))
