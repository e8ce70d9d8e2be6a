"""Which newsroom a command works on, on whose behalf, and how its work is run."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import typer

from feedstream.asof import Past, parse_moment, point_of
from feedstream.bootstrap import App, open_app
from feedstream.cli.output import note
from feedstream.domain.story import Story, Update
from feedstream.domain.when import When, parse_when
from feedstream.errors import FeedstreamError, Invalid, NotFound
from feedstream.projections.views import StoryRow

T = TypeVar("T")
SHORT = 8  # characters of an id's end that tables show


@dataclass(frozen=True, slots=True)
class Cli:
    """What was said before the command: the newsroom's home and who is at work."""

    home: Path
    actor: str


def login_name() -> str:
    """Who is at work, where nobody says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "editor"


def cli_of(context: typer.Context) -> Cli:
    """What was said before the command."""
    cli = context.find_root().obj
    if not isinstance(cli, Cli):
        raise TypeError("the root command did not run")
    return cli


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


def with_app(context: typer.Context, work: Callable[[App], Awaitable[T]]) -> T:
    """Open the newsroom, bring its read model up to the log, and work."""

    async def whole() -> T:
        async with open_app(cli_of(context).home) as app:
            await app.catch_up()
            return await work(app)

    return run(whole())


def writing(context: typer.Context, work: Callable[[App, str], Awaitable[T]]) -> T:
    """As `with_app`, for work that appends: the actor is given, and what it did is published."""

    async def whole(app: App) -> T:
        done = await work(app, cli_of(context).actor)
        await publish(app)
        return done

    return with_app(context, whole)


async def publish(app: App) -> None:
    """Publish what was recorded. Where that fails the record stands, and the command was done."""
    try:
        trouble = (await app.settle()).trouble
    except FeedstreamError as error:
        trouble = error.sentence
    if trouble:
        note(f"It is recorded, and not all of it is published yet. {trouble}")


# ── what a person names ──────────────────────────────────────────────────────────────────────
def find_story(app: App, reference: str) -> StoryRow:
    """A story by its id, a slug it ever had, or the end of its id. Raises `NotFound`."""
    row = app.views.find(reference)
    if row is None:
        raise NotFound(
            f"There is no story “{reference}”: “story list --all” shows them; give a slug, an id,"
            " or at least the last six characters of an id."
        )
    return row


def find_update(story: Story, reference: str) -> Update:
    """An update by its id or the end of it (four characters or more). Raises `NotFound`."""
    exact = story.update(reference)
    if exact:
        return exact
    ending = [u for u in story.updates if len(reference) >= 4 and u.id.endswith(reference)]
    if len(ending) != 1:
        raise NotFound(
            f"The story has {'no' if not ending else 'more than one'} update “{reference}”:"
            " “update list” shows their ids."
        )
    return ending[0]


def when(text: str | None, option: str) -> When | None:
    """The date or instant that an option gives. Raises `Invalid`, naming the option."""
    if text is None:
        return None
    try:
        return parse_when(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{option}: {error}.") from error


async def past_of(app: App, at: str) -> Past:
    """The newsroom at the position, instant or date that a person gave."""
    point = await point_of(app.log, parse_moment(at), app.settings.site)
    return Past(app.log, app.views, point)


def instant(text: str | None, option: str) -> datetime | None:
    """The instant that an option gives. Raises `Invalid` for a date without a time."""
    found = when(text, option)
    if found is None or isinstance(found, datetime):
        return found
    raise Invalid(f"{option}: “{text}” is a whole day: give an instant such as {text}T12:00:00Z.")
