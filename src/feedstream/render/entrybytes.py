"""Parts of feeds rendered once: their bytes are kept, and feeds are put together from them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from threading import Lock

from feedstream.render.document import Entry

DEFAULT_LIMIT = 64 * 1024 * 1024
_ROOM = 0.9  # of the limit is what stays when it was passed

Head = tuple[object, ...]
"""All that the head of a feed is made from."""


@dataclass(slots=True)
class _Kept:
    source: Entry | Head
    rendered: bytes
    size: int  # about what it holds in memory, in bytes
    used: int = 0


class EntryBytes:
    """A bounded store of rendered entries and heads of feeds, safe to share among threads.

    What is found was rendered from an equal value and nothing else: a rendering must be a function
    of that and of its slot. The owner calls `forget` for what must not stay in memory.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        """`limit` is in bytes, about; what was not asked for longest goes first."""
        self._limit = limit
        self._size = 0
        self._turn = 0  # counts the calls, so that a use is noted by one assignment
        self._slots: dict[Hashable, dict[str, _Kept]] = {}
        self._lock = Lock()

    @property
    def size(self) -> int:
        """The bytes that are held now, about."""
        return self._size

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._slots.values()))

    def render(
        self, slot: Hashable, entries: Sequence[Entry], build: Callable[[Entry], bytes]
    ) -> list[bytes]:
        """The bytes of each entry in turn; `build` makes those that are not there.

        `slot` is all else that the bytes depend on, such as the format.
        """
        names = [entry.id for entry in entries]
        found = self._find(slot, names, entries)
        if None not in found:
            return found  # type: ignore[return-value]  # as it says
        for number, (entry, one) in enumerate(zip(entries, found, strict=True)):
            if one is None:
                found[number] = rendered = build(entry)
                size = len(rendered) + len(entry.content)
                self._keep(slot, entry.id, _Kept(entry, rendered, size))
        return [one for one in found if one is not None]

    def head(self, slot: Hashable, name: str, source: Head, build: Callable[[], bytes]) -> bytes:
        """The bytes of the head of the feed of that name; `build` makes them from `source`."""
        slot = "head", slot
        (found,) = self._find(slot, (name,), (source,))
        if found is None:
            found = build()
            self._keep(slot, name, _Kept(source, found, 2 * len(found)))
        return found

    def forget(self, story: str) -> None:
        """Drop all entries of the story whose own entry has this id, and all heads.

        The head of a story's own feed has its headline; heads are quickly made again.
        """
        with self._lock:
            self._drop(
                (slot, name)
                for slot, name, one in list(self._everything())
                if not isinstance(one.source, Entry) or one.source.story == story
            )

    def _find(
        self, slot: Hashable, names: Sequence[str], sources: Sequence[Entry | Head]
    ) -> list[bytes | None]:
        found: list[bytes | None] = []
        with self._lock:
            self._turn += 1
            turn, kept = self._turn, self._slots.get(slot, {})
            for name, source in zip(names, sources, strict=True):
                one = kept.get(name)
                # Most entries are the very same object, which spares the comparison.
                if one is not None and (one.source is source or one.source == source):
                    one.used = turn
                    found.append(one.rendered)
                else:
                    found.append(None)
        return found

    def _keep(self, slot: Hashable, name: str, made: _Kept) -> None:
        with self._lock:
            kept = self._slots.setdefault(slot, {})
            old = kept.get(name)
            self._size += made.size - (old.size if old else 0)
            made.used = self._turn
            kept[name] = made
            if self._size > self._limit:
                self._make_room()

    def _make_room(self) -> None:
        oldest = sorted(self._everything(), key=lambda found: found[2].used)
        room = self._limit * _ROOM
        # Each step sees what the one before it made of the size.
        passed = takewhile(lambda _: self._size > room, oldest)
        self._drop((slot, name) for slot, name, _ in passed)

    def _drop(self, which: Iterable[tuple[Hashable, str]]) -> None:
        for slot, name in which:
            self._size -= self._slots[slot].pop(name).size

    def _everything(self) -> Iterator[tuple[Hashable, str, _Kept]]:
        for slot, kept in self._slots.items():
            yield from ((slot, name, one) for name, one in kept.items())
