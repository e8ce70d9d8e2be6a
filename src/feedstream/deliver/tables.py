"""The tables of `events/websub.db`, and the rows that come out of them.

Instants are seconds since 1970. No id is used twice: a job may end after its row did. The file
holds subscribers' secrets: only its owner may read it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedstream.deliver.request import Mode
from feedstream.errors import Unavailable
from feedstream.projections.tables import Database

RIGHTS = 0o600
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, mode TEXT NOT NULL, callback TEXT NOT NULL,
    host TEXT NOT NULL, topic TEXT NOT NULL, file TEXT NOT NULL, lease INTEGER NOT NULL,
    secret TEXT NOT NULL, asked_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL, UNIQUE (callback, file)
) STRICT;
CREATE INDEX IF NOT EXISTS requests_due ON requests (next_at);
CREATE INDEX IF NOT EXISTS requests_host ON requests (host);
CREATE TABLE IF NOT EXISTS subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, callback TEXT NOT NULL, host TEXT NOT NULL,
    topic TEXT NOT NULL, file TEXT NOT NULL, secret TEXT NOT NULL,
    since REAL NOT NULL, until REAL NOT NULL,
    wanted INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, failing_since REAL, next_at REAL NOT NULL DEFAULT 0,
    delivered_at REAL, given_up INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '', UNIQUE (callback, file)
) STRICT;
CREATE INDEX IF NOT EXISTS subscriptions_due ON subscriptions (next_at) WHERE delivered < wanted;
CREATE INDEX IF NOT EXISTS subscriptions_file ON subscriptions (file);
CREATE INDEX IF NOT EXISTS subscriptions_host ON subscriptions (host);
CREATE INDEX IF NOT EXISTS subscriptions_until ON subscriptions (until);
CREATE TABLE IF NOT EXISTS pings (
    hub TEXT NOT NULL, file TEXT NOT NULL, wanted INTEGER NOT NULL,
    PRIMARY KEY (hub, file)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hubs (
    hub TEXT PRIMARY KEY, failures INTEGER NOT NULL DEFAULT 0, failing_since REAL,
    next_at REAL NOT NULL DEFAULT 0, pinged_at REAL, given_up INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request whose intent is to be verified."""

    id: int
    mode: Mode
    callback: str
    host: str
    topic: str
    file: str
    lease: int
    secret: str
    asked_at: float
    attempts: int
    next_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A verified subscription.

    `wanted` counts the versions of the topic that came up since, `delivered` is the count at which
    the last delivery began: one is due while they differ. `failures` is how many deliveries in a
    row failed, since `failing_since`; `given_up` counts versions that were never taken. `digest` is
    the SHA-256 (hex) of what was delivered last.
    """

    id: int
    callback: str
    host: str
    topic: str
    file: str
    secret: str
    since: float
    until: float
    wanted: int
    delivered: int
    failures: int
    failing_since: float | None
    next_at: float
    delivered_at: float | None
    given_up: int
    error: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubState:
    """A hub elsewhere: how telling it goes. `waiting` is how many topics it is to be told of."""

    hub: str
    failures: int
    failing_since: float | None
    next_at: float
    pinged_at: float | None
    given_up: int
    error: str
    waiting: int


PENDING = "id, mode, callback, host, topic, file, lease, secret, asked_at, attempts, next_at"
SUBSCRIPTION = (
    "id, callback, host, topic, file, secret, since, until, wanted, delivered, failures,"
    " failing_since, next_at, delivered_at, given_up, error, digest"
)
HUB = (
    "hub, failures, failing_since, next_at, pinged_at, given_up, error,"
    " (SELECT count(*) FROM pings WHERE pings.hub = hubs.hub)"
)


def pending(row: Iterable[Any]) -> Pending:
    """A row of `PENDING`."""
    return Pending(**dict(zip(Pending.__slots__, row, strict=True)))


def subscription(row: Iterable[Any]) -> Subscription:
    """A row of `SUBSCRIPTION`."""
    return Subscription(**dict(zip(Subscription.__slots__, row, strict=True)))


def hub_state(row: Iterable[Any]) -> HubState:
    """A row of `HUB`."""
    return HubState(**dict(zip(HubState.__slots__, row, strict=True)))


def open_database(path: Path) -> Database:
    """The push store. Raises `Unavailable`. Nobody but its owner may ever read it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, RIGHTS)
        try:
            os.fchmod(handle, RIGHTS)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unavailable(f"The push store {path} can't be opened: {error.strerror}.") from error
    return Database(path, SCHEMA, version=VERSION, what="push store", derived=False)
