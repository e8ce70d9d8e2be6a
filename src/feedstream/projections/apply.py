"""One event into the read model. Runs inside the transaction that moves the checkpoint."""

import apsw

from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import FEED, SOURCE, STORY, WIRE, kind_of
from feedstream.domain.inbox import evolve_item
from feedstream.domain.story import Story, evolve
from feedstream.domain.when import format_when
from feedstream.projections import states
from feedstream.projections.labels import entries_of, feeds_of, labels_of, stamp


def apply(db: apsw.Connection, recorded: e.Recorded) -> None:
    """Bring the tables from the position before `recorded` to its own."""
    kind = kind_of(recorded.stream)
    if isinstance(recorded.event, e.Unknown):
        _count_unknown(db)
    if kind == STORY:
        _story(db, recorded)
    elif kind == WIRE:
        _item(db, recorded)
    elif kind == SOURCE:
        _source(db, recorded.event)
    elif kind == FEED:
        _feed(db, recorded.event)


def _count_unknown(db: apsw.Connection) -> None:
    db.execute(
        "INSERT INTO meta VALUES ('unknown', '1')"
        " ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )


def load_story(db: apsw.Connection, story_id: str) -> Story | None:
    """The state of a story, public or not."""
    row = db.execute("SELECT state FROM stories WHERE id = ?", (story_id,)).fetchone()
    return states.STORY.validate_json(row[0]) if row else None


def _story(db: apsw.Connection, recorded: e.Recorded) -> None:
    before = load_story(db, recorded.stream.partition("-")[2])
    after = evolve(before, recorded)
    slug = _claim_slug(db, after)
    _save_story(db, after, slug, recorded)
    _save_parts(db, after)
    db.execute(
        "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            after.id,
            recorded.revision,
            recorded.position,
            recorded.type,
            format_when(recorded.effective_at),
            stamp(recorded.recorded_at),
            recorded.actor,
        ),
    )
    _touch_feeds(db, before, after)


def _claim_slug(db: apsw.Connection, story: Story) -> str:
    """The public slug: the first story in the log to use a slug owns it, later ones get a tail.

    Log order decides, so that every replay and every node gives the same addresses.
    """
    if not story.slug:
        return story.id
    for slug in (story.slug, f"{story.slug}-{story.id[-6:]}", f"{story.slug}-{story.id}"):
        db.execute("INSERT OR IGNORE INTO slugs VALUES (?, ?)", (slug, story.id))
        owner = db.execute("SELECT story FROM slugs WHERE slug = ?", (slug,)).fetchone()
        if owner and owner[0] == story.id:
            return slug
    return story.id


def _save_story(db: apsw.Connection, story: Story, slug: str, recorded: e.Recorded) -> None:
    db.execute(
        "INSERT OR REPLACE INTO stories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            story.id,
            slug,
            states.STORY.dump_json(story),
            story.headline,
            story.status,
            story.is_public,
            stamp(story.updated or recorded.recorded_at),
            stamp(story.embargo_until) if story.embargo_until else None,
            recorded.position,
        ),
    )


def _save_parts(db: apsw.Connection, story: Story) -> None:
    db.execute("DELETE FROM labels WHERE story = ?", (story.id,))
    db.execute("DELETE FROM entries WHERE story = ?", (story.id,))
    if not story.is_public:
        return
    db.executemany(
        "INSERT INTO labels VALUES (?, ?, ?, ?)", [(story.id, *row) for row in labels_of(story)]
    )
    db.executemany(
        "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
        [(story.id, *row) for row in entries_of(story)],
    )


def _touch_feeds(db: apsw.Connection, before: Story | None, after: Story) -> None:
    was, now = bool(before and before.is_public), after.is_public
    if not was and not now:
        return
    derived = {
        feed.name: feed for s in (before, after) if s and s.is_public for feed in feeds_of(s)
    }
    if now:
        for feed in feeds_of(after):
            _know(db, feed)
    else:
        _mark(db, _forget_empty(db, after))
    site = db.execute("SELECT name FROM feeds WHERE origin != 'derived'").fetchall()
    _mark(db, [*derived, *(str(row[0]) for row in site)])


def _know(db: apsw.Connection, feed: FeedDefinition) -> None:
    """A derived feed stands from the first story that needs it; a story's own follows its title."""
    replace = "REPLACE" if feed.story else "IGNORE"
    db.execute(
        f"INSERT OR {replace} INTO feeds VALUES (?, ?, 'derived')",  # noqa: S608  # two constants
        (feed.name, states.FEED.dump_json(feed)),
    )


def _forget_empty(db: apsw.Connection, after: Story) -> list[str]:
    """A story that became invisible takes along the feeds that are empty without it: the name of
    a tag, even of one that it had once, may be what must not be seen. Their names are returned.
    """
    gone = db.execute(
        "DELETE FROM feeds WHERE origin = 'derived' AND (name = ? OR name NOT LIKE 'story/%'"
        " AND NOT EXISTS (SELECT 1 FROM labels WHERE kind = substr(name, 1, instr(name, '/') - 1)"
        " AND value = substr(name, instr(name, '/') + 1))) RETURNING name",
        (f"story/{after.id}",),
    )
    return [str(row[0]) for row in gone]


def _mark(db: apsw.Connection, feeds: list[str]) -> None:
    db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(name,) for name in feeds])


def _item(db: apsw.Connection, recorded: e.Recorded) -> None:
    item_id = recorded.stream.partition("-")[2]
    row = db.execute("SELECT state FROM items WHERE id = ?", (item_id,)).fetchone()
    item = evolve_item(states.ITEM.validate_json(row[0]) if row else None, recorded)
    source = item.item.source if item.item else ""
    db.execute(
        "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)",
        (item.id, source, states.ITEM.dump_json(item), item.state, item.story, recorded.position),
    )


def _source(db: apsw.Connection, event: e.Event | e.Unknown) -> None:
    if isinstance(event, e.SourceAdded | e.SourceChanged):
        db.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?)",
            (event.source.name, states.SOURCE.dump_json(event.source)),
        )
    elif isinstance(event, e.SourceRemoved):
        db.execute("DELETE FROM sources WHERE name = ?", (event.name,))


def _feed(db: apsw.Connection, event: e.Event | e.Unknown) -> None:
    if isinstance(event, e.FeedDefined | e.FeedChanged):
        db.execute(
            "INSERT OR REPLACE INTO feeds VALUES (?, ?, 'site')",
            (event.feed.name, states.FEED.dump_json(event.feed)),
        )
        _mark(db, [event.feed.name])
    elif isinstance(event, e.FeedRemoved):
        db.execute("DELETE FROM feeds WHERE name = ?", (event.name,))
        _mark(db, [event.name])
