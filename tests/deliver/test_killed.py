"""kill -9 between publication and delivery: after a restart it is delivered, once or more."""

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from pathlib import Path

import httpx
import pytest

from feedstream.bootstrap import open_app
from tests.deliver.site import Site, Subscriber, eventually, running

PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.deliver.site import running

async def main():
    async with running(Path(sys.argv[1])) as site:
        print(site.url, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await site.publish(line.strip())
            await site.settled()
            print("published", flush=True)

asyncio.run(main())
"""


async def _published(process: Process, headline: str) -> None:
    process.stdin.write(f"{headline}\n".encode())
    assert await process.stdout.readline() == b"published\n"


@pytest.mark.process
async def test_what_was_published_before_a_kill_is_delivered_after_it(
    tmp_path: Path, reader: Subscriber
) -> None:
    home = tmp_path / "home"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, str(home)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        url = (await process.stdout.readline()).decode().strip()
        await _published(process, "Lock gate jams")
        async with httpx.AsyncClient(base_url=url, timeout=10) as http:
            form = {
                "hub.callback": f"{reader.address}/cb",
                "hub.mode": "subscribe",
                "hub.topic": f"{url}/feeds/stories.atom",
            }
            assert (await http.post("/hub", data=form)).status_code == 202
            await eventually(lambda: reader.questions)
            await _published(process, "Buoy adrift")
            await eventually(lambda: reader.deliveries)
            reader.pause = 60  # what comes from here on is never acknowledged
            await _published(process, "Ferry aground")
            await eventually(lambda: len(reader.deliveries) == 2)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    reader.pause = 0
    async with open_app(home) as app:  # an editor at work while no server runs
        await Site(app, url, None).publish("Tide turns")  # type: ignore[arg-type]
        await app.settle()
    async with running(home) as site:
        await eventually(lambda: len(reader.deliveries) > 2)
        assert b"Ferry aground" in reader.deliveries[-1].body
        assert b"Tide turns" in reader.deliveries[-1].body
        await eventually(lambda: site.app.push.store.subscriptions()[0].delivered_at)
