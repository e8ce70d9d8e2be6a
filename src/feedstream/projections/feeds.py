"""Which feeds there are, and which of them an event has touched."""

from collections.abc import Iterable

import apsw

from feedstream.domain.feed import FeedDefinition
from feedstream.projections import states
from feedstream.projections.archive import mark_of
from feedstream.projections.memory import Memory
from feedstream.projections.tables import NOW

_FORGET = """
UPDATE feeds SET until = :at WHERE until = :now AND origin = 'derived'
AND (name = 'story/' || :story OR name IN (
    SELECT kind || '/' || value FROM labels was WHERE was.story = :story AND NOT EXISTS (
        SELECT 1 FROM labels l WHERE l.kind = was.kind AND l.value = was.value AND l.until = :now
    )
)) RETURNING name
"""


class KnownFeeds:
    """The table of feeds inside a transaction; `finish` writes which ones were touched."""

    def __init__(self, db: apsw.Connection, memory: Memory | None = None) -> None:
        self._db = db
        self._memory = memory or Memory()
        self._standing = self._memory.feeds
        self._touched: dict[str, None] = {}
        self._defined_are_touched = False

    def touch(self, derived: Iterable[str]) -> None:
        """A story changed: these feeds may show it, and so may each that was defined."""
        self._touched.update(dict.fromkeys(derived))
        if not self._defined_are_touched:
            rows = self._db.execute(
                "SELECT name FROM feeds WHERE until = ? AND origin IN ('builtin', 'site')", (NOW,)
            )
            self._touched.update((str(row[0]), None) for row in rows)
            self._defined_are_touched = True

    def touch_pages(self, story: str) -> None:
        """Sealed pages with entries of a story may be others now."""
        self._touched[mark_of(story)] = None

    def touch_own(self, story: str) -> None:
        """A story changed that readers see no more: what is said of it to news systems alone."""
        self._touched[f"story/{story}"] = None

    def touch_former(self, story: str) -> None:
        """A story that was hidden is taken back for good: all feeds that showed it say so."""
        names = self._db.execute(
            "SELECT DISTINCT kind || '/' || value FROM labels WHERE story = ?", (story,)
        )
        self.touch([str(name) for (name,) in names])

    def know(self, feed: FeedDefinition, position: int) -> None:
        """A derived feed stands from the first story that needs it; a story's own follows it."""
        standing = self._state(feed.name)
        if standing is None:
            self._begin(feed, "derived", position)
        elif feed.story and standing != states.encode(feed):
            self._end(feed.name, position)
            self._begin(feed, "derived", position)

    def forget_empty(self, story: str, position: int) -> None:
        """A story became invisible: its own feed goes, and those it was in that are empty now.

        The name of a tag, even of one that it had once, may be what must not be seen.
        """
        names = self._db.execute(_FORGET, {"at": position, "now": NOW, "story": story}).fetchall()
        for (name,) in names:
            self._standing.pop(str(name), None)
            self._touched[str(name)] = None

    def define(self, feed: FeedDefinition, position: int, origin: str = "site") -> None:
        """A feed of the site's own, new or as it is from here on."""
        self._end(feed.name, position)
        self._begin(feed, origin, position)
        self._defined_are_touched = False
        self._touched[feed.name] = None

    def remove(self, name: str, position: int) -> None:
        """A feed is published no more."""
        self._end(name, position)
        self._defined_are_touched = False
        self._touched[name] = None

    def finish(self) -> None:
        """Mark what was touched."""
        marked = self._memory.dirty
        new = [name for name in self._touched if name not in marked]
        self._db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", ((name,) for name in new))
        if self._memory.behind:  # elsewhere, publishers take the marks away
            marked.update(new)

    def _state(self, name: str) -> bytes | None:
        found = self._standing.get(name)
        if found is not None:
            return found
        row = self._db.execute(
            "SELECT state FROM feeds WHERE name = ? AND until = ?", (name, NOW)
        ).fetchone()
        if row:
            self._standing[name] = row[0]
        return row[0] if row else None

    def _begin(self, feed: FeedDefinition, origin: str, position: int) -> None:
        state = self._standing[feed.name] = states.encode(feed)
        self._db.execute(
            "INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?, ?)",
            (feed.name, state, origin, position, NOW),
        )

    def _end(self, name: str, position: int) -> None:
        self._standing.pop(name, None)
        self._db.execute(
            "UPDATE feeds SET until = ? WHERE name = ? AND until = ?", (position, name, NOW)
        )
