"""States by stream in a memory that is bounded by their size, not by their number."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from feedstream.domain.story import Story

S = TypeVar("S")

EACH = 2000
"""Bytes, roughly, that a small state takes up beside its texts."""


def weight_of(story: Story) -> int:
    """The bytes, roughly, that a story takes up."""
    parts = sum(EACH + len(update.body) for update in story.updates)
    return EACH + len(story.body) + parts + EACH * len(story.corrections)


class Bounded(Generic[S]):
    """States by stream, those last touched at the end; `trim` forgets the others."""

    def __init__(self, weigh: Callable[[S], int], most: int) -> None:
        self._weigh, self._most = weigh, most
        self._states: dict[str, S] = {}
        self._weights: dict[str, int] = {}
        self._touched: set[str] = set()
        self._weight = 0
        self.get = self._states.get

    def __contains__(self, stream: str) -> bool:
        """Whether the state of that stream is remembered."""
        return stream in self._states

    def __getitem__(self, stream: str) -> S:
        """The state of a stream that is remembered."""
        return self._states[stream]

    def put(self, stream: str, state: S) -> None:
        """Remember a state."""
        self._states.pop(stream, None)  # so that it comes last
        self._states[stream] = state
        self._touched.add(stream)

    @property
    def is_full(self) -> bool:
        """Whether `trim` would forget something."""
        for stream in self._touched:
            now = self._weigh(self._states[stream])
            self._weight += now - self._weights.get(stream, 0)
            self._weights[stream] = now
        self._touched.clear()
        return self._weight > self._most

    def trim(self) -> None:
        """Forget the oldest states, to half of what may be remembered, once it is too much."""
        if self.is_full:
            for stream in self._oldest():
                del self._states[stream]
                self._weight -= self._weights.pop(stream)

    def _oldest(self) -> list[str]:
        def over() -> Iterator[str]:
            left = self._weight
            for stream in self._states:
                if left <= self._most // 2:
                    return
                left -= self._weights[stream]
                yield stream

        return list(over())

    def clear(self) -> None:
        """Forget everything."""
        self._states.clear()
        self._weights.clear()
        self._touched.clear()
        self._weight = 0

    def restore(self, other: "Bounded[S]") -> None:
        """Be as `other` is."""
        self.clear()
        self._states.update(other._states)
        self._weights.update(other._weights)
        self._touched.update(other._touched)
        self._weight = other._weight
