"""A stale read model made anew: after an erasure, its tables may still hold what was erased."""

import asyncio
from contextlib import closing
from dataclasses import dataclass

import apsw

from feedstream.config import Home
from feedstream.errors import Conflict
from feedstream.eventlog.base import EventLog
from feedstream.projections.ledger import WITHHELD, Ledger
from feedstream.projections.rebuild import shadow_beside, swap
from feedstream.projections.views import Views
from feedstream.publish import Published, Publisher, feed_of_file, is_list, locked
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

        Where another process is at it, that one is waited for. Returns whether anything was done.
        """
        if not self.views.stale:
            return False
        try:
            await self._renew()
        except Conflict:
            await self._wait()
        return True

    async def _renew(self) -> None:
        with shadow_beside(self.home.views) as shadow:
            await shadow.build(self.log)
            lock = locked(self.home.lock)
            await asyncio.to_thread(lock.__enter__)
            try:
                await swap(self.log, shadow, self.home.views)
            finally:
                lock.__exit__(None, None, None)
        await in_thread(self._publish)

    def _publish(self) -> Published:
        """Also removes what nothing in the new read model speaks of; then no old page is left."""
        published = self.publisher.run_after_rebuild()
        self.ledger.withhold(file for file in self.ledger.files() if self._is_erased(file))
        with closing(apsw.Connection(str(self.home.views))) as db:
            db.set_busy_timeout(2000)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return published

    def _is_erased(self, file: str) -> bool:
        """Whether a file was named after what was erased: nothing else knows of such a feed."""
        known = is_list(file) or file.startswith(WITHHELD)
        return not known and not self.views.ever_had_feed(feed_of_file(file))

    async def _wait(self) -> None:
        for _ in range(PATIENCE):
            if not self.views.stale:
                return
            await asyncio.sleep(0.2)
