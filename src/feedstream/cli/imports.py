"""`import rolling`: a newsroom's rolling copy into a story and its updates."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from slugify import slugify

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.bodies import read_bytes
from feedstream.cli.changes import execute, tell
from feedstream.cli.context import when, with_app, writing
from feedstream.cli.output import examples, listing, note
from feedstream.cli.whose_copy import story_of
from feedstream.domain import events as e
from feedstream.domain.story import Story
from feedstream.domain.when import When, format_when
from feedstream.errors import Invalid
from feedstream.newsroom import Outcome
from feedstream.rolling import RollingCopy, decode_copy, parse_rolling
from feedstream.rolling.decode import MOST_BYTES
from feedstream.rolling.plan import RollingPlan, Wishes, earliest, plan_rolling

app = typer.Typer(no_args_is_help=True, help="Bring copy in that was written elsewhere.")


@app.callback()
def group() -> None:
    """Bring copy in that was written elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the editor said on the command line."""

    file: str
    headline: str | None
    dated: When | None
    story: str
    new: bool
    wishes: Wishes
    accept_offers: bool


@app.command(
    epilog=examples(
        "feedstream import rolling summit.txt --headline “Leaders agree to meet” --dry-run",
        "feedstream import rolling summit.txt --headline “Leaders agree to meet”",
        "cat summit.md | feedstream import rolling - --story leaders-agree-to-meet",
    )
)
def rolling(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Text or Markdown; “-” is stdin.")],
    headline: Annotated[
        str | None, typer.Option(help="The story's headline, if the copy has none.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="The date of the opening report.")
    ] = None,
    story: Annotated[
        str, typer.Option(metavar="STORY", help="The story to bring up to the copy.")
    ] = "",
    new: Annotated[bool, typer.Option("--new", help="A new story, however like another.")] = False,
    slug: Annotated[str, typer.Option(help="The address of a new story.")] = "",
    section: Annotated[str, typer.Option(help="Its section.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be repeated.")] = None,
    accept_offers: Annotated[
        bool, typer.Option("--accept-offers", help="Credit partners that the text quotes, too.")
    ] = False,
    withdraw_missing: Annotated[
        bool, typer.Option("--withdraw-missing", help="Withdraw updates the copy no longer has.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the events and record nothing.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Turn rolling copy into a story: opening report, dated updates, credits.

    Import the same file again when it has grown: only what changed is recorded.
    """
    if story and new:
        raise Invalid("Give --story or --new, not both.")
    told = _Told(
        file=file,
        headline=headline,
        dated=when(date, "--date"),
        story=story,
        new=new,
        accept_offers=accept_offers,
        wishes=Wishes(
            slug=slug,
            section=section,
            tags=tuple(tag or ()),
            withdraw_missing=withdraw_missing,
        ),
    )
    if dry_run:
        _show(with_app(context, lambda newsroom: _events(newsroom, told)), as_json)
        return

    async def work(newsroom: App, actor: str) -> tuple[Outcome | Story, str]:
        plan, known, known_slug = await _plan(newsroom, told)
        if plan.commands:
            return await execute(newsroom, plan.commands, actor)
        assert known is not None  # noqa: S101  # a new story always has commands
        return known, known_slug

    outcome, at = writing(context, work)
    if isinstance(outcome, Story):
        outcome = Outcome(story=outcome, events=(), placed=())
    tell(outcome, at, done=_imported(len(outcome.events)), as_json=as_json)


async def _plan(newsroom: App, told: _Told) -> tuple[RollingPlan, Story | None, str]:
    copy = _read(newsroom, told)
    slug = told.wishes.slug or slugify(copy.headline, max_length=80, word_boundary=True)
    row = None if told.new else await story_of(newsroom, copy, named=told.story, slug=slug)
    story = row.story if row else None
    wishes = _with_credits(_opened(told, copy, story), copy, told)
    plan = plan_rolling(copy, story, newsroom.newsroom, at=newsroom.newsroom.clock(), wishes=wishes)
    for notice in plan.notices:
        note(notice)
    return plan, story, row.slug if row else ""


def _read(newsroom: App, told: _Told) -> RollingCopy:
    decoded = decode_copy(read_bytes(told.file, MOST_BYTES), name=told.file)
    copy = parse_rolling(
        decoded.text,
        kind=decoded.kind,
        day_first=newsroom.settings.site.date_order == "dmy",
        headline=told.headline,
        default_year=newsroom.newsroom.clock().year,
    )
    for notice in (*decoded.notices, *copy.notices):
        note(notice)
    return copy


def _opened(told: _Told, copy: RollingCopy, story: Story | None) -> Wishes:
    """The wishes with the date of the opening report."""
    opened = told.dated
    if opened is None and story is None and (first := earliest(copy)) is not None:
        opened = first
        note(
            f"The opening report is dated {format_when(first)}, as the first update is;"
            " give its own date with --date."
        )
    return replace(told.wishes, opened=opened)


def _with_credits(wishes: Wishes, copy: RollingCopy, told: _Told) -> Wishes:
    if told.accept_offers:
        return replace(wishes, credits=tuple(offer.name for offer in copy.offers))
    for offer in copy.offers:
        note(
            f"line {offer.line}: the text quotes {offer.name} (“{offer.phrase}”);"
            " --accept-offers would credit it."
        )
    return wishes


async def _events(newsroom: App, told: _Told) -> list[dict[str, Any]]:
    plan, story, _ = await _plan(newsroom, told)
    proposed, _after = newsroom.newsroom.plan(plan.commands, story, actor="dry-run")
    return [
        {
            "type": one.event.TYPE,
            "effective": one.effective_at,
            "what": _what(one.event),
            "story": plan.story,
            "data": one.event,
        }
        for one in proposed
        if not isinstance(one.event, e.Unknown | e.Withheld)
    ]


def _what(event: e.Event) -> str:
    """What an event is about, in a few words."""
    named = getattr(event, "headline", None) or getattr(event, "name", "")
    if isinstance(event, e.StoryEdited | e.UpdateEdited):
        fields = [n for n in ("headline", "body", "section", "dated") if getattr(event, n, None)]
        return f"{', '.join(fields)} changed" + (f": {named}" if named else "")
    return str(named or getattr(event, "reason", ""))


def _show(records: list[dict[str, Any]], as_json: bool) -> None:
    columns = {"type": "EVENT", "effective": "EFFECTIVE", "what": "WHAT"}
    listing(records, columns, as_json=as_json, nothing="Nothing to change.")
    note(f"{len(records)} events; nothing was recorded (dry run).")


def _imported(count: int) -> str:
    return "Imported 1 event" if count == 1 else f"Imported {count} events"
