"""The embedded hub's side of a subscription request: admit, keep, answer 202 (WebSub §5.1.2).

The answer never depends on the subscriber's own: its intent is verified afterwards.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from feedstream.clock import Clock
from feedstream.deliver.admission import Rate
from feedstream.deliver.limits import Limits
from feedstream.deliver.request import SubscriptionRequest, parse_request
from feedstream.deliver.store import Full, PushStore
from feedstream.deliver.topics import Topics
from feedstream.errors import Invalid, NotFound

logger = logging.getLogger("feedstream.deliver")
ACCEPTED = "The request is accepted: its callback will be asked to confirm it."
_ALL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status, a sentence for the client's developer, and seconds for `Retry-After`."""

    status: int
    sentence: str
    retry_after: int = 0


class Hub:
    """Takes subscription requests. `base_url` is asked at each: topics are the site's feeds."""

    def __init__(
        self,
        *,
        store: PushStore,
        topics: Topics,
        base_url: Callable[[], str],
        clock: Clock,
        limits: Limits,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._topics = topics
        self._base_url = base_url
        self._clock = clock
        self._limits = limits
        self._wake = wake
        self._by_client = Rate(limits.requests_a_minute)
        self._in_all = Rate(limits.requests_a_minute_in_all)

    def busy(self, client: str) -> Answer | None:
        """429 for a client, or a time, of too many requests; ask before its body is read."""
        at = self._clock().timestamp()
        wait = max(self._by_client.wait(client, at), self._in_all.wait(_ALL, at))
        if wait:
            return _later(429, "Too many requests: try again in a minute.", wait)
        self._by_client.count(client, at)
        self._in_all.count(_ALL, at)
        return None

    def ask(self, body: bytes) -> Answer:
        """Keep the request in a form's bytes. Blocks for a write to the disk.

        Raises `Unavailable` where the store can't be written.
        """
        try:
            request = parse_request(body, self._limits)
            self._store.ask(request, self._file(request), self._clock().timestamp(), self._limits)
        except Invalid as error:
            return Answer(status=400, sentence=error.sentence)
        except NotFound as error:
            return Answer(status=404, sentence=error.sentence)
        except Full as full:
            logger.warning("A %s of %s is put off: too many %s.", request.mode, request.host, full)
            return _later(503, f"Too many {full} at the moment: try again later.", 300)
        self._wake()
        return Answer(status=202, sentence=ACCEPTED)

    def _file(self, request: SubscriptionRequest) -> str:
        """The topic's file. Who wants to leave may name it by the address that it once had."""
        if request.mode == "unsubscribe" and (
            known := self._store.subscribed(request.callback, request.topic)
        ):
            return known
        return self._topics.check(request.topic, self._base_url())


def _later(status: int, sentence: str, wait: float) -> Answer:
    return Answer(status=status, sentence=sentence, retry_after=max(1, math.ceil(wait)))
