"""What the read model knows of an earlier position: its feeds, the stories in them, their slugs.

States are not kept for each position: whoever asks folds them from the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import apsw

from feedstream.domain.feed import FeedDefinition
from feedstream.projections import states
from feedstream.projections.archive import Archive, Shelf
from feedstream.projections.gone import Gone, gone_from
from feedstream.projections.labels import AMENDING, label_slug, stamp
from feedstream.projections.record import Record, record_at

AHEAD = timedelta(days=2)
"""How far an effective time may lie after the recorded one: days begin early in the east."""

_LABELLED = (
    "AND EXISTS (SELECT 1 FROM labels l WHERE l.story = {story} AND l.kind = ? AND l.value = ?"
    " AND l.since <= ? AND l.until > ?)"
)
_STORIES = """
SELECT story, slug FROM revisions r WHERE public AND position <= ? AND updated <= ?
AND NOT EXISTS (
    SELECT 1 FROM revisions n
    WHERE n.story = r.story AND n.revision = r.revision + 1 AND n.position <= ?
) {filters} ORDER BY updated DESC, story DESC LIMIT ?
"""
_ENTRIES = """
SELECT DISTINCT story FROM (
    SELECT story FROM entries e WHERE since <= ? AND until > ? AND at <= ? {kinds} {filters}
    ORDER BY at DESC, position DESC LIMIT ?
)
"""
_SLUG = (
    "SELECT slug FROM revisions WHERE story = ? AND position <= ? ORDER BY revision DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Slugged:
    """A story by its id, and the public slug that it had."""

    story: str
    slug: str


class AsOf:
    """The read model as of `position`, which was recorded at `recorded_at`."""

    def __init__(self, db: apsw.Connection, position: int, recorded_at: datetime) -> None:
        self._db = db
        self._position = position
        self._bound = stamp(recorded_at + AHEAD)

    def feed(self, name: str) -> FeedDefinition | None:
        """The feed of that name as it was defined then."""
        row = self._db.execute(
            "SELECT state FROM feeds WHERE name = ? AND since <= ? AND until > ?",
            (name, self._position, self._position),
        ).fetchone()
        return states.FEED.validate_json(row[0]) if row else None

    def slug(self, story: str) -> str | None:
        """The slug that a story had; None where it was not there yet."""
        row = self._db.execute(_SLUG, (story, self._position)).fetchone()
        return str(row[0]) if row else None

    def selected(self, feed: FeedDefinition) -> list[Slugged]:
        """The stories that were public and whose entries `feed` showed, cut at its window."""
        limit = feed.window or -1
        if feed.kind == "stories":
            filters, values = self._filters(feed, "r.story")
            sql = _STORIES.format(filters=filters)
            given = (self._position, self._bound, self._position, *values, limit)
            return [Slugged(str(row[0]), str(row[1])) for row in self._db.execute(sql, given)]
        kinds = f"AND kind IN {AMENDING}" if feed.kind == "corrections" else ""
        filters, values = self._filters(feed, "e.story")
        sql = _ENTRIES.format(kinds=kinds, filters=filters)
        given = (self._position, self._position, self._bound, *values, limit)
        found = [str(row[0]) for row in self._db.execute(sql, given)]
        return [Slugged(story, self.slug(story) or story) for story in found]

    def archive(self, size: int) -> Archive:
        """The sealed pages of the feed of updates as they were."""
        return Archive(self._db, self._position, size)

    def on(self, shelf: Shelf) -> list[Slugged]:
        """The stories that have entries on `shelf`, as they were called."""
        return [Slugged(story, self.slug(story) or story) for story in shelf.stories]

    @property
    def record(self) -> Record:
        """What was known of the log itself."""
        return record_at(self._db, self._position)

    def gone(self, feed: FeedDefinition) -> list[Gone]:
        """The entries that `feed` had shown and that were taken back by then, latest first."""
        return gone_from(self._db, feed, self._position)

    def _filters(self, feed: FeedDefinition, story: str) -> tuple[str, Sequence[str | int]]:
        clauses: list[str] = []
        values: list[str | int] = []
        for kind in ("section", "tag", "author", "source"):
            if value := getattr(feed, kind):
                clauses.append(_LABELLED.format(story=story))
                values += [kind, label_slug(value), self._position, self._position]
        if feed.story:
            clauses.append(f"AND {story} = ?")
            values.append(feed.story)
        return " ".join(clauses), values
