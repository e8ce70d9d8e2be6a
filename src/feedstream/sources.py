"""The partners of a newsroom: put them in the log, take them out, follow feedstream.toml."""

from feedstream.bootstrap import App
from feedstream.config import SourceSettings
from feedstream.domain.ids import source_stream
from feedstream.domain.registry import put_source, remove_source, source_in
from feedstream.domain.wire import Source
from feedstream.newsroom import SETTINGS_ACTOR


async def put(app: App, source: Source, *, actor: str) -> bool:
    """Add a source or change it; whether anything changed. Raises `Refused`."""
    return await app.newsroom.register(
        source_stream(source.name),
        lambda history: put_source(source, source_in(history)),
        actor=actor,
    )


async def remove(app: App, name: str, *, reason: str = "", actor: str) -> None:
    """Stop a source; its items stay. Raises `NotFound`."""
    await app.newsroom.register(
        source_stream(name),
        lambda history: remove_source(name, source_in(history), reason),
        actor=actor,
    )


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
