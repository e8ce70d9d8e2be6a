"""`log checkpoint`, `prove`, `prove-consistency`, `check-proof`: that the record is whole."""

from pathlib import Path
from typing import Annotated

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import cli_of, with_app
from feedstream.cli.log import reading
from feedstream.cli.output import examples, json_line, note, raw, say
from feedstream.config import Home
from feedstream.errors import Invalid, NotFound, Unavailable
from feedstream.proof.bundle import MAX_DOCUMENT, InclusionProof, Proof, render_proof
from feedstream.proof.checkpoint import Checkpoint, Verifier, open_checkpoint
from feedstream.proof.keys import keys_of
from feedstream.proof.note import MAX_NOTE
from feedstream.proof.prover import Prover, Shown
from feedstream.proof.publisher import checkpoints_of
from feedstream.proof.signing import parse_verifier_key
from feedstream.proof.verifying import Proved, verify_bundle
from feedstream.publish import replace_file

app = typer.Typer()
Out = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write it. [default: stdout]")
]


@app.command(
    epilog=examples(
        "feedstream log checkpoint",
        "feedstream log checkpoint --write",
        "feedstream log checkpoint > checkpoint-2021-12-06.txt",
    )
)
def checkpoint(
    context: typer.Context,
    write: Annotated[
        bool, typer.Option("--write", help="Sign the log's end and publish it first.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Show the published checkpoint: the log's name, its size and its root, signed.

    Keep one from time to time where the newsroom can't reach it: with it anybody can tell later
    that the log was neither cut off nor rewritten since (“log prove-consistency”).
    """

    async def work(newsroom: App) -> tuple[str, Checkpoint, int]:
        if write:
            await _write(newsroom)
        signed, found = await Prover(newsroom.log, newsroom.home.feeds).published()
        open_checkpoint(signed, keys_of(newsroom.home).require().verifiers)
        return signed, found, (await newsroom.log.head()).position

    signed, found, head = with_app(context, work)
    if as_json:
        fields = {"origin": found.origin, "size": found.size, "root": found.root.hex()}
        json_line({**fields, "head": head, "note": signed})
        return
    raw(signed.encode())
    if found.size < head:
        note(f"The log goes on to {head}: --write signs that.")


async def _write(newsroom: App) -> None:
    publisher = checkpoints_of(newsroom.home, newsroom.log, newsroom.newsroom.clock)
    if await publisher.publish() is None:
        keys_of(newsroom.home).require()  # says how to make one


@app.command(
    epilog=examples(
        "feedstream log prove 17 --out proof.json",
        "feedstream log prove 01890a5d-ac96-774b-bcce-b302099a8057 --with-data",
        "feedstream log prove 17 --size 60",
    )
)
def prove(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="POSITION|ID", help="Which event.")],
    size: Annotated[
        int | None,
        typer.Option(min=1, help="In the tree of so many events. [default: the checkpoint's]"),
    ] = None,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Show the event's body too, not only its header.")
    ] = False,
    out: Out = None,
) -> None:
    """Prove that an event is in the log: a JSON document for “log check-proof”.

    It holds the event's header (who, when, what kind, on which story), its place in the tree, and
    the signed checkpoint. Look before you hand it on: a story under embargo is named in it.

    What came after the published checkpoint is signed by “log checkpoint --write” first.
    """
    shown: Shown = "data" if with_data else "header"

    async def work(newsroom: App) -> None:
        prover = Prover(newsroom.log, newsroom.home.feeds)
        position = int(event) if _is_number(event) else await prover.position_of(event)
        _deliver(newsroom, await prover.inclusion(position, size, shown=shown), out)

    with_app(context, work)


@app.command(
    "prove-consistency",
    epilog=examples(
        "feedstream log prove-consistency checkpoint-2021-12-06.txt",
        "feedstream log prove-consistency 40 60 --out grown.json",
    ),
)
def prove_consistency(
    context: typer.Context,
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A checkpoint's file, or a size of the log.")
    ],
    new: Annotated[
        int | None,
        typer.Argument(metavar="[NEW]", min=0, help="A size. [default: the checkpoint's]"),
    ] = None,
    out: Out = None,
) -> None:
    """Prove that the log has only grown since: what it held then is its beginning now.

    With a checkpoint's file, the log is checked against it: exit code 5 where it was cut off or
    rewritten.
    """

    async def work(newsroom: App) -> None:
        prover = Prover(newsroom.log, newsroom.home.feeds)
        if _is_number(old):
            _deliver(newsroom, await prover.consistency(int(old), new), out)
            return
        known = _read(old, MAX_NOTE)
        then = open_checkpoint(known, keys_of(newsroom.home).require().verifiers)
        _deliver(newsroom, await prover.consistency(then.size, new, known=known.decode()), out)

    with_app(context, work)


@app.command(
    "check-proof",
    epilog=examples(
        "feedstream log check-proof proof.json",
        "feedstream log check-proof proof.json --key “news.example.org/feedstream+1c2f09aa+AT…”",
        "curl https://news.example.org/proofs/inclusion?position=17 | feedstream log check-proof -",
    ),
)
def check_proof(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A proof; “-” is stdin.")],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="VKEY", help="A verifier key to trust. [default: this newsroom's keys]"
        ),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Check a proof with nothing but the log's verifier keys; exit code 5 where it fails.

    With --key no newsroom is needed. Have the key from somewhere else than the proof.
    """
    proved = verify_bundle(_read(file, MAX_DOCUMENT), _trusted(context, key or []))
    if as_json:
        json_line({"holds": True, **_fields(proved)})
    else:
        say(_sentence(proved))


def _trusted(context: typer.Context, given: list[str]) -> tuple[Verifier, ...]:
    if given:
        return tuple(Verifier(key=parse_verifier_key(text)) for text in given)
    known = keys_of(Home(cli_of(context).home)).listed()
    if known is None:
        raise NotFound("There are no keys to check it with: give the log's with --key.")
    return known.verifiers


def _fields(proved: Proved) -> dict[str, object]:
    proof, signed = proved.proof, proved.checkpoint
    common = {"format": proof.format, "origin": signed.origin, "checkpoint": signed.size}
    if isinstance(proof, InclusionProof):
        return {**common, "position": proof.position, "size": proof.tree.size,
                "event": proved.header}  # fmt: skip
    return {**common, "old": proof.old.size, "new": proof.new.size}


def _sentence(proved: Proved) -> str:
    proof, signed = proved.proof, proved.checkpoint
    by = f"by the signed checkpoint of {signed.origin} at size {signed.size}"
    if isinstance(proof, InclusionProof):
        header = proved.header or {}
        what = f" ({header.get('type')}, recorded {header.get('recorded_at')})" if header else ""
        return f"Position {proof.position}{what} is in the log, {by}."
    old = f"{proof.old.size}{' of the old checkpoint' if proof.old.checkpoint else ''}"
    return f"The tree of {proof.new.size} begins with that of {old}, unchanged, {by}."


def _deliver(newsroom: App, proof: Proof, out: Path | None) -> None:
    content = render_proof(proof)
    if out is None:
        raw(content)
        return
    try:
        replace_file(out, content, newsroom.newsroom.clock().timestamp())
    except OSError as error:
        raise Unavailable(f"{out} can't be written: {error.strerror}.") from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _read(name: str, limit: int) -> bytes:
    """A file's bytes, or standard input's for “-”. Raises `Invalid` beyond `limit` bytes."""
    with reading(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Invalid(f"{name} is longer than {limit // 1024} KiB: that is no proof.")
    return content
