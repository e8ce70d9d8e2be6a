"""The composition root: the one place where the parts of a newsroom are put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from feedstream.clock import Clock, NewId, new_id, utc_now
from feedstream.config import CurrentSettings, Home, Settings, load_settings
from feedstream.deliver import Limits, Push, Topics
from feedstream.errors import FeedstreamError, Integrity, NotFound, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.eventlog.damage import Damaged, Foreign
from feedstream.eventlog.sqlite.log import SqliteLog
from feedstream.eventlog.unreadable import UnreadableLog
from feedstream.ingest import Ingest
from feedstream.newsroom import Newsroom
from feedstream.projections.ledger import Ledger
from feedstream.projections.runner import catch_up
from feedstream.projections.views import Views
from feedstream.proof.keys import keys_of
from feedstream.proof.publisher import CheckpointPublisher, check_grown, checkpoints_of
from feedstream.publish import Published, Publisher, publisher_of
from feedstream.renewal import Renewal
from feedstream.wire.operations import OperationsStore


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A newsroom at work: everything that a command or a server needs."""

    home: Home
    settings: Settings
    log: EventLog
    views: Views
    newsroom: Newsroom
    ingest: Ingest
    operations: OperationsStore
    ledger: Ledger
    publisher: Publisher
    checkpoints: CheckpointPublisher
    renewal: Renewal
    push: Push

    async def catch_up(self) -> int:
        """Bring the read model up to the log; how many events that took."""
        applied = await catch_up(self.log, self.views)
        await self.renewal.if_stale()
        return applied

    async def settle(self) -> Published:
        """Bring the read model and the published files up to the log, and sign its head."""
        await self.catch_up()
        published = await asyncio.to_thread(self.publisher.run)
        try:
            await self.checkpoints.publish()
        except FeedstreamError as error:  # what was recorded and published stands
            trouble = published.trouble or f"The record's end is not signed: {error.sentence}"
            return replace(published, trouble=trouble)
        return published


@asynccontextmanager
async def open_app(
    root: Path,
    *,
    settings: Settings | None = None,
    clock: Clock = utc_now,
    ids: NewId = new_id,
    serving: bool = False,
    push: Limits | None = None,
) -> AsyncIterator[App]:
    """Open the newsroom at `root`. Raises `NotFound` where none was set up, `Invalid`, …

    For `serving`, a log that is too damaged to be opened is told by whatever asks it, so that what
    is published can still be served. `push` bounds what WebSub may cost.
    """
    home = Home(root)
    if not home.exists:
        raise NotFound(
            f"There is no newsroom at {root}: set one up with “feedstream --home {root} init”."
        )
    current = _current(home, settings)
    settings = current()
    _make_folders(home)
    async with await _log(home, clock, serving=serving) as log:
        newsroom = Newsroom(log, authority=settings.site.authority, clock=clock, ids=ids)
        with (
            closing(Views(home.views)) as views,
            closing(OperationsStore(home.operations)) as operations,
            closing(Ledger(home.ledger)) as ledger,
            closing(
                Push(
                    folder=home.events,
                    topics=Topics(folder=home.feeds, ledger=ledger, views=views, log=log),
                    settings=current,
                    clock=clock,
                    limits=push or Limits(),
                )
            ) as pushing,
        ):
            publisher = publisher_of(home, views, current, ledger)
            yield App(
                home=home,
                settings=settings,
                log=log,
                views=views,
                newsroom=newsroom,
                ingest=Ingest(newsroom, views, settings),
                operations=operations,
                ledger=ledger,
                publisher=publisher,
                checkpoints=checkpoints_of(home, log, clock),
                renewal=Renewal(
                    home=home, log=log, views=views, ledger=ledger, publisher=publisher
                ),
                push=pushing,
            )


def _current(home: Home, given: Settings | None) -> Callable[[], Settings]:
    return CurrentSettings(home, load_settings(home)) if given is None else lambda: given


async def _log(home: Home, clock: Clock, *, serving: bool) -> EventLog:
    try:
        log = await _whole_log(home, clock)
    except Integrity as error:
        if not serving:
            raise
        return UnreadableLog(error.sentence)
    await _compare(log, home)
    return log


async def _whole_log(home: Home, clock: Clock) -> SqliteLog:
    was_there = home.log.exists()
    try:
        return await SqliteLog.open(home.log, create=True, clock=clock)
    except Foreign as error:
        if not was_there:
            raise
        raise Integrity(
            f"{home.log} is damaged, or no event log: restore it from a backup."
        ) from error


async def _compare(log: SqliteLog, home: Home) -> None:
    """A log that is not what was signed takes no writes: they would only lead further away."""
    try:
        signed = keys_of(home).last_signed()
    except FeedstreamError:
        return  # “doctor” says so, and the signer
    if signed is None:
        return
    try:
        await check_grown(log, await log.tree(), signed)
    except Damaged as damage:
        await log.declare(damage)


def _make_folders(home: Home) -> None:
    try:
        home.events.mkdir(parents=True, exist_ok=True)
        home.feeds.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The newsroom {home.root} can't be written: {error.strerror}."
        ) from error
