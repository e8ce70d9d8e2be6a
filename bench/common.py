"""What the benchmarks share: events of about 2 KB, medians, and lines of the table."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feedstream.clock import new_id
from feedstream.domain.events import Event, Proposed, StoryPublished, UpdateEdited

ROUNDS = 3
BODY = "<p>" + "Talks went on through the night and both sides spoke of progress. " * 27 + "</p>"
WHEN = datetime(2021, 12, 6, 9, 30, tzinfo=UTC)
STORIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: a rate in events a second, beside a peer's and the goal.

    `goal` is how many times the peer's rate it is to be; None where it is told for comparison.
    """

    work: str
    ours: float
    peer: str
    theirs: float
    goal: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def events(count: int, *, stories: int = STORIES, size: int = len(BODY)) -> list[Proposed]:
    """`count` new events of `size` characters: stories are published, then their update edited."""
    return [_proposed(number, stories, BODY[:size]) for number in range(count)]


def _proposed(number: int, stories: int, body: str) -> Proposed:
    event: Event
    if number < stories:
        event = StoryPublished(
            entry_id=f"tag:example.org,2021:{new_id()}",
            slug=f"talks-{number}",
            headline="Talks go on",
            body=body,
        )
    else:
        event = UpdateEdited(update=f"u{number % 7}", headline="Talks go on", body=body)
    return Proposed(
        id=new_id(),
        stream=f"story-{number % stories}",
        event=event,
        effective_at=WHEN,
        actor="desk",
    )


def rate(count: int, work: Callable[[], object]) -> float:
    """Events a second of `work`, which deals with `count` of them."""
    gc.collect()
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each rate; peers are measured in turn, so that all meet the same machine."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def show(lines: Sequence[Line]) -> None:
    """Print lines as they come."""
    for line in lines:
        goal = f"(goal {line.goal:g})" if line.goal is not None else ""
        print(
            f"{line.work:<34} {line.ours:>10,.0f}/s  {line.peer:<30} {line.theirs:>10,.0f}/s "
            f"{line.ratio:>7.2f} x {goal}",
            flush=True,
        )
