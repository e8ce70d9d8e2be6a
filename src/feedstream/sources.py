"""The partners of a newsroom: put them in the log, take them out, follow feedstream.toml."""

from collections.abc import Callable

from feedstream.bootstrap import App
from feedstream.config import SourceSettings
from feedstream.domain import events as e
from feedstream.domain.ids import source_stream
from feedstream.domain.registry import put_source, remove_source
from feedstream.domain.wire import Source
from feedstream.newsroom import Proposal

SETTINGS_ACTOR = "settings"
Rule = Callable[[Source | None], tuple[e.SourceEvent, ...]]


async def put(app: App, source: Source, *, actor: str) -> bool:
    """Add a source or change it; whether anything changed. Raises `Refused`."""
    return await _change(app, source.name, lambda known: put_source(source, known), actor)


async def remove(app: App, name: str, *, reason: str = "", actor: str) -> None:
    """Stop a source; its items stay. Raises `NotFound`."""
    await _change(app, name, lambda known: remove_source(name, known, reason), actor)


async def sync_settings(app: App) -> list[str]:
    """Bring the log up to the sources in feedstream.toml; the names of those that changed.

    A source that is gone from the file stays until it is removed: it may have come by command.
    """
    changed = [
        written.name
        for written in app.settings.sources
        if await put(app, source_of(written), actor=SETTINGS_ACTOR)
    ]
    if changed:
        await app.settle()
    return changed


def source_of(written: SourceSettings) -> Source:
    """The source that the file describes."""
    fields = written.model_dump()
    return Source(**{**fields, "credit": written.credit or written.name})


async def _change(app: App, name: str, rule: Rule, actor: str) -> bool:
    async def propose() -> Proposal:
        known, position = await _load(app, name)
        stream, now = source_stream(name), app.newsroom.clock()
        proposed = [
            app.newsroom.envelope(event, stream, effective=now, actor=actor)
            for event in rule(known)
        ]
        return proposed, {stream: position}

    return bool(await app.newsroom.retry_append(propose))


async def _load(app: App, name: str) -> tuple[Source | None, int]:
    """The source as the log has it, and the position of its last event."""
    known: Source | None = None
    position = 0
    async for recorded in app.log.read_stream(source_stream(name)):
        position = recorded.position
        match recorded.event:
            case e.SourceAdded() | e.SourceChanged():
                known = recorded.event.source
            case e.SourceRemoved():
                known = None
    return known, position
