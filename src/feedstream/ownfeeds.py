"""The feeds of a site's own: put them in the log, take them out, follow feedstream.toml."""

from collections.abc import Callable

from feedstream.bootstrap import App
from feedstream.config import FeedSettings
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream
from feedstream.domain.registry import put_feed, remove_feed
from feedstream.errors import Invalid
from feedstream.newsroom import Proposal

SETTINGS_ACTOR = "settings"
Rule = Callable[[FeedDefinition | None], tuple[e.FeedEvent, ...]]


async def put(app: App, feed: FeedDefinition, *, actor: str) -> bool:
    """Define a feed or change its definition; whether anything changed. Raises `Refused`."""
    return await _change(app, feed.name, lambda known: put_feed(feed, known), actor)


async def remove(app: App, name: str, *, actor: str) -> None:
    """Publish a feed no more. Raises `NotFound`."""
    await _change(app, name, lambda known: remove_feed(name, known), actor)


async def sync_settings(app: App) -> list[str]:
    """Bring the log up to the feeds in feedstream.toml; the names of those that changed.

    A feed that is gone from the file stays until it is removed: it may have come by command.
    Raises `Invalid` for one that names no story that is there.
    """
    changed = [
        written.name
        for written in app.settings.feeds.defined
        if await put(app, _definition(app, written), actor=SETTINGS_ACTOR)
    ]
    if changed:
        await app.settle()
    return changed


def _definition(app: App, written: FeedSettings) -> FeedDefinition:
    fields = written.model_dump()
    if written.story:
        row = app.views.find(written.story)
        if row is None:
            raise Invalid(
                f"{app.home.config}: the feed “{written.name}” is of a story “{written.story}” that"
                " is not there."
            )
        fields["story"] = row.story.id
    return FeedDefinition(**fields)


async def _change(app: App, name: str, rule: Rule, actor: str) -> bool:
    async def propose() -> Proposal:
        known, position = await _load(app, name)
        stream, now = feed_stream(name), app.newsroom.clock()
        proposed = [
            app.newsroom.envelope(event, stream, effective=now, actor=actor)
            for event in rule(known)
        ]
        return proposed, {stream: position}

    return bool(await app.newsroom.retry_append(propose))


async def _load(app: App, name: str) -> tuple[FeedDefinition | None, int]:
    """The feed as the log has it, and the position of its last event."""
    known: FeedDefinition | None = None
    position = 0
    async for recorded in app.log.read_stream(feed_stream(name)):
        position = recorded.position
        match recorded.event:
            case e.FeedDefined() | e.FeedChanged():
                known = recorded.event.feed
            case e.FeedRemoved():
                known = None
    return known, position
