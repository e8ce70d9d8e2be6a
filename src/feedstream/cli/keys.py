"""`keys`: what signs the checkpoints of the log."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import with_app
from feedstream.cli.output import examples, json_line, listing, note, say
from feedstream.config import EXAMPLE_AUTHORITY
from feedstream.proof.checkpoint import Verifier
from feedstream.proof.keys import KeyFolder, keys_of, origin_of
from feedstream.proof.publisher import checkpoints_of

app = typer.Typer(
    no_args_is_help=True,
    help="What signs the log's checkpoints, so that readers can tell that nothing was rewritten.",
)
COLUMNS = {"id": "ID", "state": "STATE", "from": "FROM", "until": "UNTIL", "vkey": "VERIFIER KEY"}


@app.command(
    epilog=examples("feedstream keys init", "feedstream keys init --origin news.example.org/desk")
)
def init(
    context: typer.Context,
    origin: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The log's name, for ever. [default: the site's authority and /feedstream]",
        ),
    ] = "",
    as_json: o.Json = False,
) -> None:
    """Make the key that signs the log's checkpoints, and publish the first one.

    The private key is keys/<id>.pem in the newsroom's folder, readable by its owner only. Back it
    up where the log's backups are not: who has it can sign in the newsroom's name.

    Nothing is ever signed that contradicts an earlier checkpoint. Where the log was lost and no
    backup reaches the last one, move keys/ away and begin anew with another --origin.
    """

    async def work(newsroom: App, keys: KeyFolder) -> Verifier:
        name = origin or origin_of(newsroom.settings.site)
        return (await keys.init(name)).in_use[-1]

    made = _changing(context, work)
    _tell(
        made, f"Made the key {_id(made)} of {made.key.name}; give readers its public half:", as_json
    )
    if made.key.name.startswith(EXAMPLE_AUTHORITY):
        note(
            "Before you publish for real, set tag_authority to a domain that you hold, remove keys/"
            " and run “keys init” again: the name stays for ever."
        )


@app.command(epilog=examples("feedstream keys show", "feedstream keys show --json"))
def show(context: typer.Context, as_json: o.Json = False) -> None:
    """List all keys that ever signed, and for which sizes of the log each of them counts.

    Readers find the same list at /.well-known/feedstream/keys.json.
    """

    async def work(newsroom: App) -> list[dict[str, Any]]:
        known = keys_of(newsroom.home).listed()
        return [_record(verifier) for verifier in known.verifiers] if known else []

    listing(
        with_app(context, work),
        COLUMNS,
        as_json=as_json,
        nothing="There is no signing key yet: “keys init” makes one.",
    )


@app.command(epilog=examples("feedstream keys rotate"))
def rotate(context: typer.Context, as_json: o.Json = False) -> None:
    """Make a new key. Until “keys retire”, both the old and the new one sign every checkpoint.

    Leave readers the time to learn of the new key before you retire the old one.
    """

    async def work(newsroom: App, keys: KeyFolder) -> Verifier:
        return (await keys.rotate((await newsroom.log.head()).position)).in_use[-1]

    made = _changing(context, work)
    told = f"Made the key {_id(made)}; it signs beside the old one from position {made.since} on:"
    _tell(made, told, as_json)


@app.command(epilog=examples("feedstream keys retire", "feedstream keys retire 1c2f09aa --yes"))
def retire(
    context: typer.Context,
    key_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Which key. [default: the oldest in use]")
    ] = "",
    yes: o.Yes = False,
    as_json: o.Json = False,
) -> None:
    """End a key: it signs nothing any more, and its private half is removed.

    What it signed stays good. The only key in use can't be retired: “keys rotate” comes first.
    """
    if not yes:
        typer.confirm("The private key is removed for good. Go on?", abort=True, err=True)

    async def work(newsroom: App, keys: KeyFolder) -> Verifier:
        return await keys.retire((await newsroom.log.head()).position, key_id)

    ended = _changing(context, work)
    told = f"Retired the key {_id(ended)}; it counts for checkpoints up to size {ended.until}:"
    _tell(ended, told, as_json)


def _changing(
    context: typer.Context, change: Callable[[App, KeyFolder], Awaitable[Verifier]]
) -> Verifier:
    """Change the keys, and have the log's head signed by those that are now in use."""

    async def work(newsroom: App) -> Verifier:
        changed = await change(newsroom, keys_of(newsroom.home))
        await checkpoints_of(newsroom.home, newsroom.log, newsroom.newsroom.clock).publish()
        return changed

    return with_app(context, work)


def _tell(verifier: Verifier, told: str, as_json: bool) -> None:
    if as_json:
        json_line(_record(verifier))
        return
    note(told)
    say(str(verifier.key))


def _record(verifier: Verifier) -> dict[str, Any]:
    return {
        "id": _id(verifier),
        "state": "in use" if verifier.until is None else "retired",
        "from": verifier.since,
        "until": verifier.until,
        "vkey": str(verifier.key),
    }


def _id(verifier: Verifier) -> str:
    return verifier.key.id.hex()
