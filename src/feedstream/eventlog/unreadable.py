"""A log that can't be opened: what is published goes on being served beside it, nothing else."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from feedstream.errors import Integrity
from feedstream.eventlog.reading import Closes


class UnreadableLog(Closes):
    """Stands where a damaged log would: whoever asks it anything is told `sentence`.

    It has the shape of an `EventLog`; every method of that raises `Integrity`.
    """

    def __init__(self, sentence: str) -> None:
        self.broken = sentence
        self.residue = ""

    async def _refused(self, *_: Any, **__: Any) -> Any:
        raise Integrity(self.broken)

    append = erase = restore = by_id = head = stream_head = position_at = _refused
    tree = prove_inclusion = prove_consistency = verify = _refused

    async def _refused_events(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise Integrity(self.broken)
        yield  # type: ignore[unreachable]  # which makes it an iterator

    read_all = read_stream = read_pages = stored_pages = _refused_events

    async def subscribe(self, after: int = 0) -> AsyncGenerator[Any, None]:
        """Raises `Integrity`."""
        del after
        raise Integrity(self.broken)
        yield  # type: ignore[unreachable]  # which makes it a generator

    async def aclose(self) -> None:
        """Nothing is open."""
