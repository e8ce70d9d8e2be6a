"""A page of the log into the read model: states fold in memory, rows are written as they change.

Runs inside the transaction that moves the checkpoint. What depends on the order of events across
stories (who owns a slug, which feed is known first) is settled event by event.
"""

from collections.abc import Callable, Sequence

import apsw

from feedstream.domain import events as e
from feedstream.domain.evolve import evolve
from feedstream.domain.ids import FEED, SOURCE, STORY, WIRE, id_in, kind_of
from feedstream.domain.inbox import evolve_item
from feedstream.domain.story import Story
from feedstream.projections import states
from feedstream.projections.feeds import KnownFeeds
from feedstream.projections.gone import TAKEN_BACK
from feedstream.projections.items import load_item
from feedstream.projections.labels import feed_names, feeds_of
from feedstream.projections.memory import Memory, Standing
from feedstream.projections.saving import save_states
from feedstream.projections.spans import Spans, named, shown
from feedstream.projections.stories import load_stories
from feedstream.projections.texts import effective, stamped

_Row = tuple[str | int | bool | bytes | None, ...]

_REVISION = "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UNKNOWN = (
    "INSERT INTO meta VALUES ('unknown', ?1)"
    " ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + ?1"
)


class Page:
    """Applies events one after the other; `finish` writes the states that they led to."""

    def __init__(self, db: apsw.Connection, memory: Memory) -> None:
        self._db = db
        self._memory = memory
        self._feeds = KnownFeeds(db, memory)
        self._spans = Spans(db)
        self._touched: set[str] = set()  # streams whose feeds are known to be touched
        self._revisions: list[_Row] = []
        self._unknown = 0
        self._kinds: dict[str, Callable[[e.Recorded], None]] = {
            STORY: self._story,
            WIRE: self._item,
            SOURCE: self._source,
            FEED: self._feed,
        }

    def fetch(self, events: Sequence[e.Recorded]) -> None:
        """Bring to mind the stories that `events` are about, in one question."""
        stories = self._memory.stories
        streams = dict.fromkeys(one.stream for one in events)
        wanted = [
            stream for stream in streams if stream not in stories and kind_of(stream) == STORY
        ]
        for stream, standing in load_stories(self._db, wanted):
            stories.put(stream, standing)

    def add(self, recorded: e.Recorded) -> None:
        """Bring the tables from the position before `recorded` to its own."""
        if type(recorded.event) in _ASIDE:
            self._aside(recorded)
        take = self._kinds.get(kind_of(recorded.stream))
        if take:
            take(recorded)

    def finish(self) -> None:
        """Write what was held back."""
        self._db.executemany(_REVISION, self._revisions)
        self._spans.finish()
        self._feeds.finish()
        if self._unknown:
            self._db.execute(_UNKNOWN, (str(self._unknown),))
        memory = self._memory
        memory.trim_feeds()
        if not memory.behind or memory.is_full:
            save_states(self._db, memory)
            memory.trim()

    # ── stories ──────────────────────────────────────────────────────────────────────────────
    def _story(self, recorded: e.Recorded) -> None:
        stream, stories = recorded.stream, self._memory.stories
        known = stories.get(stream)
        before = known.story if known else None
        after = evolve(before, recorded)
        standing = self._standing(known, after, recorded)
        stories.put(stream, standing)
        self._memory.unwritten.setdefault(stream, before)
        self._revisions.append(_revision_row(standing, recorded))
        shown_before = before if known and known.public else None
        if shown_before or standing.public:
            self._outputs(shown_before, after if standing.public else None, recorded)
        elif after.published:  # news systems follow it after it was taken back
            self._feeds.touch_own(after.id)
            if before and before.status != after.status and after.status in TAKEN_BACK:
                self._feeds.touch_former(after.id)

    def _standing(self, known: Standing | None, after: Story, recorded: e.Recorded) -> Standing:
        if known is None:
            known = Standing(Story(id=after.id), after.id, "", recorded.position, False)
        before = known.story
        slug = known.slug if before.slug == after.slug else self._claim_slug(after)
        if after.updated is None:
            updated = stamped(recorded.recorded_at)
        else:
            same = after.updated is before.updated
            updated = known.updated if same else stamped(after.updated)
        return Standing(after, slug, updated, known.first, after.is_public)

    def _outputs(self, before: Story | None, after: Story | None, recorded: e.Recorded) -> None:
        """What is public of a story was `before` and is `after`; None where nothing is."""
        if before and after and shown(before) == shown(after):
            if recorded.stream in self._touched:
                return
        else:
            self._spans.change(before, after, recorded.position)
            if after:
                self._know(before, after, recorded.position)
            elif before:
                self._feeds.forget_empty(before.id, recorded.position)
                self._feeds.touch_former(before.id)
        self._feeds.touch(feed_names(before) + feed_names(after))
        self._feeds.touch_pages(id_in(recorded.stream))
        self._touched.add(recorded.stream)

    def _know(self, before: Story | None, after: Story, position: int) -> None:
        if before is None or named(before) != named(after):
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

    # ── what is unknown or erased ────────────────────────────────────────────────────────────
    def _aside(self, recorded: e.Recorded) -> None:
        match recorded.event:
            case e.Unknown():
                self._unknown += 1
            case e.Withheld():
                self._db.execute("INSERT OR IGNORE INTO withheld VALUES (?)", (recorded.position,))
            case e.ContentErased():
                self._erased(recorded.event, id_in(recorded.stream))

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
        stream, items = recorded.stream, self._memory.items
        before = items.get(stream) or load_item(self._db, id_in(stream))
        items.put(stream, evolve_item(before, recorded))
        self._memory.unwritten_items[stream] = None

    def _source(self, recorded: e.Recorded) -> None:
        event = recorded.event
        if isinstance(event, e.SourceAdded | e.SourceChanged):
            self._db.execute(
                "INSERT OR REPLACE INTO sources VALUES (?, ?)",
                (event.source.name, states.encode(event.source)),
            )
        elif isinstance(event, e.SourceRemoved):
            self._db.execute("DELETE FROM sources WHERE name = ?", (event.name,))

    def _feed(self, recorded: e.Recorded) -> None:
        event = recorded.event
        if isinstance(event, e.FeedDefined | e.FeedChanged):
            self._feeds.define(event.feed, recorded.position)
        elif isinstance(event, e.FeedRemoved):
            self._feeds.remove(event.name, recorded.position)


_ASIDE = (e.Unknown, e.Withheld, e.ContentErased)


def apply(db: apsw.Connection, events: Sequence[e.Recorded], memory: Memory) -> None:
    """Bring the tables up to the last of `events`, which follow what was applied before."""
    page = Page(db, memory)
    page.fetch(events)
    for recorded in events:
        page.add(recorded)
    page.finish()


def _revision_row(standing: Standing, recorded: e.Recorded) -> _Row:
    return (
        standing.story.id,
        recorded.revision,
        recorded.position,
        recorded.type,
        effective(recorded.effective_at),
        stamped(recorded.recorded_at),
        recorded.actor,
        standing.public,
        standing.updated,
        standing.slug,
    )
