"""What lists of the whole site are made from, each question bounded however large the site is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import apsw

from feedstream.domain.feed import FeedDefinition
from feedstream.projections import states
from feedstream.projections.labels import stamp
from feedstream.projections.tables import NOW

Group = Literal["section", "tag", "author", "source"]
"""What feeds are derived from, beside the stories' own: the first part of their names."""

PART = 1000
"""So many positions of the log go to one part of a sitemap, and so no more stories than that; an
index of the table `stories` has it too."""

_PARTS = f"""
WITH RECURSIVE part(number) AS (
    SELECT min(first / {PART}) FROM stories WHERE public
    UNION ALL
    SELECT (SELECT min(first / {PART}) FROM stories WHERE public AND first / {PART} > number)
    FROM part WHERE number IS NOT NULL
)
SELECT number, (SELECT max(updated) FROM stories WHERE public AND first / {PART} = number)
FROM part WHERE number IS NOT NULL
"""  # noqa: S608  # one look into the index a part, not one a story
_PART = f"SELECT slug, updated FROM stories WHERE public AND first / {PART} = ? ORDER BY first"  # noqa: S608
_NEWS = f"""
SELECT s.slug, s.headline, json_extract(CAST(s.state AS TEXT), '$.language'), e.at
FROM entries e JOIN stories s ON s.id = e.story
WHERE e.until = {NOW} AND e.kind = 'publication' AND s.public AND s.status != 'retracted'
AND e.at >= ? ORDER BY e.at DESC, e.position DESC LIMIT ?
"""  # noqa: S608
TAKEN_BACK = """
SELECT id FROM stories WHERE NOT public
AND json_extract(CAST(state AS TEXT), '$.published') IS NOT NULL ORDER BY id
"""
"""The stories of which news systems must hear that they were taken back."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A public story as a line in a list: `at` is when it changed or, as news, was published."""

    slug: str
    at: datetime
    headline: str = ""
    language: str = ""


class Listing:
    """The lists, as of the read model's checkpoint."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def own_feeds(self) -> list[FeedDefinition]:
        """The feeds that the site has by itself or defined, by name."""
        rows = self._db.execute(
            "SELECT state FROM feeds WHERE until = ? AND origin IN ('builtin', 'site')"
            " ORDER BY name",
            (NOW,),
        )
        return [states.FEED.validate_json(row[0]) for row in rows]

    def feeds_of(self, group: Group, limit: int) -> list[FeedDefinition]:
        """The feeds that follow from what stories are filed under, by name, at most `limit`."""
        rows = self._db.execute(
            "SELECT state FROM feeds WHERE name > ? || '/' AND name < ? || '0'"
            " AND until = ? AND origin = 'derived' ORDER BY name LIMIT ?",
            (group, group, NOW, limit),
        )
        return [states.FEED.validate_json(row[0]) for row in rows]

    def parts(self) -> list[tuple[int, datetime]]:
        """The parts of the sitemap, from 1, that hold a public story, and when the latest change
        in each was."""
        return [(int(row[0]) + 1, _instant(row[1])) for row in self._db.execute(_PARTS)]

    def part(self, number: int) -> list[Shown]:
        """The public stories of one part, in the order of the log."""
        rows = self._db.execute(_PART, (number - 1,))
        return [Shown(slug=row[0], at=_instant(row[1])) for row in rows]

    def part_of(self, story: str) -> int | None:
        """The part that a story belongs to, public or not."""
        found = self._db.execute("SELECT first FROM stories WHERE id = ?", (story,)).fetchone()
        return int(found[0]) // PART + 1 if found else None

    def taken_back(self) -> list[str]:
        """The stories that were public and are not, by id."""
        return [str(row[0]) for row in self._db.execute(TAKEN_BACK)]

    def news(self, age: timedelta, limit: int) -> list[Shown]:
        """The stories that stand and were published last, none by more than `age` before the
        newest; newest first, at most `limit`."""
        newest = self._db.execute(_NEWS, ("", 1)).fetchone()
        if newest is None:
            return []
        since = max(_instant(newest[3]), _EARLIEST + age) - age
        rows = self._db.execute(_NEWS, (stamp(since), limit))
        return [
            Shown(slug=row[0], headline=row[1], language=row[2] or "", at=_instant(row[3]))
            for row in rows
        ]


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
