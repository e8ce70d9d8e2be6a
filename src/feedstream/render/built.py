"""Entries that were built lately: a change of one story costs the entries of that one."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from feedstream.domain.story import Story
from feedstream.render.document import Article, Entry

MOST = 64 * 1024 * 1024
"""About how much text is remembered, in characters."""


@dataclass(slots=True)
class _Kept:
    """The entries of a story, which must be the very object that they were built from."""

    story: Story
    slug: str
    entries: dict[str, Entry] = field(default_factory=dict)
    size: int = 0


class Built:
    """Entries by story and id, safe to share among threads; for one site's settings."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def entry(self, article: Article, id: str, build: Callable[[], Entry]) -> Entry:
        """The entry `id` of a story, from `build` where that is not remembered."""
        with self._lock:
            kept = self._of(article)
            found = kept.entries.get(id) if kept else None
        if found is not None:
            return found
        made = build()
        with self._lock:
            self._keep(article, id, made)
        return made

    def forget(self, story: str) -> bool:
        """Drop what is remembered of a story; whether that was anything."""
        with self._lock:
            kept = self._kept.pop(story, None)
            self._size -= kept.size if kept else 0
            return kept is not None

    def _of(self, article: Article) -> _Kept | None:
        kept = self._kept.get(article.story.id)
        if kept is None or kept.story is not article.story or kept.slug != article.slug:
            return None
        self._kept.move_to_end(article.story.id)
        return kept

    def _keep(self, article: Article, id: str, entry: Entry) -> None:
        kept = self._of(article)
        if kept is None:
            old = self._kept.pop(article.story.id, None)
            self._size -= old.size if old else 0
            kept = self._kept[article.story.id] = _Kept(article.story, article.slug)
        if id not in kept.entries:
            size = 1_000 + len(entry.content) + len(entry.summary)
            kept.entries[id] = entry
            kept.size += size
            self._size += size
        while self._size > self._most:
            self._size -= self._kept.popitem(last=False)[1].size
