"""What is noted of a finished job: one change of the store for each way that it can end."""

from collections.abc import Callable, Sequence

import apsw

from feedstream.deliver.backoff import is_over, pause_after
from feedstream.deliver.callbacks import Reply
from feedstream.deliver.limits import Limits
from feedstream.deliver.tables import HubState, Pending, Subscription

Outcome = Callable[[apsw.Connection], None]
GONE = 410  # ends a subscription (§7)
_DELIVERED = """
UPDATE subscriptions SET delivered = ?, delivered_at = ?, failures = 0, failing_since = NULL,
  next_at = 0, error = '', digest = ? WHERE id = ?
"""
_FAILED = """
UPDATE subscriptions SET failures = failures + 1, failing_since = coalesce(failing_since, ?),
  next_at = ?, error = ? WHERE id = ?
"""
_GIVEN_UP = """
UPDATE subscriptions SET delivered = ?, given_up = given_up + 1, failing_since = NULL WHERE id = ?
"""


def refuse(request: Pending) -> Outcome:
    """A request is done with. The same asked again meanwhile is another row, and stays."""
    return lambda db: _run(db, "DELETE FROM requests WHERE id = ?", request.id)


def unconfirmed(request: Pending, at: float, most: int, limits: Limits) -> Outcome:
    """Nobody confirmed; one that was not reached is asked again, up to `most` times in all."""
    attempts = request.attempts + 1
    if attempts >= most:
        return refuse(request)
    later = at + pause_after(attempts, limits)
    question = "UPDATE requests SET attempts = ?, next_at = ? WHERE id = ?"
    return lambda db: _run(db, question, attempts, later, request.id)


def postponed(to: Subscription, until: float) -> Outcome:
    """Nothing was sent, and nothing failed."""
    return lambda db: _run(db, "UPDATE subscriptions SET next_at = ? WHERE id = ?", until, to.id)


def denied(to: Subscription, reply: Reply, at: float, limits: Limits) -> Outcome:
    """The topic is gone: the subscription ends once that is told, or can't be told for long."""
    told = reply.status != 0 and reply.status < 500
    return _ended(to) if told or to.failures >= 3 else _failed(to, reply, at, limits)


def unneeded(to: Subscription) -> Outcome:
    """The subscriber has what the topic holds."""
    question = "UPDATE subscriptions SET delivered = ? WHERE id = ?"
    return lambda db: _run(db, question, to.wanted, to.id)


def delivered(to: Subscription, digest: str, reply: Reply, at: float, limits: Limits) -> Outcome:
    """Content of this digest was sent: taken (2xx), refused (410 is for good), or not taken."""
    if reply.ok:
        return lambda db: _run(db, _DELIVERED, to.wanted, at, digest, to.id)
    return _ended(to) if reply.status == GONE else _failed(to, reply, at, limits)


def _ended(to: Subscription) -> Outcome:
    return lambda db: _run(db, "DELETE FROM subscriptions WHERE id = ?", to.id)


def _failed(to: Subscription, reply: Reply, at: float, limits: Limits) -> Outcome:
    """A version that nobody takes for a day is given up; the subscription is not (§7)."""
    later = at + max(pause_after(to.failures + 1, limits), min(reply.wait, limits.longest_pause))
    over = to.failing_since is not None and is_over(to.failing_since, at, limits)

    def outcome(db: apsw.Connection) -> None:
        _run(db, _FAILED, at, later, reply.sentence, to.id)
        if over:
            _run(db, _GIVEN_UP, to.wanted, to.id)

    return outcome


def pinged(
    hub: HubState, told: Sequence[tuple[str, int]], reply: Reply, at: float, limits: Limits
) -> Outcome:
    """A hub was told of files at their counts, or could not be."""
    over = hub.failing_since is not None and is_over(hub.failing_since, at, limits)
    later = at + max(pause_after(hub.failures + 1, limits), min(reply.wait, limits.longest_pause))

    def outcome(db: apsw.Connection) -> None:
        if reply.ok or over:
            # One that changed again meanwhile has another count, and stays.
            done = [(hub.hub, file, count) for file, count in told]
            db.executemany("DELETE FROM pings WHERE hub = ? AND file = ? AND wanted = ?", done)
        if reply.ok:
            _run(db, _PINGED, at, hub.hub)
        else:
            _run(db, _UNREACHED, int(over), at, later, reply.sentence, hub.hub)

    return outcome


_PINGED = """
UPDATE hubs SET failures = 0, failing_since = NULL, next_at = 0, pinged_at = ?, error = ''
WHERE hub = ?
"""
_UNREACHED = """
UPDATE hubs SET failures = failures + 1, given_up = given_up + ?,
  failing_since = coalesce(failing_since, ?), next_at = ?, error = ? WHERE hub = ?
"""


def _run(db: apsw.Connection, statement: str, *values: float | str) -> None:
    db.execute(statement, values)
