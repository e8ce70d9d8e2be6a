"""How a source is doing: operational data, kept beside the log and not derivable from it."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source's record.

    `failures` counts those in a row; `attempts`, `successes`, `items` and `new` count since the
    source was added. `interval` is the pause before `next_at`, in seconds.
    """

    name: str
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    failures: int = 0
    error: str = ""
    next_at: datetime | None = None
    attempts: int = 0
    successes: int = 0
    items: int = 0
    new: int = 0
    interval: float = 0.0
    paused: bool = False

    def succeeded(self) -> "SourceHealth":
        """The counts after one more look that worked."""
        return replace(self, attempts=self.attempts + 1, successes=self.successes + 1, failures=0)

    def failed(self) -> "SourceHealth":
        """The counts after one more look that failed."""
        return replace(self, attempts=self.attempts + 1, failures=self.failures + 1)

    @property
    def state(self) -> str:
        """One word for people: `paused`, `waiting` (never looked at), `ok` or `failing`."""
        if self.paused:
            return "paused"
        if self.attempts == 0:
            return "waiting"
        return "failing" if self.failures else "ok"
