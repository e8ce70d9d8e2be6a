"""What push remembers over restarts: requests, subscriptions, and how far each was served.

The outbox is no queue of messages. It is a cursor into the publish ledger, and a count of versions
at each subscription: whoever is behind gets what the topic holds at that time. So a newer version
takes the place of an older one by itself, and nothing that was taken back can be sent later.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import orjson

from feedstream.deliver import tables
from feedstream.deliver.limits import Limits
from feedstream.deliver.request import SubscriptionRequest
from feedstream.deliver.tables import HubState, Pending, Subscription
from feedstream.errors import Unavailable

CURSOR, WITHHELD = "published", "withheld"
_ASK = """
INSERT INTO requests (mode, callback, host, topic, file, lease, secret, asked_at, next_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SUBSCRIBE = """
INSERT INTO subscriptions (callback, host, topic, file, secret, since, until, wanted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (callback, file) DO UPDATE SET topic = excluded.topic, secret = excluded.secret,
  until = excluded.until
"""
_BEHIND = "UPDATE subscriptions SET wanted = wanted + 1 WHERE file = ? AND wanted = delivered"


class Full(Exception):
    """No more of something is taken in; its argument says of what."""


class PushStore:
    """The rows. Any thread and process may use it."""

    def __init__(self, path: Path) -> None:
        """Open or create the store. Raises `Unavailable`."""
        self._db = tables.open_database(path)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        try:
            yield self._db.connection
        except apsw.Error as error:
            raise Unavailable(f"The push store {self._db.path} can't be read: {error}.") from error

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        """A transaction that leaves no bytes of what it deletes in the file."""
        with self._reading() as db:
            db.execute("PRAGMA secure_delete = ON").fetchall()
        with self._db.transaction() as db:
            yield db

    def _rows(self, question: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._reading() as db:
            return db.execute(question, values).fetchall()

    # ── requests ─────────────────────────────────────────────────────────────────────────────
    def ask(self, request: SubscriptionRequest, file: str, at: float, limits: Limits) -> None:
        """Keep a request until it is verified; the same asked again takes its place.

        Raises `Full` where too many wait, or too many subscriptions are there already.
        """
        who = (request.callback, file)
        with self._writing() as db:
            db.execute("DELETE FROM requests WHERE callback = ? AND file = ?", who)
            _check_room(db, request, who, at, limits)
            db.execute(
                _ASK,
                (
                    request.mode,
                    request.callback,
                    request.host,
                    request.topic,
                    file,
                    request.lease,
                    request.secret,
                    at,
                    at,
                ),
            )

    def due_requests(
        self, at: float, *, but: Collection[int], hosts: Collection[str], limit: int
    ) -> list[Pending]:
        """The requests to verify now, without those of `hosts` and those named in `but`."""
        return [
            tables.pending(row)
            for row in self._rows(
                f"SELECT {tables.PENDING} FROM requests WHERE next_at <= ?"  # noqa: S608  # ours
                " AND id NOT IN (SELECT value FROM json_each(?))"
                " AND host NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at, id LIMIT ?",
                (at, _json(but), _json(hosts), limit),
            )
        ]

    # ── subscriptions ────────────────────────────────────────────────────────────────────────
    def due(
        self,
        at: float,
        *,
        failing: bool,
        but: Collection[int],
        hosts: Collection[str],
        limit: int,
    ) -> list[Subscription]:
        """The subscriptions to serve now, likewise; none whose lease has ended.

        `failing` asks for those whose last delivery failed, or for the others.
        """
        return [
            tables.subscription(row)
            for row in self._rows(
                f"SELECT {tables.SUBSCRIPTION} FROM subscriptions"  # noqa: S608  # columns are ours
                " WHERE delivered < wanted AND next_at <= ? AND until > ? AND (failures > 0) = ?"
                " AND id NOT IN (SELECT value FROM json_each(?))"
                " AND host NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at, id LIMIT ?",
                (at, at, failing, _json(but), _json(hosts), limit),
            )
        ]

    def subscriptions(self) -> list[Subscription]:
        """All of them, in the order they came."""
        rows = self._rows(f"SELECT {tables.SUBSCRIPTION} FROM subscriptions ORDER BY id")  # noqa: S608
        return [tables.subscription(row) for row in rows]

    def waiting(self) -> list[Pending]:
        """All requests that wait for their verification."""
        rows = self._rows(f"SELECT {tables.PENDING} FROM requests ORDER BY id")  # noqa: S608
        return [tables.pending(row) for row in rows]

    def subscribed(self, callback: str, topic: str) -> str:
        """The file that a callback is subscribed to under this very topic; empty for none."""
        question = "SELECT file FROM subscriptions WHERE callback = ? AND topic = ?"
        rows = self._rows(question, (callback, topic))
        return str(rows[0][0]) if rows else ""

    # ── hubs elsewhere ───────────────────────────────────────────────────────────────────────
    def hubs(self) -> list[HubState]:
        """The hubs that were ever told of something, or are to be."""
        return [
            tables.hub_state(row)
            for row in self._rows(f"SELECT {tables.HUB} FROM hubs ORDER BY hub")  # noqa: S608
        ]

    def pings_of(self, hub: str, limit: int) -> list[tuple[str, int]]:
        """The files that a hub is to be told of, and the count of versions of each."""
        question = "SELECT file, wanted FROM pings WHERE hub = ? ORDER BY file LIMIT ?"
        return [(str(file), int(count)) for file, count in self._rows(question, (hub, limit))]

    # ── the outbox ───────────────────────────────────────────────────────────────────────────
    def cursor(self) -> int | None:
        """The row of the publish ledger that was taken account of last; None at the beginning."""
        rows = self._rows("SELECT number FROM cursor WHERE name = ?", (CURSOR,))
        return int(rows[0][0]) if rows else None

    def mark(self, files: Iterable[str], hubs: Iterable[str], *, cursor: int) -> None:
        """Have the subscribers and the `hubs` be told of these files, and move the cursor."""
        hubs, names = tuple(hubs), [(file,) for file in files]
        with self._writing() as db:
            _mark(db, names, hubs)
            db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (CURSOR, cursor))

    def mark_again(self, files: Iterable[str], hubs: Iterable[str]) -> None:
        """Have them be told of these files at once, whether or not they have been told already."""
        hubs, names = tuple(hubs), [(file,) for file in files]
        with self._writing() as db:
            db.executemany(
                "UPDATE subscriptions SET digest = '', next_at = 0 WHERE file = ?", names
            )
            _mark(db, names, hubs)
            db.executemany("UPDATE hubs SET next_at = 0 WHERE hub = ?", [(hub,) for hub in hubs])

    # ── topics that are no more ──────────────────────────────────────────────────────────────
    def files(self) -> list[str]:
        """The files that anything here is about."""
        rows = self._rows(
            "SELECT file FROM subscriptions UNION SELECT file FROM requests"
            " UNION SELECT file FROM pings ORDER BY file"
        )
        return [str(row[0]) for row in rows]

    def end_topics(self, files: Sequence[str], forgotten: Sequence[str], *, tells: bool) -> None:
        """Have the subscribers of `files` be told that these are gone.

        Nobody is pinged of those that are `forgotten`, and where this hub `tells` nobody anything,
        their subscriptions end without a word.
        """
        if not files:
            return
        names = [(file,) for file in forgotten]
        with self._writing() as db:
            db.executemany(_BEHIND, [(file,) for file in files])
            db.executemany("DELETE FROM pings WHERE file = ?", names)
            if not tells:
                db.executemany("DELETE FROM subscriptions WHERE file = ?", names)

    def withheld(self) -> int:
        """The number that was given to the last `scrub`."""
        rows = self._rows("SELECT number FROM cursor WHERE name = ?", (WITHHELD,))
        return int(rows[0][0]) if rows else 0

    def scrub(self, withheld: int) -> None:
        """Leave no byte of deleted rows in the file and in its journal, then note the number.

        Raises `Unavailable` where the file can't be written.
        """
        with self._reading() as db:
            db.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (WITHHELD, withheld))

    def check(self) -> None:
        """Look whether the whole file can be read. Raises `Unavailable`."""
        found = [str(row[0]) for row in self._rows("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise Unavailable(f"The push store {self._db.path} is damaged: {found[0]}.")

    def soonest(self) -> float | None:
        """When the next job is due, where one is to come."""
        question = (
            "SELECT min(next_at) FROM (SELECT min(next_at) AS next_at FROM requests"
            " UNION ALL SELECT min(next_at) FROM subscriptions WHERE delivered < wanted"
            " UNION ALL SELECT min(next_at) FROM hubs"
            " WHERE EXISTS (SELECT 1 FROM pings WHERE pings.hub = hubs.hub))"
        )
        found = self._rows(question)[0][0]
        return None if found is None else float(found)

    def settle(self, outcomes: Iterable[Callable[[apsw.Connection], None]]) -> None:
        """Note what came of several jobs, in one transaction."""
        outcomes = tuple(outcomes)
        if not outcomes:
            return
        with self._writing() as db:
            for outcome in outcomes:
                outcome(db)

    def sweep(self, at: float) -> int:
        """Remove subscriptions whose lease has ended; how many."""
        question = "SELECT count(*) FROM subscriptions WHERE until <= ?"
        if not (count := int(self._rows(question, (at,))[0][0])):
            return 0
        with self._writing() as db:
            db.execute("DELETE FROM subscriptions WHERE until <= ?", (at,))
        return count


def subscribe(db: apsw.Connection, request: Pending, at: float, *, behind: bool) -> None:
    """Make a verified request a subscription, or renew it; its lease runs from `at` (§5.3).

    One that is new and `behind` gets what the topic holds; a renewed one goes on where it was.
    """
    db.execute(
        _SUBSCRIBE,
        (
            request.callback,
            request.host,
            request.topic,
            request.file,
            request.secret,
            at,
            at + request.lease,
            int(behind),
        ),
    )


def end(db: apsw.Connection, callback: str, file: str) -> None:
    """Remove a subscription."""
    db.execute("DELETE FROM subscriptions WHERE callback = ? AND file = ?", (callback, file))


def _check_room(
    db: apsw.Connection, request: SubscriptionRequest, who: tuple[str, str], at: float, most: Limits
) -> None:
    def count(table: str, *host: str) -> int:
        where = "WHERE host = ?" if host else ""
        return int(db.execute(f"SELECT count(*) FROM {table} {where}", host).get)  # noqa: S608

    if count("requests") >= most.max_pending:
        raise Full("requests wait")
    if count("requests", request.host) >= most.max_pending_of_host:
        raise Full(f"requests of {request.host} wait")
    known = "SELECT 1 FROM subscriptions WHERE callback = ? AND file = ? AND until > ?"
    if request.mode == "unsubscribe" or db.execute(known, (*who, at)).fetchone():
        return
    if count("subscriptions") >= most.max_subscriptions:
        raise Full("subscriptions are there")
    if count("subscriptions", request.host) >= most.max_subscriptions_of_host:
        raise Full(f"subscriptions of {request.host} are there")


def _mark(db: apsw.Connection, files: list[tuple[str]], hubs: Collection[str]) -> None:
    # A newer version starts anew with patience, but not with attempts: a callback that does not
    # answer is not asked more often because a feed is busy.
    db.executemany(
        "UPDATE subscriptions SET wanted = wanted + 1, failing_since = NULL WHERE file = ?", files
    )
    for hub in hubs:
        db.execute("INSERT OR IGNORE INTO hubs (hub) VALUES (?)", (hub,))
        db.execute("UPDATE hubs SET failing_since = NULL WHERE hub = ?", (hub,))
        db.executemany(
            "INSERT INTO pings VALUES (?, ?, 1)"
            " ON CONFLICT (hub, file) DO UPDATE SET wanted = wanted + 1",
            [(hub, *file) for file in files],
        )


def _json(values: Collection[object]) -> str:
    return orjson.dumps(list(values)).decode()
