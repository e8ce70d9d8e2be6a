"""What readers were given and must not keep: the entries of stories that were killed or merged.

Rows of `entries` end where their story stops being public, and so do its labels: an entry was in
the feeds whose labels its story had while it stood, those included that it was taken from since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import apsw

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.story import Notice, Story
from feedstream.domain.when import moved_on
from feedstream.projections import states
from feedstream.projections.labels import AMENDING, label_slug
from feedstream.projections.tables import NOW

TAKEN_BACK = ("killed", "merged")
"""The words for stories (`Story.status`) that are gone for good."""

LEAST_GONE = 200
"""At most so many tombstones, where the window is not greater: readers hold what it left too."""

MOST_GONE = 1000
"""The greatest number for a feed without a window of its own."""

_GONE = """
SELECT e.story, e.entry, e.kind, s.state FROM entries e JOIN stories s ON s.id = e.story
WHERE e.until <= ? AND e.until < {now} AND s.status IN {taken} {kinds} {filters}
AND NOT EXISTS (
    SELECT 1 FROM entries n WHERE n.entry = e.entry AND n.until > e.until AND n.since <= ?
) ORDER BY e.until DESC, e.at DESC, e.position DESC, e.entry DESC
"""
_LABELLED = (
    "AND EXISTS (SELECT 1 FROM labels l WHERE l.story = e.story AND l.kind = ? AND l.value = ?"
    " AND l.since < e.until AND l.until > e.since)"
)
_KINDS = {
    "stories": "AND e.kind = 'publication'",
    "corrections": f"AND e.kind IN {AMENDING}",
    "updates": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An entry that is not there any more; `kind` is that of its row.

    `story` is its story's id, `own` that of the story's own entry. `when` is later than its last
    `updated` (RFC 6721 §3). `legal` is what the kill itself said: nothing that comes later moves
    it. `merged` where the story is told in another one; else it was killed.
    """

    story: str
    own: str
    entry: str
    kind: str
    when: datetime
    legal: bool
    merged: bool


def gone_from(db: apsw.Connection, feed: FeedDefinition, position: int) -> list[Gone]:
    """The entries that `feed` showed and that were taken back up to `position`, latest first.

    At most `LEAST_GONE`, or as many as the feed has room for.
    """
    filters, values = _filters(feed)
    sql = _GONE.format(now=NOW, taken=TAKEN_BACK, kinds=_KINDS[feed.kind], filters=filters)
    stories: dict[str, Story] = {}
    found: list[Gone] = []
    for id_, entry, kind, state in db.execute(sql, (position, *values, position)):
        story = stories.get(str(id_)) or states.STORY.validate_json(state)
        stories[str(id_)] = story
        if (notice := _notice(story, position)) is not None:
            found.append(_gone(story, str(entry), str(kind), notice))
            if len(found) == (max(feed.window, LEAST_GONE) if feed.window else MOST_GONE):
                break
    return found


def _gone(story: Story, entry: str, kind: str, notice: Notice) -> Gone:
    return Gone(
        story=story.id,
        own=story.entry_id,
        entry=entry,
        kind=kind,
        when=moved_on(story.updated, notice.at),
        legal=notice.ordered,
        merged=notice is story.merged,
    )


def _notice(story: Story, position: int) -> Notice | None:
    """The notice that held at `position`; None where it was hidden for another reason."""
    told = (story.killed, story.merged)
    return next((one for one in told if one and one.position <= position), None)


def _filters(feed: FeedDefinition) -> tuple[str, Sequence[str]]:
    wanted = [
        (kind, label_slug(value))
        for kind in ("section", "tag", "author", "source")
        if (value := getattr(feed, kind))
    ]
    clauses = [_LABELLED] * len(wanted) + (["AND e.story = ?"] if feed.story else [])
    values = [one for pair in wanted for one in pair] + ([feed.story] if feed.story else [])
    return " ".join(clauses), values
