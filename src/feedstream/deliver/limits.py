"""What push may cost: every bound in one place, with the reason beside it."""

from dataclasses import dataclass

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the hub. Times are in seconds, sizes in bytes.

    `allow_private` lets callbacks be on this machine or network, which a public hub must never do.
    A request whose bound is reached is answered 429 or 503 with `Retry-After`.
    """

    allow_private: bool = False

    # What is asked of us.
    max_request: int = 8_192
    max_url: int = 2_000
    requests_a_minute: int = 120  # of one client
    requests_a_minute_in_all: int = 1_200  # each costs a write to the disk
    max_pending: int = 2_000
    max_pending_of_host: int = 500
    max_subscriptions: int = 20_000
    max_subscriptions_of_host: int = 2_000

    # Leases (§5.1): ten days is what the Recommendation calls a good default.
    least_lease: int = 60
    default_lease: int = 10 * DAY
    greatest_lease: int = 30 * DAY

    # What we ask of others. Somebody else's callback may stand in a request, so that each host
    # is asked to confirm only so often, whoever the requests came from.
    confirmations_a_minute_of_host: int = 60
    confirm_attempts: int = 3  # where nothing answered; an answer that is no yes is final
    at_once: int = 32
    at_once_of_host: int = 4
    connect_timeout: float = 5.0
    timeout: float = 15.0
    max_redirects: int = 3  # of a hub that is pinged; callbacks are never followed elsewhere (§7)

    # Retries: 5 s, 20 s, 80 s … up to an hour, for a day (see `backoff`).
    first_pause: float = 5.0
    pause_factor: float = 4.0
    longest_pause: float = 3_600.0
    give_up_after: float = float(DAY)

    # How often to look whether another process has published something.
    poll: float = 1.0
