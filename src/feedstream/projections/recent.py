"""Stories that were decoded lately: a change of one costs the decoding of that one."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from feedstream.domain.story import Story
from feedstream.projections.bounded import weight_of

MOST = 64 * 1024 * 1024
"""About how many bytes of stories are remembered."""

Key = tuple[str, int]
"""A story's id and the position of its last event."""


class Recent:
    """The states last asked for, safe to share among threads.

    The states of one `generation` of the tables: a rebuild gives other ones at the same positions,
    since what was erased is not in them.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._generation = ""
        self._stories: OrderedDict[str, tuple[int, Story, int]] = OrderedDict()
        self._lock = Lock()

    def find(self, generation: str, keys: Iterable[Key]) -> dict[str, Story]:
        """By id, those of `keys` that are remembered."""
        with self._lock:
            self._settle(generation)
            found: dict[str, Story] = {}
            for story_id, position in keys:
                kept = self._stories.get(story_id)
                if kept and kept[0] == position:
                    self._stories.move_to_end(story_id)
                    found[story_id] = kept[1]
            return found

    def keep(self, generation: str, keys: Iterable[Key], stories: Iterable[Story]) -> None:
        """Remember the stories that were decoded at these keys; the longest unasked for go."""
        with self._lock:
            self._settle(generation)
            for (story_id, position), story in zip(keys, stories, strict=True):
                self._drop(story_id)
                size = weight_of(story)
                self._stories[story_id] = (position, story, size)
                self._size += size
            while self._size > self._most:
                self._drop(next(iter(self._stories)))

    def _settle(self, generation: str) -> None:
        if generation != self._generation:
            self._stories.clear()
            self._size = 0
            self._generation = generation

    def _drop(self, story_id: str) -> None:
        if story_id in self._stories:
            self._size -= self._stories.pop(story_id)[2]
