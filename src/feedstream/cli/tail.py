"""Which events `log tail` shows, and how it follows the log."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from feedstream.asof import parse_moment
from feedstream.bootstrap import App
from feedstream.cli.context import SHORT, find_story
from feedstream.cli.output import moment, raw, say
from feedstream.domain.events import EVENT_CLASSES, Recorded
from feedstream.domain.ids import WIRE, id_in, kind_of, source_stream, story_stream
from feedstream.errors import Invalid
from feedstream.eventlog.base import CaughtUp
from feedstream.eventlog.transfer import export
from feedstream.replay import first_position, last_position

Within = tuple[str, str]
"""Since when and until when: positions, instants, dates, or nothing."""

TYPES = tuple(sorted(cls.TYPE for cls in EVENT_CLASSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an event must be to be shown; empty fields ask nothing."""

    app: App
    types: frozenset[str] | None
    stream: str
    source: str
    actor: str
    after: int = 0
    upto: int | None = None

    @classmethod
    async def of(
        cls,
        app: App,
        patterns: Sequence[str],
        story: str,
        source: str,
        actor: str,
        within: Within,
    ) -> "Wanted":
        """From what a person gives. Raises `NotFound`, `Invalid`."""
        site = app.settings.site
        since, until = (parse_moment(one) if one else None for one in within)
        return cls(
            app=app,
            types=_types(patterns),
            stream=story_stream(find_story(app, story).story.id) if story else "",
            source=source,
            actor=actor,
            after=await first_position(app.log, since, site) - 1 if since is not None else 0,
            upto=await last_position(app.log, until, site) if until is not None else None,
        )

    @property
    def everything(self) -> bool:
        """Whether nothing is asked but a range."""
        return self.types is None and not (self.stream or self.source or self.actor)

    def admits(self, recorded: Recorded) -> bool:
        """Whether an event is one of those."""
        return (
            (self.types is None or recorded.type in self.types)
            and self.stream in ("", recorded.stream)
            and self.actor in ("", recorded.actor)
            and self.source in ("", _source(self.app, recorded))
        )


def _types(patterns: Sequence[str]) -> frozenset[str] | None:
    if not patterns:
        return None
    found = frozenset(t for t in TYPES if any(fnmatchcase(t, pattern) for pattern in patterns))
    if not found:
        raise Invalid(f"There is no event type “{patterns[0]}”: there are {', '.join(TYPES)}.")
    return found


def _source(app: App, recorded: Recorded) -> str:
    """The source that an event is from or about; "" where there is none."""
    if kind_of(recorded.stream) == WIRE:
        item = app.views.item(id_in(recorded.stream))
        return item.known.source if item and item.item else ""
    if recorded.stream.startswith(source_stream("")):
        return id_in(recorded.stream)
    origin = getattr(recorded.event, "origin", None)
    return origin.source if origin else str(getattr(recorded.event, "source", ""))


async def follow(app: App, wanted: Wanted, *, count: int, on: bool, as_json: bool) -> None:
    """Show the last `count` events that are wanted and, with `on`, all that come."""
    head = (await app.log.head()).position
    head = head if wanted.upto is None else min(head, wanted.upto)
    last = deque([one async for one in _history(app, wanted, head, count)], maxlen=count)
    for recorded in last:
        await _show(app, recorded, as_json)
    if not on or wanted.upto is not None:
        return
    async for one in app.log.subscribe(head):
        if isinstance(one, CaughtUp):
            continue
        if wanted.source:
            await app.catch_up()
        if wanted.admits(one):
            await _show(app, one, as_json)


async def _history(app: App, wanted: Wanted, head: int, count: int) -> AsyncIterator[Recorded]:
    after = max(wanted.after, head - count) if wanted.everything else wanted.after
    if wanted.stream:
        events = app.log.read_stream(wanted.stream, after=after, upto=head)
    else:
        actor = wanted.actor or None
        events = app.log.read_all(after, upto=head, types=wanted.types, actor=actor)
    async for recorded in events:
        if wanted.admits(recorded):
            yield recorded


async def _show(app: App, recorded: Recorded, as_json: bool) -> None:
    if as_json:
        async for line in export(app.log, recorded.position - 1, recorded.position):
            raw(line)
        return
    what = getattr(recorded.event, "headline", None) or getattr(recorded.event, "name", None)
    item = getattr(recorded.event, "item", None)
    told = what or getattr(item, "headline", "") or ""
    print(
        f"{recorded.position:>6}  {moment(recorded.recorded_at)}  {recorded.type:<22}",
        end="  ",
    )
    stream = f"{kind_of(recorded.stream)} …{recorded.stream[-SHORT:]}"
    say(f"{recorded.actor:<12}  {stream}  {told}".rstrip())
