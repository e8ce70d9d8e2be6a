"""A stale read model made anew: after an erasure, its tables may still hold what was erased.

To put the new one in place is not the end: names and bytes in what is published must follow it.
That it is still to be done stands in the publish ledger from before the one until after the other:
whoever comes after a kill does it.
"""

import asyncio
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import apsw

from feedstream.config import Home
from feedstream.errors import Conflict
from feedstream.eventlog.base import EventLog
from feedstream.projections.ledger import WITHHELD, Ledger
from feedstream.projections.rebuild import shadow_beside, swap
from feedstream.projections.views import Views
from feedstream.publish import (
    Published,
    Publisher,
    feed_of_file,
    is_list,
    locked,
    page_of_file,
    stale_files,
)
from feedstream.threads import in_thread

PATIENCE = 300  # looks, a fifth of a second apart, at a renewal of another process


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What a renewal needs."""

    home: Home
    log: EventLog
    views: Views
    ledger: Ledger
    publisher: Publisher

    async def if_stale(self) -> bool:
        """Rebuild the read model where it is stale, put it in place, publish what then differs.

        Where another process is at it, that one is waited for; what one that was killed left is
        finished. Returns whether anything was done.
        """
        if not self.views.stale:
            return await self._finish()
        try:
            await self._renew()
        except Conflict:
            await self._wait()
            await self._finish()
        return True

    async def _renew(self) -> None:
        with shadow_beside(self.home.views) as shadow:
            await shadow.build(self.log)
            lock = locked(self.home.lock)
            await asyncio.to_thread(lock.__enter__)
            try:
                self.ledger.begin_renewal()
                await swap(self.log, shadow, self.home.views)
            finally:
                lock.__exit__(None, None, None)
        await in_thread(self._publish)

    async def _finish(self) -> bool:
        if not self.ledger.renewal:
            return False
        await in_thread(self._publish)
        return True

    def _publish(self) -> Published:
        return publish_renewed(self.home, self.views, self.ledger, self.publisher)

    async def _wait(self) -> None:
        for _ in range(PATIENCE):
            if not self.views.stale:
                return
            await asyncio.sleep(0.2)


def publish_renewed(home: Home, views: Views, ledger: Ledger, publisher: Publisher) -> Published:
    """Publish what differs since the read model was put in place of another; the end of a renewal.

    Also removes what nothing in it speaks of; then no old page is left, of files and tables. May be
    done again after a kill. Raises `Unavailable`; whoever comes next then tries again.
    """
    with locked(home.lock):  # nobody is between his mark and his new read model
        number = ledger.renewal
    erased = [file for file in ledger.files() if _is_erased(views, file)]
    # Not only by their last row: that is written before the file goes.
    left = {feed_of_file(file) for file in (*erased, *stale_files(publisher.outputs, ledger))}
    published = publisher.run(also=left, forget=True)
    _forget(home, ledger, (one for one in erased if feed_of_file(one) not in published.failed))
    if not published.failed:
        ledger.end_renewal(number)
    return published


def _forget(home: Home, ledger: Ledger, erased: Iterable[str]) -> None:
    ledger.withhold(erased)
    with closing(apsw.Connection(str(home.views))) as db:
        db.set_busy_timeout(2000)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _is_erased(views: Views, file: str) -> bool:
    """Whether a file was named after what was erased: nothing else knows of such a feed."""
    known = is_list(file) or file.startswith(WITHHELD) or page_of_file(file) is not None
    return not known and not views.ever_had_feed(feed_of_file(file))
