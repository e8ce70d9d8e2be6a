"""`publish`: the feeds, sent to where others serve them."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import with_app
from feedstream.cli.output import examples, json_line, say
from feedstream.publish.bucket import Bucket, Sent, open_bucket
from feedstream.web.feeds import CACHE, SEALED
from feedstream.web.media import is_sealed, media_type

app = typer.Typer()


@app.command(
    epilog=examples(
        "feedstream publish s3://example-feeds/news",
        "feedstream publish s3://feeds --endpoint https://s3.example.net --region eu",
    )
)
def publish(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="BUCKET", help="s3://bucket/prefix.")],
    endpoint: Annotated[str, typer.Option(help="Of a store that speaks like S3.")] = "",
    region: Annotated[str, typer.Option(help="Where the bucket lies.")] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Without the packed files (.gz, .br, .zst).")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every object, whatever the index there says.")
    ] = False,
    as_json: o.Json = False,
) -> None:
    """Bring a bucket of S3, or of what speaks like it, up to what is published.

    Only what changed since the last time is sent, and what was taken back is removed first. The
    credentials are those of the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, …). All
    below the prefix that a feed could be called belongs to this newsroom.
    """
    store = open_bucket(place, endpoint=endpoint, region=region)

    async def work(newsroom: App) -> Sent:
        await newsroom.settle()
        bucket = Bucket(store, newsroom.home.feeds, newsroom.ledger, headers_of, packed=not plain)
        return await asyncio.to_thread(bucket.send, everything=everything)

    done = with_app(context, work)
    if as_json:
        json_line(asdict(done))
    else:
        say(f"{len(done.written)} objects written and {len(done.removed)} removed in {place}.")


def headers_of(file: str) -> dict[str, str]:
    """What a published file is answered with, as the application does."""
    return {
        "Content-Type": media_type(file),
        "Cache-Control": SEALED if is_sealed(file) else CACHE,
    }
