from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.deliver.site import Site, Subscriber, listening, running


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A served newsroom with one story."""
    async with running(tmp_path / "home") as one:
        await one.publish()
        await one.settled()
        yield one


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[Subscriber]:
    async with listening() as one:
        yield one
