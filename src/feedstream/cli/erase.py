"""`erase`: content leaves for good, where the law or a person's right asks for it."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.backup import holding
from feedstream.cli.context import find_story, with_app, writing
from feedstream.cli.output import examples, json_line, note, say
from feedstream.erasing import Eraser, Kind, Plan
from feedstream.errors import Invalid
from feedstream.scratch import sweep_scratch

app = typer.Typer()


@app.command(
    epilog=examples(
        "feedstream erase --story cold-store-witness --legal --reason “Order 112/2021”",
        "feedstream erase --position 28 --request --reason “A reader asked” --dry-run",
    )
)
def erase(
    context: typer.Context,
    reason: Annotated[
        str, typer.Option(help="Why: it stays on record, so name nobody in it.", show_default=False)
    ],
    story: Annotated[str, typer.Option(metavar="STORY", help="All of a story.")] = "",
    position: Annotated[
        list[int] | None,
        typer.Option("--position", metavar="N", min=1, help="One event; may be repeated."),
    ] = None,
    legal: Annotated[bool, typer.Option("--legal", help="After a legal order (451).")] = False,
    request: Annotated[bool, typer.Option("--request", help="At a person's request.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, no more.")
    ] = False,
    yes: o.Yes = False,
    as_json: o.Json = False,
) -> None:
    """Erase content from the log, the read model, every feed and every later export.

    A story is killed first, and the partners' items that it used are erased with it. What was
    done stays on record, without what was said: “log verify” stays green. This can't be undone.
    Nothing older comes back for it: without a change of its tags a story has none any more.
    Backups are not touched: “backup list” says which of them still hold the bytes.
    """
    if bool(story) == bool(position):
        raise Invalid("Give --story or --position.")
    if legal == request:
        raise Invalid("Give --legal or --request: readers are told which.")
    if not reason.strip():
        raise Invalid("The reason is empty: give one; it stays on record.")
    plan = with_app(context, lambda newsroom: _plan(newsroom, story, position or []))
    if dry_run:
        _tell(plan, None, (), as_json)
        return
    _ask(plan, yes=yes or as_json)
    kind: Kind = "legal" if legal else "request"

    async def work(newsroom: App, actor: str) -> tuple[Plan, int, tuple[str, ...], str]:
        eraser = Eraser(newsroom.newsroom)
        placed, done = await eraser.carry_out(plan, kind=kind, reason=reason, actor=actor)
        await newsroom.settle()
        sweep_scratch()
        held = await holding(newsroom.home, done.positions)
        told = tuple(str(path) for path in held)
        return replace(done, kill=plan.kill), placed.position, told, newsroom.log.residue

    done, at, held, residue = writing(context, work)
    _tell(done, at, held, as_json)
    if residue:
        note(residue)


async def _plan(newsroom: App, story: str, positions: list[int]) -> Plan:
    eraser = Eraser(newsroom.newsroom)
    if story:
        return await eraser.of_story(find_story(newsroom, story).story.id)
    return await eraser.of_positions(positions)


def _ask(plan: Plan, *, yes: bool) -> None:
    if yes:
        return
    kill = "; the story is killed first" if plan.kill else ""
    typer.confirm(f"Erase {len(plan.positions)} events for good{kill}?", abort=True, err=True)


def _tell(plan: Plan, at: int | None, held: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        record: dict[str, Any] = {
            "stream": plan.stream,
            "positions": plan.positions,
            "killed": plan.kill,
            "position": at,
            "backups": held,
        }
        json_line(record)
        return
    listed = ", ".join(map(str, plan.positions[:20])) + (" …" if len(plan.positions) > 20 else "")
    if at is None:
        say(f"Would erase {len(plan.positions)} events of {plan.stream}: {listed}.")
        return
    say(f"Erased {len(plan.positions)} events ({listed}); position {at} says so.")
    for path in held:
        note(f"{path} still holds them: destroy it, or keep it where the law allows.")
