"""`diff`: what changed between two moments, for the site or for one story."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import SHORT, find_story, with_app
from feedstream.cli.moments import moment_named
from feedstream.cli.output import examples, json_line, moment, note, safe, say
from feedstream.cli.pace import paced
from feedstream.domain.evolve import fold
from feedstream.domain.ids import story_stream
from feedstream.errors import Invalid
from feedstream.publish import FileChange
from feedstream.replay import Moment, last_position
from feedstream.replay.changes import Change, changes_of
from feedstream.replay.site import SiteDiff, StoryChange, site_diff
from feedstream.replay.words import Run

app = typer.Typer()
STYLES = {"same": "", "removed": "red strike", "added": "green underline"}
PLAIN = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
MARKS = {"added": "+", "changed": "~", "removed": "-"}
AROUND = 60  # characters of unchanged text shown beside a change, at most


@app.command(
    epilog=examples(
        "feedstream diff 2021-12-05 2021-12-06",
        "feedstream diff 17",
        "feedstream diff 2021-12-05 --story leaders-meet",
        "feedstream diff 0 --story leaders-meet --json",
    )
)
def diff(
    context: typer.Context,
    first: Annotated[
        str, typer.Argument(metavar="A", help="A position, an instant, or a date (its end).")
    ],
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="The same; the log's end unless given.")
    ] = None,
    story: Annotated[
        str | None, typer.Option(metavar="STORY", help="The words of this story.")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Show what changed after A until B: stories and feed files, or the words of one story.

    Removed words stand in [-…-] and added ones in {+…+}; on a terminal, in red and green. A story
    that was killed shows which changes it had, and no text.
    """
    begin, end = moment_named(first, "A"), moment_named(second, "B")

    async def work(newsroom: App) -> None:
        after, upto = await _span(newsroom, begin, end)
        if story is not None:
            changes = await _changes(newsroom, story, after, upto)
            (_json_changes if as_json else _tell_changes)(changes)
            return
        with paced("Comparing", upto) as told:
            found = await site_diff(newsroom.log, newsroom.settings, after, upto, progress=told)
        (_json_site if as_json else _tell_site)(found)

    with_app(context, work)


async def _span(newsroom: App, begin: Moment | None, end: Moment | None) -> tuple[int, int]:
    site = newsroom.settings.site
    after = await last_position(newsroom.log, begin, site)
    upto = await last_position(newsroom.log, end, site)
    if after > upto:
        raise Invalid(f"A is position {after} and comes after B, position {upto}: swap them.")
    return after, upto


async def _changes(newsroom: App, reference: str, after: int, upto: int) -> list[Change]:
    row = find_story(newsroom, reference)
    stream = story_stream(row.story.id)
    history = [one async for one in newsroom.log.read_stream(stream)]
    shown = row.story.killed is None
    before = fold(one for one in history if one.position <= after)
    between = (one for one in history if after < one.position <= upto)
    return list(changes_of(before, between, with_text=shown))


# ── one story ────────────────────────────────────────────────────────────────────────────────
def _json_changes(changes: Iterable[Change]) -> None:
    for change in changes:
        json_line(asdict(change))


def _tell_changes(changes: Iterable[Change]) -> None:
    found = list(changes)
    if not found:
        note("The story did not change.")
    console = Console(highlight=False, soft_wrap=True)
    for change in found:
        head = (
            f"{change.kind} · position {change.position} · {moment(change.effective_at)}"
            f" · recorded {moment(change.recorded_at)} · {change.actor}"
        )
        console.print(Text(safe(head), style="bold"))
        for part in change.parts:
            console.print(Text(f"  {part.part}: ").append_text(_marked(part.runs)))
        console.print()


def _marked(runs: Iterable[Run]) -> Text:
    """The runs as text: coloured for a terminal, marked for a pipe."""
    text = Text()
    listed = list(runs)
    for number, run in enumerate(listed):
        words = safe(run.text)
        if run.op == "same":
            words = _cut(words, first=number == 0, last=number == len(listed) - 1)
        if sys.stdout.isatty():
            text.append(words, STYLES[run.op])
        else:
            text.append(PLAIN[run.op].format(words))
    return text


def _cut(words: str, *, first: bool, last: bool) -> str:
    """Unchanged text without its middle, or without the end that is far from any change."""
    head = "" if first else words[:AROUND].rpartition(" ")[0]
    tail = "" if last else words[-AROUND:].partition(" ")[2]
    return words if len(words) <= len(head) + len(tail) + AROUND else f"{head} … {tail}"


# ── the site ─────────────────────────────────────────────────────────────────────────────────
def _json_site(found: SiteDiff) -> None:
    json_line({"about": "span", "after": found.start, "upto": found.end})
    for story in found.stories:
        json_line({"about": "story", **asdict(story)})
    for file in found.files:
        json_line({"about": "file", **asdict(file)})


def _tell_site(found: SiteDiff) -> None:
    say(f"After position {found.start}, up to {found.end}:")
    for story in found.stories:
        say("  " + "  ".join(_cells(story)))
    for name, change, endings in _feeds(found.files):
        say(f"  {MARKS[change]} {name}  {', '.join(endings)}")
    say(f"{len(found.stories)} stories and {len(found.files)} feed files changed.")


def _feeds(files: Iterable[FileChange]) -> Iterator[tuple[str, str, list[str]]]:
    """The files of a feed that changed alike, as one: its name, how, and the endings."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in files:
        name, _, ending = one.file.rpartition(".")
        alike.setdefault((name, one.change), []).append(ending)
    for (name, change), endings in alike.items():
        yield name, change, endings


def _cells(story: StoryChange) -> Iterator[str]:
    yield f"{story.change:<8}"
    yield story.slug or f"…{story.id[-SHORT:]}"
    yield ", ".join(f"{kind} ×{n}" if n > 1 else kind for kind, n in story.kinds.items())
    if story.headline:
        yield f"“{story.headline}”"
