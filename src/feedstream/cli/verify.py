"""`log verify`: that the record holds what was recorded, to the last byte."""

import time
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import with_app
from feedstream.cli.log import reading
from feedstream.cli.output import examples, json_line, note, say
from feedstream.cli.pace import paced
from feedstream.errors import Invalid
from feedstream.eventlog.damage import Damaged
from feedstream.eventlog.merkle import Tree
from feedstream.eventlog.verify import Verified
from feedstream.proof.checkpoint import Verifier, open_checkpoint, parse_signed
from feedstream.proof.keys import keys_of
from feedstream.proof.note import MAX_NOTE
from feedstream.proof.signing import parse_verifier_key

app = typer.Typer()


@app.command(
    epilog=examples(
        "feedstream log verify",
        "feedstream log verify --from 1000 --to 2000",
        "feedstream log verify --checkpoint checkpoint-2021-12-06.txt",
    )
)
def verify(
    context: typer.Context,
    first: Annotated[
        int, typer.Option("--from", metavar="N", min=1, help="Only the events from here.")
    ] = 1,
    last: Annotated[
        int | None, typer.Option("--to", metavar="N", min=0, help="Only the events up to here.")
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="An older checkpoint that the log must contain."),
    ] = None,
    key: Annotated[
        str, typer.Option(metavar="VKEY", help="The key of it. [default: this newsroom's]")
    ] = "",
    as_json: o.Json = False,
) -> None:
    """Check every event against its leaf, the tree over them, and every page of the file.

    What the newsroom signed last is always compared, so that a log that was cut off or put back is
    found. Exit code 5 where anything is not as recorded; then the log takes no more writes until
    a whole verification passes. Erased content does no harm: its digest was kept.
    """
    if last is not None and last < first:
        raise Invalid(f"--to {last} lies before --from {first}.")
    known = [_opened(name, key) for name in checkpoint or []]

    async def work(newsroom: App) -> tuple[Verified, float, int]:
        trees = [*_own(newsroom), *(_tree(newsroom, one) for one in known)]
        total = (await newsroom.log.head()).position
        began = time.monotonic()
        with paced("Verifying", total) as told:
            verified = await newsroom.log.verify(
                after=first - 1, upto=last, trees=trees, progress=lambda done, _all: told(done)
            )
        return verified, time.monotonic() - began, len(trees)

    try:
        verified, seconds, trees = with_app(context, work)
    except Damaged as damage:
        if as_json:
            json_line(_damage(damage))
        raise
    _tell(verified, seconds, trees, as_json)


Known = tuple[bytes, Verifier | None]


def _opened(name: str, key: str) -> Known:
    with reading(name) as file:
        content = file.read(MAX_NOTE + 1)
    parse_signed(content)  # a usage error is told before anything is looked at
    return content, Verifier(key=parse_verifier_key(key)) if key else None


def _tree(newsroom: App, known: Known) -> Tree:
    """The tree that a checkpoint speaks of, its signature checked."""
    content, verifier = known
    verifiers = (verifier,) if verifier else keys_of(newsroom.home).require().verifiers
    return open_checkpoint(content, verifiers).tree


def _own(newsroom: App) -> list[Tree]:
    signed = keys_of(newsroom.home).last_signed()
    return [signed.tree] if signed else []


def _damage(damage: Damaged) -> dict[str, Any]:
    return {
        "verified": False,
        "position": damage.position,
        "expected": damage.expected,
        "actual": damage.actual,
        "sentence": damage.sentence,
    }


def _tell(verified: Verified, seconds: float, trees: int, as_json: bool) -> None:
    if as_json:
        json_line(
            {
                "verified": True,
                "events": verified.events,
                "erased": verified.erased,
                "size": verified.tree.size,
                "root": verified.tree.root.hex(),
                "page_checksums": verified.page_checksums,
                "checkpoints": trees,
                "seconds": round(seconds, 3),
            }
        )
        return
    rate = verified.events / seconds if seconds else 0.0
    erased = f", {verified.erased} of them erased" if verified.erased else ""
    say(f"{verified.events} events are as recorded{erased} ({rate:,.0f}/s).")
    say(f"The tree of {verified.tree.size} events has the root {verified.tree.root.hex()}.")
    if trees:
        say(f"It contains {trees} checkpoint{'s' if trees > 1 else ''} signed before.")
    if verified.page_checksums is False:
        note("This file has no page checksums, since an older version made it.")
