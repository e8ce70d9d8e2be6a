"""The states in memory that the tables don't have yet, written to them."""

import apsw

from feedstream.projections.items import save_items
from feedstream.projections.memory import Memory
from feedstream.projections.stories import save_heads, save_parts


def save_states(db: apsw.Connection, memory: Memory) -> None:
    """Write every state that changed since it was written last."""
    stories, items = memory.stories, memory.items
    save_heads(db, (stories[stream] for stream in memory.unwritten))
    save_parts(db, ((was, stories[stream].story) for stream, was in memory.unwritten.items()))
    save_items(db, (items[stream] for stream in memory.unwritten_items))
    memory.unwritten.clear()
    memory.unwritten_items.clear()
