"""Everything that can happen, as plain frozen values, and the envelope the log keeps them in.

Each class has a permanent `TYPE` and a `SCHEMA` integer: the log stores those, never class names.
HTML in an event has been sanitised before it came here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, get_args

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.media import Media
from feedstream.domain.when import When
from feedstream.domain.wire import Candidate, Source, WireItem, WireRef, WireStatus


# ── a story ───────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPublished:
    """A story exists from here on. `entry_id` is its permanent feed id, minted now for good."""

    TYPE: ClassVar = "story.published"
    SCHEMA: ClassVar = 2
    entry_id: str
    slug: str
    headline: str
    body: str
    summary: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    embargo_until: datetime | None = None
    media: tuple[Media, ...] = ()
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEdited:
    """The report itself changed; `None` leaves a field as it is. `minor`: a typo, no news."""

    TYPE: ClassVar = "story.edited"
    SCHEMA: ClassVar = 2
    headline: str | None = None
    body: str | None = None
    summary: str | None = None
    language: str | None = None
    section: str | None = None
    authors: tuple[str, ...] | None = None
    media: tuple[Media, ...] | None = None
    minor: bool = False
    note: str = ""
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTagged:
    """Tags came and went."""

    TYPE: ClassVar = "story.tagged"
    SCHEMA: ClassVar = 1
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySlugChanged:
    """The story's address changed; the old one redirects."""

    TYPE: ClassVar = "story.slug-changed"
    SCHEMA: ClassVar = 1
    slug: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEmbargoed:
    """Not visible in any output until the embargo is lifted."""

    TYPE: ClassVar = "story.embargoed"
    SCHEMA: ClassVar = 1
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEmbargoLifted:
    """Visible from here on: because the instant came (`due`) or an editor said so."""

    TYPE: ClassVar = "story.embargo-lifted"
    SCHEMA: ClassVar = 1
    due: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRetracted:
    """The story stays at its address; a notice with the reason replaces its body."""

    TYPE: ClassVar = "story.retracted"
    SCHEMA: ClassVar = 1
    entry_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReinstated:
    """A retraction was itself wrong; the story is back."""

    TYPE: ClassVar = "story.reinstated"
    SCHEMA: ClassVar = 1
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryKilled:
    """Legal or safety: the story leaves every output at once."""

    TYPE: ClassVar = "story.killed"
    SCHEMA: ClassVar = 1
    reason: str
    legal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryClosed:
    """The running story has run; no more updates."""

    TYPE: ClassVar = "story.closed"
    SCHEMA: ClassVar = 1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReopened:
    """It runs again."""

    TYPE: ClassVar = "story.reopened"
    SCHEMA: ClassVar = 1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMergedInto:
    """This story is told in another one from here on; its address leads there."""

    TYPE: ClassVar = "story.merged-into"
    SCHEMA: ClassVar = 1
    target: str
    reason: str = ""


# ── its updates ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAdded:
    """A dated addition; its date is the event's effective time."""

    TYPE: ClassVar = "update.added"
    SCHEMA: ClassVar = 2
    update: str
    entry_id: str
    headline: str
    body: str
    media: tuple[Media, ...] = ()
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEdited:
    """An update changed; `None` leaves a field as it is. `dated` moves it to another day."""

    TYPE: ClassVar = "update.edited"
    SCHEMA: ClassVar = 2
    update: str
    headline: str | None = None
    body: str | None = None
    dated: When | None = None
    media: tuple[Media, ...] | None = None
    minor: bool = False
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWithdrawn:
    """An update was taken back; a line says so in its place."""

    TYPE: ClassVar = "update.withdrawn"
    SCHEMA: ClassVar = 1
    update: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePinned:
    """An update stands above the others."""

    TYPE: ClassVar = "update.pinned"
    SCHEMA: ClassVar = 1
    update: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUnpinned:
    """An update stands in its place again."""

    TYPE: ClassVar = "update.unpinned"
    SCHEMA: ClassVar = 1
    update: str


# ── corrections and credits ───────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionIssued:
    """What was wrong, what is right, and why. `update` names the part, or the report itself."""

    TYPE: ClassVar = "correction.issued"
    SCHEMA: ClassVar = 1
    correction: str
    entry_id: str
    was: str
    now: str
    why: str
    update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarificationIssued:
    """Adds what a reader may have missed, without fault."""

    TYPE: ClassVar = "clarification.issued"
    SCHEMA: ClassVar = 1
    correction: str
    entry_id: str
    text: str
    update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAdded:
    """Attribution; the closing credit line is composed from these."""

    TYPE: ClassVar = "credit.added"
    SCHEMA: ClassVar = 1
    name: str
    url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRemoved:
    """Attribution that was wrong."""

    TYPE: ClassVar = "credit.removed"
    SCHEMA: ClassVar = 1
    name: str


# ── partners and their items ──────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAdded:
    """A partner delivers from here on."""

    TYPE: ClassVar = "source.added"
    SCHEMA: ClassVar = 1
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged:
    """The partner's settings, whole, as they are from here on."""

    TYPE: ClassVar = "source.changed"
    SCHEMA: ClassVar = 1
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRemoved:
    """The partner delivers no more; its items stay."""

    TYPE: ClassVar = "source.removed"
    SCHEMA: ClassVar = 1
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReceived:
    """A partner's item, seen for the first time."""

    TYPE: ClassVar = "wire.received"
    SCHEMA: ClassVar = 1
    item: WireItem


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRevised:
    """A new version of an item; `changed` names the fields."""

    TYPE: ClassVar = "wire.revised"
    SCHEMA: ClassVar = 1
    item: WireItem
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireWithdrawn:
    """The partner took an item back."""

    TYPE: ClassVar = "wire.withdrawn"
    SCHEMA: ClassVar = 1
    status: WireStatus
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAttached:
    """An item became part of a story: as an update, or (`update` is None) as the story itself."""

    TYPE: ClassVar = "wire.attached"
    SCHEMA: ClassVar = 1
    story: str
    update: str | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireDetached:
    """An item is no longer part of a story."""

    TYPE: ClassVar = "wire.detached"
    SCHEMA: ClassVar = 1
    story: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSuggested:
    """Stories that an item may belong to, best first; none means a story of its own."""

    TYPE: ClassVar = "wire.suggested"
    SCHEMA: ClassVar = 1
    candidates: tuple[Candidate, ...]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRejected:
    """An editor does not want the item; it is not offered again."""

    TYPE: ClassVar = "wire.rejected"
    SCHEMA: ClassVar = 1
    reason: str = ""


# ── the record and the feeds ──────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class ContentErased:
    """The bytes of these positions are gone from the log; this event says that, and why.

    `former` has the digests of the addresses whose text went too (`ids.former_address`).
    """

    TYPE: ClassVar = "content.erased"
    SCHEMA: ClassVar = 2
    positions: tuple[int, ...]
    kind: Literal["legal", "request"]
    reason: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDefined:
    """A feed of the site's own."""

    TYPE: ClassVar = "feed.defined"
    SCHEMA: ClassVar = 1
    feed: FeedDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChanged:
    """The feed's definition, whole, as it is from here on."""

    TYPE: ClassVar = "feed.changed"
    SCHEMA: ClassVar = 1
    feed: FeedDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRemoved:
    """The feed is no longer published."""

    TYPE: ClassVar = "feed.removed"
    SCHEMA: ClassVar = 1
    name: str


StoryEvent = (
    StoryPublished
    | StoryEdited
    | StoryTagged
    | StorySlugChanged
    | StoryEmbargoed
    | StoryEmbargoLifted
    | StoryRetracted
    | StoryReinstated
    | StoryKilled
    | StoryClosed
    | StoryReopened
    | StoryMergedInto
    | UpdateAdded
    | UpdateEdited
    | UpdateWithdrawn
    | UpdatePinned
    | UpdateUnpinned
    | CorrectionIssued
    | ClarificationIssued
    | CreditAdded
    | CreditRemoved
)
WireEvent = (
    WireReceived
    | WireRevised
    | WireWithdrawn
    | WireAttached
    | WireDetached
    | WireSuggested
    | WireRejected
)
SourceEvent = SourceAdded | SourceChanged | SourceRemoved
FeedEvent = FeedDefined | FeedChanged | FeedRemoved
Event = StoryEvent | WireEvent | SourceEvent | FeedEvent | ContentErased

EVENT_CLASSES: tuple[type[Event], ...] = get_args(Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """An event that this version does not know: kept as it is, passed over by projections."""

    raw: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """An event whose content was erased, passed over by projections.

    `by` is the position of the `content.erased` event that says why. `kept` is what folding needs
    of the data: ids, dates and flags by their names in the stored data, never text.
    """

    by: int
    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """An event offered to the log.

    `recorded_at` and `salt` are set only when a log is restored from an export.
    """

    id: str
    stream: str
    event: Event | Unknown | Withheld
    effective_at: When
    actor: str
    correlation_id: str = ""
    causation_id: str = ""
    type: str = ""
    schema: int = 0
    recorded_at: datetime | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the log took it.

    `position` counts all events from 1 without a gap, `revision` those of the stream.
    `effective_at` is the newsroom's time, `recorded_at` the log's (UTC, never going back).
    `leaf` is the RFC 6962 leaf hash over header, `salt` and stored data.
    """

    position: int
    id: str
    stream: str
    revision: int
    type: str
    schema: int
    effective_at: When
    recorded_at: datetime
    actor: str
    correlation_id: str
    causation_id: str
    event: Event | Unknown | Withheld
    salt: bytes
    leaf: bytes
