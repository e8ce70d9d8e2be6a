"""One look at one source: fetch, parse, deliver, remember how it went."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from feedstream.clock import Clock
from feedstream.config import Wire
from feedstream.domain.wire import Source, WireItem
from feedstream.errors import FeedstreamError
from feedstream.ingest import Delivery, Ingest
from feedstream.wire.backoff import next_attempt
from feedstream.wire.fetch import Fetched, fetch
from feedstream.wire.formats import parse_items
from feedstream.wire.operations import OperationsStore

logger = logging.getLogger("feedstream.poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a source came to; `error` is a sentence where it failed."""

    source: str
    items: int = 0
    delivery: Delivery = field(default_factory=Delivery)
    not_modified: bool = False
    error: str = ""
    next_at: datetime | None = None


async def poll(
    source: Source,
    *,
    client: httpx.AsyncClient,
    operations: OperationsStore,
    ingest: Ingest,
    limits: Wire,
    clock: Clock,
) -> Look:
    """Look at `source` once. Never raises for what a partner does: that is in the answer."""
    try:
        fetched = await fetch(client, source, operations.state(source.name), limits)
        # A hostile document may take seconds of parsing: not on the event loop.
        items = await asyncio.to_thread(_items, fetched, source, limits)
        delivery = await ingest.deliver(source, items)
    except FeedstreamError as error:
        return _failed(source, operations, clock(), error)
    at = clock()
    health = operations.health_of(source.name)
    next_at = next_attempt(health.succeeded(), source, at, fetched.retry_after)
    operations.record_success(
        source.name,
        at,
        fetched.state,
        next_at,
        items=len(items),
        new=delivery.new + delivery.revised,
    )
    return Look(
        source=source.name,
        items=len(items),
        delivery=delivery,
        not_modified=fetched.outcome == "not-modified",
        next_at=next_at,
    )


def _items(fetched: Fetched, source: Source, limits: Wire) -> tuple[WireItem, ...]:
    if fetched.outcome == "not-modified":
        return ()
    parsed = parse_items(
        fetched.body, fetched.content_type, source, base_url=fetched.url, limits=limits
    )
    for notice in parsed.notices:
        logger.info("%s: %s", source.name, notice)
    return parsed.items


def _failed(
    source: Source, operations: OperationsStore, at: datetime, error: FeedstreamError
) -> Look:
    health = operations.health_of(source.name)
    retry_after: float | None = getattr(error, "retry_after", None)
    next_at = next_attempt(
        health.failed(),
        source,
        at,
        retry_after,
    )
    operations.record_failure(source.name, at, error.sentence, next_at)
    logger.warning("%s: %s Next attempt at %s.", source.name, error.sentence, next_at)
    return Look(source=source.name, error=error.sentence, next_at=next_at)
