"""A story as it stands: frozen state, which `evolve` (evolve.py) makes from events.

Content is never visible unless `is_public` says so: ask it, not the single flags.
"""

from dataclasses import dataclass
from datetime import datetime

from feedstream.domain.media import Media
from feedstream.domain.when import When
from feedstream.domain.wire import WireRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Whom the story owes something to."""

    name: str
    url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A dated addition.

    `dated` is what people read, `at` the instant that orders it, `published` the first such
    instant (it stays when the update is dated anew), `updated` that of its last significant
    change; `position` is that of the event which added it.
    """

    id: str
    entry_id: str
    headline: str
    body: str
    dated: When
    at: datetime
    published: datetime
    updated: datetime
    position: int
    pinned: bool = False
    withdrawn: str | None = None
    media: tuple[Media, ...] = ()
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction (`was`, `now`, `why`) or, where `text` is given, a clarification."""

    id: str
    entry_id: str
    dated: When
    at: datetime
    position: int
    was: str = ""
    now: str = ""
    why: str = ""
    text: str = ""
    update: str | None = None

    @property
    def is_clarification(self) -> bool:
        """Whether it adds without fault."""
        return bool(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Why and when a story was retracted, reinstated, merged or killed.

    `legal` is what readers are told of a kill from now on, `ordered` what its own event said: an
    erasure after a legal order makes a kill legal that was none.
    """

    reason: str
    dated: When
    at: datetime
    position: int
    entry_id: str = ""
    legal: bool = False
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstatement:
    """A retraction that was taken back: both stay on record."""

    retraction: Notice
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """An event of the story whose content was erased: its type, its date, where it stands.

    `by` is the position of the `content.erased` event, `kind` (`legal` or `request`) and `erased`
    what that says: empty in the state of a position before it.
    """

    type: str
    dated: When
    position: int
    by: int
    kind: str = ""
    erased: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The state of one story after `revision` events, the last at `position` in the log.

    `published` is set when the story first becomes visible and never moves; `updated` moves
    strictly forward with every significant change; `edited` is that of the last one of the report
    itself.
    """

    id: str
    revision: int = 0
    position: int = 0
    entry_id: str = ""
    slug: str = ""
    old_slugs: tuple[str, ...] = ()
    headline: str = ""
    summary: str = ""
    body: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    exists: bool = False
    dated: When | None = None
    published: datetime | None = None
    updated: datetime | None = None
    edited: datetime | None = None
    embargo_until: datetime | None = None
    retracted: Notice | None = None
    reinstated: datetime | None = None
    reinstatements: tuple[Reinstatement, ...] = ()
    killed: Notice | None = None
    closed: bool = False
    merged_into: str = ""
    merged: Notice | None = None
    updates: tuple[Update, ...] = ()
    corrections: tuple[Correction, ...] = ()
    credits: tuple[Credit, ...] = ()
    media: tuple[Media, ...] = ()
    origin: WireRef | None = None
    withheld: tuple[Withheld, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether anything of it may appear in an output. A retracted story may: its notice."""
        hidden = self.killed or self.embargo_until or self.merged_into
        return self.exists and not hidden and self.published is not None

    @property
    def status(self) -> str:
        """One word for people: the strongest thing that holds."""
        states = (
            (not self.exists, "absent"),
            (self.killed, "killed"),
            (self.merged_into, "merged"),
            (self.embargo_until, "embargoed"),
            (self.retracted, "retracted"),
            (self.closed, "closed"),
        )
        return next((word for holds, word in states if holds), "running")

    def update(self, update_id: str) -> Update | None:
        """The update with this id, withdrawn or not."""
        return next((u for u in self.updates if u.id == update_id), None)

    @property
    def updates_in_order(self) -> tuple[Update, ...]:
        """Pinned first, then newest first by effective time, then by position in the log."""
        return tuple(sorted(self.updates, key=lambda u: (u.pinned, u.at, u.position), reverse=True))

    @property
    def corrections_in_order(self) -> tuple[Correction, ...]:
        """Newest first."""
        return tuple(sorted(self.corrections, key=lambda c: (c.at, c.position), reverse=True))

    @property
    def credit_line(self) -> str:
        """The closing line, such as "With reporting by TASS and Foreign Policy"."""
        names = [credit.name for credit in self.credits]
        if not names:
            return ""
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"With reporting by {listed}"
