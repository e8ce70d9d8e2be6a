"""Reading by pages, and subscriptions: what every store derives from one query."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeVar

from feedstream.domain.events import Recorded
from feedstream.errors import Unavailable
from feedstream.eventlog.base import CaughtUp, Head
from feedstream.eventlog.merkle import (
    Frontier,
    Subtree,
    Tree,
    consistency_path,
    inclusion_path,
    root_of,
)
from feedstream.eventlog.placing import check_reachable
from feedstream.eventlog.proving import check_growth, check_leaf, check_size
from feedstream.eventlog.stored import Stored

POLL_SECONDS: Final = 0.2
PAGE: Final = 1000
_MICROSECOND: Final = timedelta(microseconds=1)
PAGE_BYTES: Final = 8 * 1024 * 1024
"""A page ends early once its data reaches this size."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """Which events: after a position, up to another, and those that pass every filter given."""

    after: int = 0
    upto: int | None = None
    size: int = PAGE
    types: frozenset[str] | None = None
    stream: str | None = None
    streams: frozenset[str] | None = None
    prefix: str = ""
    actor: str | None = None

    def admits(self, stored: Stored) -> bool:
        """Whether `stored` is one of them, wherever it stands."""
        return (
            (self.types is None or stored.type in self.types)
            and (self.stream is None or stored.stream == self.stream)
            and (self.streams is None or stored.stream in self.streams)
            and stored.stream.startswith(self.prefix)
            and (self.actor is None or stored.actor == self.actor)
        )


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


class Closes(ABC):
    """A log that `async with` closes."""

    @abstractmethod
    async def aclose(self) -> None:
        """Finish what was accepted and let go of the store."""

    async def __aenter__(self) -> Self:
        """The log itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the log."""
        await self.aclose()


class PagedReads(Closes):
    """The reading half of an `EventLog`, over `_recorded` and `_stored`."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._closed = False

    @abstractmethod
    async def _recorded(self, query: Query) -> list[Recorded]: ...

    @abstractmethod
    async def _stored(self, query: Query) -> list[Stored]: ...

    @abstractmethod
    async def _prove(self, question: Callable[[Subtree, Frontier], T]) -> T: ...

    @abstractmethod
    async def position_at(self, instant: datetime) -> int:
        """The last position recorded at or before an aware `instant`."""

    @abstractmethod
    async def head(self) -> Head:
        """Where the log ends now."""

    async def read_all(
        self,
        after: int = 0,
        *,
        upto: int | None = None,
        types: Collection[str] | None = None,
        streams: Collection[str] | None = None,
        prefix: str = "",
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Recorded]:
        """The events after `after`, in order, as far as the log went when reading began."""
        left = limit
        query = Query(
            after,
            upto,
            types=None if types is None else frozenset(types),
            streams=None if streams is None else frozenset(streams),
            prefix=prefix,
            actor=actor,
        )
        query = await self._within(query, since, until)
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

    async def tree(self, size: int | None = None) -> Tree:
        """The Merkle tree over the first `size` events; over all by default."""

        def of(subtree: Subtree, head: Frontier) -> Tree:
            if size is None or size == head.size:
                return head.tree()
            return Tree(size, root_of(check_size(size, head.size), subtree))

        return await self._prove(of)

    async def prove_inclusion(self, position: int, size: int) -> tuple[bytes, ...]:
        """The path from the leaf at `position` to the root of `tree(size)`."""

        def path(subtree: Subtree, head: Frontier) -> tuple[bytes, ...]:
            check_size(size, head.size)
            return inclusion_path(check_leaf(position, size), size, subtree)

        return await self._prove(path)

    async def prove_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that `tree(new)` begins with all leaves of `tree(old)`."""

        def path(subtree: Subtree, head: Frontier) -> tuple[bytes, ...]:
            check_growth(check_size(old, head.size), check_size(new, head.size))
            return consistency_path(old, new, subtree)

        return await self._prove(path)

    async def _pages(self, query: Query) -> AsyncIterator[list[Recorded]]:
        query = await self._bounded(query)
        while page := await self._recorded(query):
            yield page
            query = replace(query, after=page[-1].position)

    async def _within(self, query: Query, since: datetime | None, until: datetime | None) -> Query:
        """Recorded times never fall: a range of them is one of positions."""
        if since is not None:
            first = await self.position_at(since - _MICROSECOND)
            query = replace(query, after=max(query.after, first))
        if until is not None:
            last = await self.position_at(until)
            query = replace(query, upto=last if query.upto is None else min(query.upto, last))
        return query

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
