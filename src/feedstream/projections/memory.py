"""The states that were seen last, so that a page of the log is applied without reading them back.

They are as of one checkpoint of one set of tables. What is remembered is bounded by its size, so
that memory stays flat however long the log and its stories are.
"""

from typing import NamedTuple

from feedstream.domain.inbox import InboxItem
from feedstream.domain.story import Story
from feedstream.projections.bounded import EACH, Bounded, weight_of

STORIES = 16 * 1024 * 1024
"""The most bytes, roughly, of stories that are remembered from page to page."""

STORIES_BEHIND = 4 * STORIES
"""The same where each that is forgotten has to be written then."""

ITEMS = 8 * 1024 * 1024
"""The most bytes, roughly, of wire items."""

FEEDS = 5000
"""The most definitions of feeds."""

MARKS = 50_000
"""The most names of feeds that are marked already."""


class Standing(NamedTuple):
    """A story with its public slug, and the ISO instant by which lists order it.

    `first` is the position of its first event, `public` what `Story.is_public` says.
    """

    story: Story
    slug: str
    updated: str
    first: int
    public: bool


class Memory:
    """The states of the stories, items and feeds last seen, as of the checkpoint that was left.

    With `behind`, states are written to the tables when they are forgotten, or at the end, instead
    of with each page: only for tables that nobody reads meanwhile and that a crash makes worthless.
    """

    def __init__(self, *, behind: bool = False) -> None:
        self.behind = behind
        self.checkpoint = -1
        self.generation = ""
        self.stories: Bounded[Standing] = Bounded(
            _weight_of_story, STORIES_BEHIND if behind else STORIES
        )
        self.items: Bounded[InboxItem] = Bounded(_weight_of_item, ITEMS)
        self.feeds: dict[str, bytes] = {}  # the definitions that stand
        self.dirty: set[str] = set()  # feeds that are marked already; only where `behind`
        self.unwritten: dict[str, Story | None] = {}  # by stream, as the tables have them
        self.unwritten_items: dict[str, None] = {}

    def settle(self, checkpoint: int, generation: str) -> None:
        """Forget everything unless it is as of `checkpoint`; until the next is set, it is not.

        So neither what another process applied nor a transaction that was taken back is missed,
        nor tables that were put in place of those it is of: they are of another `generation`.
        """
        if (self.checkpoint, self.generation) != (checkpoint, generation):
            self.restore(Memory())
        self.checkpoint, self.generation = -1, generation

    @property
    def is_full(self) -> bool:
        """Whether states are to be written so that `trim` may forget some."""
        return self.stories.is_full or self.items.is_full

    def trim(self) -> None:
        """Forget the states that are too much; the tables must have them."""
        self.stories.trim()
        self.items.trim()

    def trim_feeds(self) -> None:
        """Forget what the tables always have, where it is too much."""
        if len(self.feeds) > FEEDS:
            self.feeds.clear()
        if len(self.dirty) > MARKS:
            self.dirty.clear()

    def copy(self) -> "Memory":
        """What to `restore` where the next page can't be applied."""
        made = Memory(behind=self.behind)
        made.restore(self)
        return made

    def restore(self, other: "Memory") -> None:
        """Remember what `other` does."""
        self.stories.restore(other.stories)
        self.items.restore(other.items)
        self.feeds, self.dirty = dict(other.feeds), set(other.dirty)
        self.unwritten = dict(other.unwritten)
        self.unwritten_items = dict(other.unwritten_items)


def _weight_of_story(standing: Standing) -> int:
    return weight_of(standing.story)


def _weight_of_item(item: InboxItem) -> int:
    return EACH + (len(item.item.body) if item.item else 0)
