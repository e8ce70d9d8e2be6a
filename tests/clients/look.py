"""What a client sees of a feed, and what became of it from one look to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as a client shows it; `updated` is the date that it gives for the latest change."""

    title: str
    content: str
    updated: str


@dataclass(frozen=True, slots=True)
class Look:
    """The entries by their ids, and the ids of those that the client was told are gone."""

    entries: Mapping[str, Seen] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()

    def since(self, before: "Look") -> str:
        """In words: what is new, what changed, what went; “–” for nothing."""
        both = self.entries.keys() & before.entries.keys()
        changed = [id for id in both if _text(self.entries[id]) != _text(before.entries[id])]
        moved = {id for id in both if self.entries[id].updated != before.entries[id].updated}
        counts = (
            (len(self.entries.keys() - both), "new"),
            (len([id for id in changed if id in moved]), "changed"),
            (len([id for id in changed if id not in moved]), "changed without a new date"),
            (len(moved.difference(changed)), "with a new date alone"),
            (len(before.entries.keys() - both), "gone"),
            (len(self.deleted - before.deleted), "told deleted"),
        )
        return ", ".join(f"{count} {words}" for count, words in counts if count) or "–"


def _text(seen: Seen) -> tuple[str, str]:
    return seen.title, seen.content
