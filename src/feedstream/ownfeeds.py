"""The feeds of a site's own: put them in the log, take them out, follow feedstream.toml."""

from feedstream.bootstrap import App
from feedstream.config import FeedSettings
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream
from feedstream.domain.registry import feed_in, put_feed, remove_feed
from feedstream.errors import Invalid
from feedstream.newsroom import SETTINGS_ACTOR


async def put(app: App, feed: FeedDefinition, *, actor: str) -> bool:
    """Define a feed or change its definition; whether anything changed. Raises `Refused`."""
    return await app.newsroom.register(
        feed_stream(feed.name), lambda history: put_feed(feed, feed_in(history)), actor=actor
    )


async def remove(app: App, name: str, *, actor: str) -> None:
    """Publish a feed no more. Raises `NotFound`."""
    await app.newsroom.register(
        feed_stream(name), lambda history: remove_feed(name, feed_in(history)), actor=actor
    )


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
