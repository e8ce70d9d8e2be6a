"""Carrying out commands on a story, and saying what came of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import typer

from feedstream.bootstrap import App
from feedstream.cli.context import find_story, writing
from feedstream.cli.output import json_line, say
from feedstream.domain import commands as c
from feedstream.domain.story import Story
from feedstream.errors import FeedstreamError
from feedstream.newsroom import Outcome

Make = Callable[[App, Story], c.Command | Sequence[c.Command]]


def change(context: typer.Context, reference: str, make: Make, *, done: str, as_json: bool) -> None:
    """Carry out what `make` asks of a story, publish it, and say `done` with where it stands."""

    async def work(app: App, actor: str) -> tuple[Outcome, str]:
        story = find_story(app, reference).story
        made = make(app, story)
        commands = list(made) if isinstance(made, Sequence) else [made]
        return await execute(app, commands, actor)

    tell(*writing(context, work), done=done, as_json=as_json)


async def execute(app: App, commands: Sequence[c.Command], actor: str) -> tuple[Outcome, str]:
    """Carry out commands; what came of them, and the story's public slug.

    For work that `writing` runs, which publishes it.
    """
    outcome = await app.newsroom.execute_all(commands, actor=actor)
    with suppress(FeedstreamError):  # it is recorded, and `writing` tells what could not be done
        await app.catch_up()
    row = app.views.story(outcome.story.id)
    return outcome, row.slug if row else outcome.story.slug


def tell(outcome: Outcome, slug: str, *, done: str, as_json: bool) -> None:
    """Say what came of commands."""
    if as_json:
        json_line(_record(outcome, slug))
        return
    story = outcome.story
    what = done if outcome.changed else "Nothing to change"
    where = f"{slug} ({story.id}), revision {story.revision}, position {story.position}"
    say(f"{what}: {where}.")


def _record(outcome: Outcome, slug: str) -> dict[str, Any]:
    story = outcome.story
    return {
        "story": story.id,
        "slug": slug,
        "status": story.status,
        "revision": story.revision,
        "position": story.position,
        "changed": outcome.changed,
        "events": [
            {"type": event.TYPE, "position": placed.position, "data": event}
            for event, placed in zip(outcome.events, outcome.placed, strict=True)
        ],
    }
