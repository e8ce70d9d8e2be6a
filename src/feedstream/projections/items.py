"""Wire items in the tables."""

from collections.abc import Iterable

import apsw

from feedstream.domain.inbox import InboxItem
from feedstream.projections import states

_SAVE = "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)"


def load_item(db: apsw.Connection, item_id: str) -> InboxItem | None:
    """The state of a wire item."""
    row = db.execute("SELECT state FROM items WHERE id = ?", (item_id,)).fetchone()
    return states.ITEM.validate_json(row[0]) if row else None


def save_items(db: apsw.Connection, items: Iterable[InboxItem]) -> None:
    """Write the states of wire items."""
    db.executemany(_SAVE, map(_row, items))


def _row(item: InboxItem) -> tuple[str, str, bytes, str, str, int]:
    source = item.item.source if item.item else ""
    return (item.id, source, states.encode(item), item.state, item.story, item.position)
