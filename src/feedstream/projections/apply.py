"""A page of the log into the read model: states fold in memory, rows are written as they change.

Runs inside the transaction that moves the checkpoint. What depends on the order of events across
stories (who owns a slug, which feed is known first) is settled event by event.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apsw

from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.ids import FEED, SOURCE, STORY, WIRE, id_in, kind_of
from feedstream.domain.inbox import InboxItem, evolve_item
from feedstream.domain.story import Story
from feedstream.domain.when import format_when
from feedstream.projections import states
from feedstream.projections.feeds import KnownFeeds
from feedstream.projections.labels import feed_names, feeds_of, stamp
from feedstream.projections.spans import Spans
from feedstream.projections.stories import head_of, save_heads, save_parts, whole

KEPT = 5000
"""Stories, and items, whose states are remembered from page to page: those last touched."""

_Row = tuple[str | int | bool | bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A story with its public slug, and the ISO instant by which lists order it."""

    story: Story
    slug: str
    updated: str


class Memory:
    """The states of the stories and items last seen, as of the checkpoint that was left."""

    def __init__(self) -> None:
        self.checkpoint = -1
        self.generation = ""
        self.stories: dict[str, Standing] = {}
        self.items: dict[str, InboxItem] = {}

    def settle(self, checkpoint: int, generation: str) -> None:
        """Forget everything unless it is as of `checkpoint`; until the next is set, it is not.

        So neither what another process applied nor a transaction that was taken back is missed,
        nor tables that were put in place of those it is of: they are of another `generation`.
        """
        same = (self.checkpoint, self.generation) == (checkpoint, generation)
        _keep(self.stories, KEPT if same else 0)
        _keep(self.items, KEPT if same else 0)
        self.checkpoint, self.generation = -1, generation


def _keep(states_: dict[str, Any], most: int) -> None:
    """Forget all but the last `most`."""
    for old in list(states_)[: max(0, len(states_) - most)]:
        del states_[old]


class Page:
    """Applies events one after the other; `finish` writes the states that they led to."""

    def __init__(self, db: apsw.Connection, memory: Memory) -> None:
        self._db = db
        self._memory = memory
        self._feeds = KnownFeeds(db)
        self._spans = Spans(db)
        self._stories: dict[str, Story | None] = {}  # as the tables have them
        self._items: dict[str, None] = {}
        self._revisions: list[_Row] = []
        self._unknown = 0

    def add(self, recorded: e.Recorded) -> None:
        """Bring the tables from the position before `recorded` to its own."""
        kind = kind_of(recorded.stream)
        self._unknown += isinstance(recorded.event, e.Unknown)
        if isinstance(recorded.event, e.Withheld):
            self._db.execute("INSERT OR IGNORE INTO withheld VALUES (?)", (recorded.position,))
        elif isinstance(recorded.event, e.ContentErased):
            self._erased(recorded.event, id_in(recorded.stream))
        if kind == STORY:
            self._story(recorded)
        elif kind == WIRE:
            self._item(recorded)
        elif kind == SOURCE:
            self._source(recorded.event)
        elif kind == FEED:
            self._feed(recorded.event, recorded.position)

    def finish(self) -> None:
        """Write what was held back."""
        now = self._memory.stories
        save_heads(self._db, (_story_row(now[id]) for id in self._stories))
        save_parts(self._db, ((was, now[id].story) for id, was in self._stories.items()))
        self._db.executemany(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)",
            (_item_row(self._memory.items[id]) for id in self._items),
        )
        self._db.executemany(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._revisions
        )
        self._spans.finish()
        self._feeds.finish()
        if self._unknown:
            self._db.execute(
                "INSERT INTO meta VALUES ('unknown', ?1)"
                " ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + ?1",
                (str(self._unknown),),
            )

    # ── stories ──────────────────────────────────────────────────────────────────────────────
    def _story(self, recorded: e.Recorded) -> None:
        story_id = id_in(recorded.stream)
        known = self._memory.stories.get(story_id) or load_story(self._db, story_id)
        before = known.story if known else None
        after = evolve(before, recorded)
        same = known and known.story.slug == after.slug
        slug = known.slug if known and same else self._claim_slug(after)
        standing = Standing(after, slug, stamp(after.updated or recorded.recorded_at))
        self._memory.stories.pop(story_id, None)  # so that it comes last
        self._memory.stories[story_id] = standing
        self._stories.setdefault(story_id, before)
        self._revisions.append(_revision_row(standing, recorded))
        shown_before = before if before and before.is_public else None
        shown_after = after if after.is_public else None
        if shown_before or shown_after:
            self._outputs(shown_before, shown_after, recorded.position)

    def _outputs(self, before: Story | None, after: Story | None, position: int) -> None:
        """What is public of a story was `before` and is `after`; None where nothing is."""
        self._spans.change(before, after, position)
        if after:
            self._know(before, after, position)
        elif before:
            self._feeds.forget_empty(before.id, position)
        names = feed_names(before) + feed_names(after)
        self._feeds.touch(names)

    def _know(self, before: Story | None, after: Story, position: int) -> None:
        if before is None or (before.section, before.tags, before.headline) != (
            after.section,
            after.tags,
            after.headline,
        ):
            for feed in feeds_of(after):
                self._feeds.know(feed, position)

    def _claim_slug(self, story: Story) -> str:
        """The public slug: the first story in the log to use a slug owns it, later ones get a tail.

        Log order decides, so that every replay and every node gives the same addresses.
        """
        if not story.slug:
            return story.id
        for slug in (story.slug, f"{story.slug}-{story.id[-6:]}", f"{story.slug}-{story.id}"):
            self._db.execute("INSERT OR IGNORE INTO slugs VALUES (?, ?)", (slug, story.id))
            if self._db.execute("SELECT story FROM slugs WHERE slug = ?", (slug,)).get == story.id:
                return slug
        return story.id

    # ── erasure ──────────────────────────────────────────────────────────────────────────────
    def _erased(self, event: e.ContentErased, subject: str) -> None:
        """What was applied with its content makes these tables stale: they are to be rebuilt."""
        known = (
            self._db.execute("SELECT 1 FROM withheld WHERE position = ?", (position,)).get
            for position in event.positions
        )
        if None in known:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('stale', '1')")
        self._db.executemany(
            "INSERT OR IGNORE INTO former VALUES (?, ?)",
            ((digest, subject) for digest in event.former),
        )

    # ── the rest ─────────────────────────────────────────────────────────────────────────────
    def _item(self, recorded: e.Recorded) -> None:
        item_id = id_in(recorded.stream)
        before = self._memory.items.pop(item_id, None) or load_item(self._db, item_id)
        self._memory.items[item_id] = evolve_item(before, recorded)
        self._items[item_id] = None

    def _source(self, event: object) -> None:
        if isinstance(event, e.SourceAdded | e.SourceChanged):
            self._db.execute(
                "INSERT OR REPLACE INTO sources VALUES (?, ?)",
                (event.source.name, states.SOURCE.dump_json(event.source)),
            )
        elif isinstance(event, e.SourceRemoved):
            self._db.execute("DELETE FROM sources WHERE name = ?", (event.name,))

    def _feed(self, event: object, position: int) -> None:
        if isinstance(event, e.FeedDefined | e.FeedChanged):
            self._feeds.define(event.feed, position)
        elif isinstance(event, e.FeedRemoved):
            self._feeds.remove(event.name, position)


def apply(db: apsw.Connection, events: Iterable[e.Recorded], memory: Memory) -> None:
    """Bring the tables up to the last of `events`, which follow what was applied before."""
    page = Page(db, memory)
    for recorded in events:
        page.add(recorded)
    page.finish()


def load_story(db: apsw.Connection, story_id: str) -> Standing | None:
    """A story, public or not, as the tables have it."""
    row = db.execute(
        "SELECT state, slug, updated FROM stories WHERE id = ?", (story_id,)
    ).fetchone()
    return Standing(whole(db, [row[0]])[0], row[1], row[2]) if row else None


def load_item(db: apsw.Connection, item_id: str) -> InboxItem | None:
    """The state of a wire item."""
    row = db.execute("SELECT state FROM items WHERE id = ?", (item_id,)).fetchone()
    return states.ITEM.validate_json(row[0]) if row else None


def _story_row(standing: Standing) -> _Row:
    story = standing.story
    return (
        story.id,
        standing.slug,
        head_of(story),
        story.headline,
        story.status,
        story.is_public,
        standing.updated,
        stamp(story.embargo_until) if story.embargo_until else None,
        story.position,
    )


def _item_row(item: InboxItem) -> _Row:
    source = item.item.source if item.item else ""
    state = states.ITEM.dump_json(item)
    return (item.id, source, state, item.state, item.story, item.position)


def _revision_row(standing: Standing, recorded: e.Recorded) -> _Row:
    return (
        standing.story.id,
        recorded.revision,
        recorded.position,
        recorded.type,
        format_when(recorded.effective_at),
        stamp(recorded.recorded_at),
        recorded.actor,
        standing.story.is_public,
        standing.updated,
        standing.slug,
    )
