"""When to try again, and when to stop; pure."""

from feedstream.deliver.limits import Limits


def pause_after(failures: int, limits: Limits) -> float:
    """The seconds to wait after so many failures in a row (1 or more)."""
    steps = min(max(failures, 1) - 1, 20)
    return float(min(limits.first_pause * limits.pause_factor**steps, limits.longest_pause))


def is_over(began: float, at: float, limits: Limits) -> bool:
    """Whether what was first tried at `began` is given up `at` this time (seconds since 1970)."""
    return at - began >= limits.give_up_after
