"""Reading by pages, and subscriptions: what every store derives from one query."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from dataclasses import dataclass, replace
from typing import Final

from feedstream.domain.events import Recorded
from feedstream.errors import Unavailable
from feedstream.eventlog.base import CaughtUp, Head
from feedstream.eventlog.placing import check_reachable
from feedstream.eventlog.stored import Stored

POLL_SECONDS: Final = 0.2
PAGE: Final = 1000
PAGE_BYTES: Final = 8 * 1024 * 1024
"""A page ends early once its data reaches this size."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which events: after a position, up to another, of some types, of one stream."""

    after: int = 0
    upto: int | None = None
    size: int = PAGE
    types: frozenset[str] | None = None
    stream: str | None = None


class Bell:
    """Wakes those who wait for an append of this process. Only ever a hint: they poll too."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """The event that the next ring will set; take it before looking at the log."""
        return self._event

    def ring(self) -> None:
        """Wake everybody who listens."""
        event, self._event = self._event, asyncio.Event()
        event.set()


class PagedReads(ABC):
    """The reading half of an `EventLog`, over `_recorded` and `_stored`."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._closed = False

    @abstractmethod
    async def _recorded(self, query: Query) -> list[Recorded]: ...

    @abstractmethod
    async def _stored(self, query: Query) -> list[Stored]: ...

    @abstractmethod
    async def head(self) -> Head:
        """Where the log ends now."""

    async def read_all(
        self,
        after: int = 0,
        *,
        upto: int | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Recorded]:
        """The events after `after`, in order, as far as the log went when reading began."""
        left = limit
        query = Query(after, upto, types=None if types is None else frozenset(types))
        if left is not None:
            query = replace(query, size=max(0, min(PAGE, left)))
        async for page in self._pages(query):
            for event in page[:left]:
                yield event
            if left is not None and (left := left - len(page)) <= 0:
                return

    async def read_stream(
        self, stream: str, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[Recorded]:
        """The events of one stream after the position `after`, in order."""
        async for page in self._pages(Query(after, upto, stream=stream)):
            for event in page:
                yield event

    async def read_pages(
        self, after: int = 0, upto: int | None = None, size: int = PAGE
    ) -> AsyncIterator[list[Recorded]]:
        """As `read_all`, in lists of 1 to `size` events (fewer where they are large)."""
        async for page in self._pages(Query(after, upto, size)):
            yield page

    async def stored_pages(
        self, after: int = 0, upto: int | None = None, size: int = PAGE
    ) -> AsyncIterator[list[Stored]]:
        """As `read_pages`, but as stored."""
        query = await self._bounded(Query(after, upto, size))
        while page := await self._stored(query):
            yield page
            query = replace(query, after=page[-1].position)

    async def subscribe(self, after: int = 0) -> AsyncGenerator[Recorded | CaughtUp, None]:
        """History after `after`, one `CaughtUp`, then events as they are recorded, for ever."""
        check_reachable(after, (await self.head()).position)
        query, caught_up = Query(after), False
        while True:
            rung = self._bell.listen()
            while page := await self._recorded(query):
                for event in page:
                    yield event
                query = replace(query, after=page[-1].position)
            if not caught_up:
                caught_up = True
                yield CaughtUp(query.after)
            await _rest(rung)

    async def _pages(self, query: Query) -> AsyncIterator[list[Recorded]]:
        query = await self._bounded(query)
        while page := await self._recorded(query):
            yield page
            query = replace(query, after=page[-1].position)

    async def _bounded(self, query: Query) -> Query:
        """Reading ends where the log ended when it began, or it might follow writers for ever."""
        head = (await self.head()).position
        return replace(query, upto=head if query.upto is None else min(query.upto, head))

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("The event log is closed: open it again.")


async def _rest(rung: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(rung.wait(), POLL_SECONDS)
    except TimeoutError:
        return
