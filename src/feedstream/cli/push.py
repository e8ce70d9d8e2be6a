"""`push`: who is told of changes by WebSub, and how that goes."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.context import with_app
from feedstream.cli.output import examples, listing
from feedstream.deliver.tables import HubState, Pending, Subscription
from feedstream.errors import NotFound, Unreachable
from feedstream.render import FORMATS

app = typer.Typer(no_args_is_help=True, help="Who is told of changes at once (WebSub).")
COLUMNS = {
    "no": "NO.",
    "feed": "FEED",
    "to": "TO",
    "state": "STATE",
    "until": "UNTIL",
    "delivered_at": "LAST DELIVERY",
    "failures": "FAILURES",
    "next_at": "NEXT ATTEMPT",
    "error": "ERROR",
}
PINGED = {
    "to": "HUB",
    "state": "STATE",
    "delivered_at": "LAST TOLD",
    "next_at": "NEXT ATTEMPT",
    "error": "ERROR",
}


@app.command("list", epilog=examples("feedstream push list", "feedstream push list --json"))
def list_(context: typer.Context, as_json: o.Json = False) -> None:
    """List the subscriptions, the requests that wait to be confirmed, and the hubs elsewhere.

    Of a callback only the host is shown: the rest of it is a secret of the subscriber.
    """

    async def work(newsroom: App) -> list[dict[str, Any]]:
        store, now = newsroom.push.store, newsroom.newsroom.clock()
        hubs = newsroom.settings.websub.hubs
        return [
            *(_subscription(one, now) for one in store.subscriptions()),
            *(_request(one) for one in store.waiting()),
            *(_hub(one) for one in store.hubs() if one.hub in hubs),
        ]

    listing(
        with_app(context, work),
        COLUMNS,
        as_json=as_json,
        nothing="Nobody has subscribed, and no hub elsewhere was told of anything.",
    )


@app.command(
    epilog=examples(
        "feedstream push ping", "feedstream push ping stories", "feedstream push ping stories.atom"
    )
)
def ping(
    context: typer.Context,
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="[FEED]…", help="Feeds to tell of once more.")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Tell the hubs elsewhere of what changed since they were told, now.

    A running server does so by itself; without one, run this after publishing. Feeds that are
    named are told of again, and a running server sends them to its subscribers again, too.
    """

    async def work(newsroom: App) -> list[HubState]:
        files = [file for feed in feeds or () for file in _files(newsroom, feed)]
        return await newsroom.push.ping_now(files)

    states = with_app(context, work)
    listing(
        [_hub(state) for state in states],
        PINGED,
        as_json=as_json,
        nothing="There is no hub elsewhere to tell: “websub.hubs” in feedstream.toml names them.",
    )
    failed = [state for state in states if state.error]
    if failed:
        raise Unreachable(f"The hub {failed[0].hub} could not be told. {failed[0].error}")


def _files(newsroom: App, feed: str) -> list[str]:
    """The files of a feed, or the one file that is named. Raises `NotFound`."""
    topics = newsroom.push.topics
    named = [feed, *(f"{feed}.{ending}" for ending in FORMATS)]
    found = [file for file in named if not topics.is_gone(file)]
    if not found:
        raise NotFound(f"There is no feed “{feed}”: “feed list” shows them.")
    return found


def _subscription(one: Subscription, now: datetime) -> dict[str, Any]:
    behind = one.delivered < one.wanted
    if one.until <= now.timestamp():
        state = "ended"
    else:
        state = "failing" if one.failures else "behind" if behind else "current"
    return {
        "kind": "subscription",
        "no": one.id,
        "feed": one.file,
        "to": one.host,
        "state": state,
        "since": _moment(one.since),
        "until": _moment(one.until),
        "delivered_at": _moment(one.delivered_at),
        "signed": bool(one.secret),
        "failures": one.failures,
        "given_up": one.given_up,
        "next_at": _moment(one.next_at) if behind and one.failures else None,
        "error": one.error,
    }


def _request(one: Pending) -> dict[str, Any]:
    return {
        "kind": "request",
        "no": None,
        "feed": one.file,
        "to": one.host,
        "state": f"asks to {one.mode}",
        "since": _moment(one.asked_at),
        "failures": one.attempts,
        "next_at": _moment(one.next_at),
    }


def _hub(one: HubState) -> dict[str, Any]:
    state = "failing" if one.failures else "behind" if one.waiting else "current"
    return {
        "kind": "hub",
        "no": None,
        "feed": f"{one.waiting} to tell of" if one.waiting else "",
        "to": one.hub,
        "state": state,
        "waiting": one.waiting,
        "delivered_at": _moment(one.pinged_at),
        "failures": one.failures,
        "given_up": one.given_up,
        "next_at": _moment(one.next_at) if one.waiting and one.failures else None,
        "error": one.error,
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
