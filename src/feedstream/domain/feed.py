"""What a feed is: which entries it selects and how many it shows."""

from dataclasses import dataclass
from typing import Literal

FeedKind = Literal["stories", "updates", "corrections"]
"""`stories`: one entry a story. `updates`: one entry a significant event (publication, update,
correction, retraction). `corrections`: one entry a correction, clarification or retraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDefinition:
    """A feed: `name` is its path below `feeds/` without an ending, such as `tag/ukraine`.

    An empty filter selects everything; several filters must all hold. `window` is the greatest
    number of entries, 0 for no limit.
    """

    name: str
    title: str
    kind: FeedKind = "stories"
    section: str = ""
    tag: str = ""
    author: str = ""
    source: str = ""
    story: str = ""
    window: int = 50
