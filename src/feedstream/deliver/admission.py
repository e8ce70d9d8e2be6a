"""How often something may happen: a count by key over the last minute, in bounded memory."""

from collections import OrderedDict, deque

MINUTE = 60.0


class Rate:
    """At most `most` in a minute for each key.

    Only the last `keys` keys are remembered: a flood of addresses makes us forget, not grow.
    """

    def __init__(self, most: int, *, keys: int = 4096) -> None:
        self._most = most
        self._keys = keys
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def admits(self, key: str, at: float) -> bool:
        """Whether one more may happen at `at` (seconds); it is not counted."""
        return self.wait(key, at) == 0

    def count(self, key: str, at: float) -> None:
        """One more happened."""
        times = self._seen.setdefault(key, deque(maxlen=self._most))
        times.append(at)
        self._seen.move_to_end(key)
        if len(self._seen) > self._keys:
            self._seen.popitem(last=False)

    def wait(self, key: str, at: float) -> float:
        """The seconds until one more may happen; 0 for now."""
        times = self._seen.get(key)
        if times is None or len(times) < self._most:
            return 0.0
        return max(0.0, times[0] + MINUTE - at)

    def exhausted(self, at: float) -> list[str]:
        """The keys for which no more may happen now."""
        return [key for key in self._seen if not self.admits(key, at)]
