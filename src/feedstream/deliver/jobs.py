"""What there is to do for one request, subscription or hub, and what is noted of it.

A job talks to the other side and gives back an outcome: a change of the store, applied later
together with others. One that is killed in between is done again: at least once, never lost.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable

import apsw

from feedstream.clock import Clock
from feedstream.config import Settings
from feedstream.deliver import outcomes
from feedstream.deliver.callbacks import Callbacks, Message, Reply
from feedstream.deliver.limits import Limits
from feedstream.deliver.outcomes import Outcome
from feedstream.deliver.store import PushStore, end, subscribe
from feedstream.deliver.tables import HubState, Pending, Subscription
from feedstream.deliver.topics import Content, Topics, topic_of
from feedstream.errors import Integrity

logger = logging.getLogger("feedstream.deliver")
GONE = "This feed was removed from the site."
MAX_TOPICS = 100  # of one ping: a form of some kilobytes
_LATER = 0.2  # seconds until a feed that is being written is looked at again
_MUCH_LATER = 30.0


class Jobs:
    """Each method is the work of one job.

    `media_type` gives the Content-Type that a file is served with.
    """

    def __init__(
        self,
        *,
        store: PushStore,
        topics: Topics,
        settings: Callable[[], Settings],
        callbacks: Callbacks,
        clock: Clock,
        limits: Limits,
        media_type: Callable[[str], str],
    ) -> None:
        self._store = store
        self._topics = topics
        self._settings = settings
        self._callbacks = callbacks
        self._clock = clock
        self._limits = limits
        self._media_type = media_type

    @property
    def hub(self) -> str:
        """The address of the embedded hub."""
        return f"{self._settings().site.base_url}/hub"

    def _now(self) -> float:
        return self._clock().timestamp()

    # ── verification of intent (§5.3) ────────────────────────────────────────────────────────
    async def verify(self, request: Pending) -> Outcome:
        """Ask the callback whether it meant it."""
        at = self._now()
        held = await asyncio.to_thread(self._topics.digest_of, request.file)
        if not held and request.mode == "subscribe":
            await self._callbacks.deny(request.callback, request.topic, GONE)
            return outcomes.refuse(request)
        asked = {"hub.mode": request.mode, "hub.topic": request.topic}
        if request.mode == "subscribe":
            asked["hub.lease_seconds"] = str(request.lease)
        reply = await self._callbacks.confirm(request.callback, asked, secrets.token_urlsafe(32))
        if reply.ok and reply.echoed:
            logger.info("%s confirmed: %s %s.", request.host, request.mode, request.topic)
            return self._confirmed(request, at, held)
        attempts = 1 if reply.status else self._limits.confirm_attempts
        logger.info("%s of %s is not confirmed. %s", request.mode, request.host, reply.sentence)
        return outcomes.unconfirmed(request, self._now(), attempts, self._limits)

    def _confirmed(self, request: Pending, at: float, held: str) -> Outcome:
        def outcome(db: apsw.Connection) -> None:
            if request.mode == "unsubscribe":
                end(db, request.callback, request.file)
            else:
                # What changed while the subscriber was asked must not be missed.
                behind = self._topics.digest_of(request.file) != held
                subscribe(db, request, at, behind=behind)
            outcomes.refuse(request)(db)

        return outcome

    # ── content distribution (§7) ────────────────────────────────────────────────────────────
    async def deliver(self, to: Subscription) -> Outcome:
        """Send what the topic holds now, or tell the subscriber that it is gone."""
        try:
            head = await self._topics.head()
        except Integrity:  # the follower says so; until it is mended, nothing is news
            return outcomes.postponed(to, self._now() + _MUCH_LATER)
        content = await asyncio.to_thread(self._topics.content, to.file, head)
        if content is None:
            return outcomes.postponed(to, self._now() + _LATER)
        if content.body is None:
            reply = await self._callbacks.deny(to.callback, to.topic, GONE)
            return outcomes.denied(to, reply, self._now(), self._limits)
        if content.digest == to.digest:
            return outcomes.unneeded(to)
        reply = await self._callbacks.distribute(
            self._message(to, content.body),
            holds=lambda: self._topics.still_holds(to.file, content),
        )
        if reply.superseded:
            return outcomes.postponed(to, self._now() + _LATER)
        self._tell(to, content, reply)
        return outcomes.delivered(to, content.digest, reply, self._now(), self._limits)

    def _message(self, to: Subscription, body: bytes) -> Message:
        topic = topic_of(to.file, self._settings().site.base_url)
        return Message(
            callback=to.callback,
            body=body,
            media_type=self._media_type(to.file),
            links=(("hub", self.hub), ("self", topic)),
            secret=to.secret,
        )

    def _tell(self, to: Subscription, content: Content, reply: Reply) -> None:
        if reply.ok:
            logger.info("%s was delivered to %s (no. %s).", to.file, to.host, to.id)
        else:
            logger.warning(
                "%s was not delivered to %s (no. %s, %s). %s",
                to.file,
                to.host,
                to.id,
                content.digest[:8],
                reply.sentence,
            )

    # ── hubs elsewhere ───────────────────────────────────────────────────────────────────────
    async def ping(self, state: HubState) -> Outcome:
        """Tell a hub of all topics that changed, a hundred at a time."""
        told = await asyncio.to_thread(self._store.pings_of, state.hub, MAX_TOPICS)
        base = self._settings().site.base_url
        reply = await self._callbacks.ping(state.hub, [topic_of(file, base) for file, _ in told])
        if not reply.ok:
            logger.warning("The hub %s could not be told. %s", state.hub, reply.sentence)
        return outcomes.pinged(state, told, reply, self._now(), self._limits)
