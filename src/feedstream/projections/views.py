"""The read model's door: apply pages of the log, ask for the present state."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from feedstream.domain.events import Recorded
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import former_address
from feedstream.domain.inbox import InboxItem
from feedstream.domain.story import Story
from feedstream.domain.wire import Source
from feedstream.projections import states
from feedstream.projections.apply import apply
from feedstream.projections.archive import ALL_PAGES, Archive, Shelf
from feedstream.projections.asof import AsOf
from feedstream.projections.feeds import KnownFeeds
from feedstream.projections.gone import Gone, gone_from
from feedstream.projections.labels import AMENDING, BUILTIN, label_slug, stamp
from feedstream.projections.listing import TAKEN_BACK, Listing
from feedstream.projections.memory import Memory
from feedstream.projections.recent import Recent
from feedstream.projections.record import Record, learn, record_at
from feedstream.projections.stories import whole
from feedstream.projections.tables import NOW, PAGE_SIZE, Database

_HIDDEN_MARKS = """
SELECT feed FROM dirty WHERE feed LIKE 'pages:%' AND EXISTS (
    SELECT 1 FROM stories WHERE id = substr(feed, 7) AND NOT public
)
"""
_ON_SHELF = "WHERE public = 1 AND id IN (SELECT value FROM json_each(?)) ORDER BY id"
_HEAD = "SELECT state FROM stories WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story with the public slug that the read model gave it."""

    story: Story
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMark:
    """Which story, and the position of its last event: enough to see whether it changed."""

    id: str
    slug: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """One change of a story: what kind, when by both clocks, and by whom."""

    revision: int
    position: int
    type: str
    effective_at: str
    recorded_at: str
    actor: str


class Views:
    """The state after all events up to `checkpoint`. Any thread and process may use it."""

    def __init__(self, path: Path, *, scratch: bool = False, page_size: int = PAGE_SIZE) -> None:
        """Open the read model at `path`; a `scratch` one is for one process and no crash.

        `page_size` (bytes) counts where the file is made.
        """
        self._db = Database(path, scratch=scratch, page_size=page_size)
        self._memory = Memory()
        self._recent = Recent()
        self._one_at_a_time = Lock()
        self._prepare()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # ── following the log ────────────────────────────────────────────────────────────────────
    def _prepare(self) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('generation', ?)", (os.urandom(8).hex(),)
            )
            known = KnownFeeds(db)
            for feed in BUILTIN:
                if self.feed(feed.name) is None:
                    known.define(feed, 0, origin="builtin")
            known.finish()

    @property
    def checkpoint(self) -> int:
        """The position up to which the log has been applied."""
        return int(self.meta("checkpoint") or 0)

    def apply(self, page: Sequence[Recorded]) -> int:
        """Apply the events beyond the checkpoint, and move it, in one transaction.

        Another process may have applied some of them meanwhile: those are passed over.
        Returns how many were applied.
        """
        with self._one_at_a_time, self._db.transaction() as db:
            done = self.checkpoint
            fresh = [recorded for recorded in page if recorded.position > done]
            if not fresh:
                return 0
            self._memory.settle(done, self.meta("generation") or "")
            apply(db, fresh, self._memory)
            if learn(db, fresh):
                self._touch_all()
            self._set_meta("checkpoint", str(fresh[-1].position))
            self._set_meta("recorded_at", stamp(fresh[-1].recorded_at))
            self._memory.checkpoint = fresh[-1].position
        return len(fresh)

    def _touch_all(self) -> None:
        db = self._db.connection
        db.execute("INSERT OR IGNORE INTO dirty SELECT name FROM feeds WHERE until = ?", (NOW,))
        db.execute(f"INSERT OR IGNORE INTO dirty SELECT 'story/' || id FROM ({TAKEN_BACK})")  # noqa: S608
        db.execute("INSERT OR IGNORE INTO dirty VALUES (?)", (ALL_PAGES,))

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """The checkpoint; all that this thread asks inside is answered as of that position."""
        with self._db.snapshot():
            yield self.checkpoint

    @property
    def listing(self) -> Listing:
        """What lists of the whole site are made from."""
        return Listing(self._db.connection)

    def as_of(self, position: int, recorded_at: datetime) -> AsOf:
        """What this thread may ask of an earlier `position`, recorded at `recorded_at`."""
        return AsOf(self._db.connection, position, recorded_at)

    # ── settings of the projection itself ────────────────────────────────────────────────────
    def meta(self, key: str) -> str | None:
        """A value that the projection keeps about itself."""
        row = self._db.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def _set_meta(self, key: str, value: str) -> None:
        self._db.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def unknown_events(self) -> int:
        """How many events this version passed over because it does not know them."""
        return int(self.meta("unknown") or 0)

    @property
    def stale(self) -> bool:
        """Whether content that was erased since may be in these tables: they are to be rebuilt."""
        return self.meta("stale") is not None

    @property
    def recorded_at(self) -> datetime | None:
        """When the last applied event was recorded."""
        text = self.meta("recorded_at")
        return datetime.fromisoformat(text) if text else None

    @property
    def record(self) -> Record:
        """What is known of the log itself."""
        return record_at(self._db.connection, self.checkpoint)

    # ── stories ──────────────────────────────────────────────────────────────────────────────
    def story(self, story_id: str) -> StoryRow | None:
        """A story by its id, public or not."""
        rows = self._stories("WHERE id = ?", (story_id,))
        return rows[0] if rows else None

    def find(self, reference: str) -> StoryRow | None:
        """A story by id, by any slug it ever had, or by the end of its id (six or more)."""
        direct = self.story(reference) or self.by_slug(reference)
        if direct or len(reference) < 6:
            return direct
        rows = self._stories("WHERE substr(id, ?) = ? LIMIT 2", (-len(reference), reference))
        return rows[0] if len(rows) == 1 else None

    def by_slug(self, slug: str) -> StoryRow | None:
        """The story that owns a slug, present or former: `row.slug` is the present one."""
        db = self._db.connection
        row = db.execute("SELECT story FROM slugs WHERE slug = ?", (slug,)).fetchone()
        if row:
            return self.story(row[0])
        erased = db.execute("SELECT DISTINCT story FROM former").fetchall()
        for story in (str(row[0]) for row in erased):  # few, and each digests a slug its own way
            digest = former_address(story, slug)
            if db.execute("SELECT 1 FROM former WHERE digest = ?", (digest,)).fetchone():
                return self.story(story)
        return None

    def stories(
        self, *, public_only: bool = True, limit: int = 50, offset: int = 0
    ) -> list[StoryRow]:
        """Stories, last updated first."""
        where = "WHERE public = 1" if public_only else "WHERE 1"
        return self._stories(
            f"{where} ORDER BY updated DESC, id DESC LIMIT ? OFFSET ?", (limit, offset)
        )

    def running(self, limit: int = 500) -> list[StoryMark]:
        """The stories that may take an update: neither closed nor withdrawn, latest first."""
        rows = self._db.connection.execute(
            "SELECT id, slug, position FROM stories WHERE status IN ('running', 'embargoed')"
            " ORDER BY updated DESC, id DESC LIMIT ?",
            (limit,),
        )
        return [StoryMark(id=row[0], slug=row[1], position=row[2]) for row in rows]

    def ended(self, limit: int = 200) -> list[StoryRow]:
        """The stories that take no more updates: closed, retracted, killed; latest first."""
        return self._stories(
            "WHERE status IN ('closed', 'retracted', 'killed') ORDER BY position DESC LIMIT ?",
            (limit,),
        )

    def embargoes(self) -> list[StoryRow]:
        """The stories that an embargo holds back, the next to be lifted first."""
        return self._stories("WHERE status = 'embargoed' ORDER BY embargo_until, id", ())

    def revisions(self, story_id: str) -> list[RevisionRow]:
        """Every change of a story, latest first."""
        rows = self._db.connection.execute(
            "SELECT revision, position, type, effective_at, recorded_at, actor FROM revisions"
            " WHERE story = ? ORDER BY revision DESC",
            (story_id,),
        )
        return [
            RevisionRow(
                revision=r[0],
                position=r[1],
                type=r[2],
                effective_at=r[3],
                recorded_at=r[4],
                actor=r[5],
            )
            for r in rows
        ]

    def _stories(self, tail: str, values: Sequence[Any]) -> list[StoryRow]:
        with self._db.reading() as db:
            rows: list[Any] = db.execute(
                f"SELECT state, slug FROM stories {tail}",  # noqa: S608  # tails are ours
                values,
            ).fetchall()
            stories = whole(db, [row[0] for row in rows])
        return [
            StoryRow(story=story, slug=row[1]) for story, row in zip(stories, rows, strict=True)
        ]

    # ── feeds ────────────────────────────────────────────────────────────────────────────────
    def feeds(self) -> list[FeedDefinition]:
        """All feeds that are published now, in the order of their names."""
        rows = self._db.connection.execute(
            "SELECT state FROM feeds WHERE until = ? ORDER BY name", (NOW,)
        )
        return [states.FEED.validate_json(row[0]) for row in rows]

    def feed(self, name: str) -> FeedDefinition | None:
        """One feed that is published now."""
        row = self._db.connection.execute(
            "SELECT state FROM feeds WHERE name = ? AND until = ?", (name, NOW)
        ).fetchone()
        return states.FEED.validate_json(row[0]) if row else None

    def ever_had_feed(self, name: str) -> bool:
        """Whether there was a feed of that name at any position."""
        found = self._db.connection.execute("SELECT 1 FROM feeds WHERE name = ? LIMIT 1", (name,))
        return found.get is not None

    def dirty(self) -> list[str]:
        """The feeds that events have touched since they were last written."""
        return [r[0] for r in self._db.connection.execute("SELECT feed FROM dirty ORDER BY feed")]

    def hidden_marks(self) -> list[str]:
        """The marks of sealed pages of stories that are not public any more."""
        return [str(row[0]) for row in self._db.connection.execute(_HIDDEN_MARKS)]

    def clean(self, names: Iterable[str], *, checkpoint: int) -> None:
        """Forget that these feeds were touched, unless more was applied since `checkpoint`."""
        with self._db.transaction() as db:
            if self.checkpoint == checkpoint:
                db.executemany("DELETE FROM dirty WHERE feed = ?", [(name,) for name in names])

    def touch_all(self, reason: str, value: str) -> None:
        """Mark every feed as touched where the setting `reason` was another `value` before."""
        if self.meta(reason) == value:
            return  # asked at every run of the publisher: no write lock for that
        with self._db.transaction():
            if self.meta(reason) != value:
                self._touch_all()
                self._set_meta(reason, value)

    def selected(self, feed: FeedDefinition) -> list[StoryRow]:
        """The public stories whose entries `feed` shows, newest first, cut at its window."""
        where, values = _filters(feed)
        limit = feed.window or -1
        if feed.kind == "stories":
            return self._remembered(
                f"s WHERE public = 1 {where} ORDER BY updated DESC, id DESC LIMIT ?",
                (*values, limit),
            )
        kinds = f"AND kind IN {AMENDING}" if feed.kind == "corrections" else ""
        recent = (
            f"SELECT story FROM entries e JOIN stories s ON s.id = e.story"  # noqa: S608
            f" WHERE e.until = {NOW} AND s.public = 1 {kinds} {where}"
            " ORDER BY at DESC, e.position DESC LIMIT ?"
        )
        return self._remembered(
            f"WHERE id IN ({recent}) ORDER BY updated DESC, id DESC", (*values, limit)
        )

    def archive(self, size: int) -> Archive:
        """The sealed pages of the feed of updates, `size` entries to a page."""
        return Archive(self._db.connection, self.checkpoint, size)

    def on(self, shelf: Shelf) -> list[StoryRow]:
        """The public stories that have entries on `shelf`."""
        return self._remembered(_ON_SHELF, (orjson.dumps(shelf.stories).decode(),))

    def on_marks(self, shelf: Shelf) -> list[StoryMark]:
        """As `on`, without their states."""
        rows = self._db.connection.execute(
            f"SELECT id, slug, position FROM stories {_ON_SHELF}",  # noqa: S608  # ours
            (orjson.dumps(shelf.stories).decode(),),
        )
        return [StoryMark(id=row[0], slug=row[1], position=row[2]) for row in rows]

    def gone(self, feed: FeedDefinition) -> list[Gone]:
        """The entries that `feed` has shown and that were taken back, latest first."""
        with self._db.reading() as db:
            return gone_from(db, feed, self.checkpoint)

    def _remembered(self, tail: str, values: Sequence[Any]) -> list[StoryRow]:
        """As `_stories`, decoding only what changed since it was asked for last."""
        with self._db.reading() as db:
            rows: list[Any] = db.execute(
                f"SELECT id, position, slug FROM stories {tail}",  # noqa: S608  # tails are ours
                values,
            ).fetchall()
            generation = self.meta("generation") or ""
            found = self._recent.find(generation, ((row[0], row[1]) for row in rows))
            missing = [(row[0], row[1]) for row in rows if row[0] not in found]
            heads = [db.execute(_HEAD, (story,)).get for story, _ in missing]
            decoded = whole(db, heads)
        self._recent.keep(generation, missing, decoded)
        found.update((story.id, story) for story in decoded)
        return [StoryRow(story=found[row[0]], slug=row[2]) for row in rows]

    # ── the wire ─────────────────────────────────────────────────────────────────────────────
    def sources(self) -> list[Source]:
        """All sources, in the order of their names."""
        rows = self._db.connection.execute("SELECT state FROM sources ORDER BY name")
        return [states.SOURCE.validate_json(row[0]) for row in rows]

    def source(self, name: str) -> Source | None:
        """One source."""
        row = self._db.connection.execute(
            "SELECT state FROM sources WHERE name = ?", (name,)
        ).fetchone()
        return states.SOURCE.validate_json(row[0]) if row else None

    def items(
        self, *, states_wanted: Sequence[str] = (), source: str = "", limit: int = 100
    ) -> list[InboxItem]:
        """Wire items, latest change first; see `InboxItem.state` for the words."""
        marks = ", ".join("?" * len(states_wanted))
        where = f"word IN ({marks})" if states_wanted else "word NOT IN ('absent', 'withheld')"
        if "revised" in states_wanted:  # nothing is left to decide of what a killed story used
            where += " AND story NOT IN (SELECT id FROM stories WHERE status = 'killed')"
        rows = self._db.connection.execute(
            f"SELECT state FROM items WHERE {where} AND (? = '' OR source = ?)"  # noqa: S608
            " ORDER BY position DESC LIMIT ?",
            (*states_wanted, source, source, limit),
        )
        return [states.ITEM.validate_json(row[0]) for row in rows]

    def item(self, reference: str) -> InboxItem | None:
        """A wire item by its id, or by the beginning of it (six or more)."""
        db = self._db.connection
        if len(reference) < 6:
            return None
        rows = db.execute(
            "SELECT state FROM items WHERE substr(id, 1, ?) = ? LIMIT 2",
            (len(reference), reference),
        ).fetchall()
        found: list[Any] = [row[0] for row in rows]
        return states.ITEM.validate_json(found[0]) if len(found) == 1 else None


def _filters(feed: FeedDefinition) -> tuple[str, tuple[str, ...]]:
    wanted = [
        (kind, label_slug(value))
        for kind in ("section", "tag", "author", "source")
        if (value := getattr(feed, kind))
    ]
    has = (
        "AND EXISTS (SELECT 1 FROM labels l WHERE l.story = s.id AND l.kind = ? AND l.value = ?"  # noqa: S608
        f" AND l.until = {NOW})"
    )
    clauses = [has] * len(wanted) + (["AND s.id = ?"] if feed.story else [])
    values = [value for pair in wanted for value in pair] + ([feed.story] if feed.story else [])
    return " ".join(clauses), tuple(values)
