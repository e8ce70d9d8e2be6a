"""What an editor (or the scheduler) may ask of a story.

Every command names the `story`, and `at`, the instant it was given (the shell reads the clock, the
domain never). `effective` is the newsroom's own date for it, where that differs from `at`.
`if_revision`, where given, is the revision the editor was looking at.
"""

from dataclasses import dataclass
from datetime import datetime

from feedstream.domain.media import Media
from feedstream.domain.when import When
from feedstream.domain.wire import WireRef


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCommand:
    """What all commands have."""

    story: str
    at: datetime
    effective: When | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishStory(StoryCommand):
    """Begin a story; with `embargo_until` it stays invisible until then."""

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
class EditStory(StoryCommand):
    """Change the report itself; `None` leaves a field. `minor` for a typo that is no news."""

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
class TagStory(StoryCommand):
    """Add and remove tags."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSlug(StoryCommand):
    """Give the story another address; the old one will redirect."""

    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoStory(StoryCommand):
    """Hide the story until an instant."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftEmbargo(StoryCommand):
    """Show the story: `due` when its instant has come, or before, for a reason."""

    due: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractStory(StoryCommand):
    """Replace the body by a notice with the reason."""

    entry_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstateStory(StoryCommand):
    """Take a retraction back."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KillStory(StoryCommand):
    """Remove the story from every output at once."""

    reason: str
    legal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStory(StoryCommand):
    """No more updates."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenStory(StoryCommand):
    """Updates again."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUpdate(StoryCommand):
    """Add a dated update."""

    update: str
    entry_id: str
    headline: str
    body: str
    media: tuple[Media, ...] = ()
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditUpdate(StoryCommand):
    """Change an update; `None` leaves a field."""

    update: str
    headline: str | None = None
    body: str | None = None
    dated: When | None = None
    media: tuple[Media, ...] | None = None
    minor: bool = False
    origin: WireRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawUpdate(StoryCommand):
    """Take an update back, for a reason."""

    update: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinUpdate(StoryCommand):
    """Keep an update above the others."""

    update: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpinUpdate(StoryCommand):
    """Let an update stand in its place."""

    update: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCorrection(StoryCommand):
    """Say what was wrong, what is right, and why."""

    correction: str
    entry_id: str
    was: str
    now: str
    why: str
    update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueClarification(StoryCommand):
    """Add what a reader may have missed."""

    correction: str
    entry_id: str
    text: str
    update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCredit(StoryCommand):
    """Attribute the story to a partner or a paper."""

    name: str
    url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCredit(StoryCommand):
    """Take an attribution back."""

    name: str


Command = (
    PublishStory
    | EditStory
    | TagStory
    | ChangeSlug
    | EmbargoStory
    | LiftEmbargo
    | RetractStory
    | ReinstateStory
    | KillStory
    | CloseStory
    | ReopenStory
    | AddUpdate
    | EditUpdate
    | WithdrawUpdate
    | PinUpdate
    | UnpinUpdate
    | IssueCorrection
    | IssueClarification
    | AddCredit
    | RemoveCredit
)
