"""`replay --serve`: a stretch of history as if live, on a scratch server."""

import asyncio
import socket
import sys
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from feedstream.bootstrap import App, open_app
from feedstream.cli.output import json_line, moment, note, say
from feedstream.cli.pace import paced
from feedstream.config import CONFIG_NAME, Settings
from feedstream.domain.events import Recorded
from feedstream.domain.when import format_when
from feedstream.errors import NotFound
from feedstream.eventlog.base import EventLog
from feedstream.replay import Moment, first_position, last_position
from feedstream.replay.rehearsal import Pace, fill, play
from feedstream.serve import listen, serve_on

HOST = "127.0.0.1"
LOOK = 0.05  # seconds between two looks whether all is published
FAREWELL = 0.3  # seconds for the last message to reach its readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is rehearsed: from when until when, how fast, at which port, and what comes after."""

    begin: Moment
    until: Moment | None
    pace: Pace
    port: int
    leave: bool
    as_json: bool


async def rehearse(log: EventLog, settings: Settings, plan: Plan) -> None:
    """Play a part of `log` on a server of its own. Raises `NotFound`, `Unavailable`.

    Everything happens in a temporary home: nothing is fetched, sent or written elsewhere.
    """
    first = await first_position(log, plan.begin, settings.site)
    last = await last_position(log, plan.until, settings.site)
    if first > last:
        raise NotFound(f"There is no event to play from position {first} to {last}.")
    with (
        listen(HOST, plan.port, find_port=False) as listener,
        TemporaryDirectory(prefix="feedstream-rehearsal-") as folder,
    ):
        (Path(folder) / CONFIG_NAME).touch()
        async with open_app(Path(folder), settings=settings) as app:
            with paced("Reading what came before", first - 1) as told:
                await fill(log, app.log, first - 1, told)
            await _perform(app, listener, _Piece(log, app, plan, first, last))


async def _perform(app: App, listener: socket.socket, piece: "_Piece") -> None:
    """Serve, and play once the server answers; until Ctrl-C, or to the end of the piece."""
    serving = asyncio.create_task(
        serve_on(app, listener, ready=piece.begin, scheduled=False), name="serving"
    )
    playing = asyncio.create_task(piece.play(), name="playing")
    try:
        await asyncio.wait((serving, playing), return_when=asyncio.FIRST_COMPLETED)
        if playing.done() and not playing.exception() and not piece.plan.leave:
            await serving
    finally:
        for task in (playing, serving):
            task.cancel()
        await asyncio.wait((playing, serving))
    for task in (playing, serving):
        if not task.cancelled():
            task.result()


class _Piece:
    """What is played, told line by line."""

    def __init__(self, log: EventLog, app: App, plan: Plan, first: int, last: int) -> None:
        self._log, self._app, self.plan = log, app, plan
        self._first, self._last = first, last
        self._up = asyncio.Event()

    def begin(self, address: str) -> None:
        """The server answers at `address`: play."""
        if self.plan.as_json:
            json_line({"event": "serving", "address": address})
        else:
            say(f"Site   {address}/")
            say(f"Feeds  {address}/feeds/")
            say(f"Live   {address}/live")
            say(f"Plays positions {self._first} to {self._last}, {self.plan.pace.speed:g}x.")
        sys.stdout.flush()
        self._up.set()

    async def play(self) -> None:
        """Wait for the server, play all, and see that it is published."""
        await self._up.wait()
        pieces = play(
            self._log,
            self._app.log,
            after=self._first - 1,
            upto=self._last,
            pace=self.plan.pace,
        )
        async with aclosing(pieces):
            async for batch in pieces:
                for recorded in batch:
                    self._tell(recorded)
        await self._published()
        self._end()

    def _tell(self, one: Recorded) -> None:
        if self.plan.as_json:
            at = format_when(one.recorded_at)
            json_line(
                {"event": "played", "position": one.position, "type": one.type, "recorded_at": at}
            )
            sys.stdout.flush()
            return
        what = getattr(one.event, "headline", None) or ""
        place = f"{one.position - self._first + 1}/{self._last - self._first + 1}"
        note(f"{place:>9}  {moment(one.recorded_at)}  {one.type:<22}  {what}".rstrip())

    async def _published(self) -> None:
        """Readers are to hear of the last event before anything ends."""
        views = self._app.views
        while views.checkpoint < self._last or views.dirty():  # noqa: ASYNC110  # files, no event
            await asyncio.sleep(LOOK)
        await asyncio.sleep(FAREWELL)

    def _end(self) -> None:
        if self.plan.as_json:
            json_line({"event": "ended", "position": self._last})
            sys.stdout.flush()
        on = "" if self.plan.leave else " The server goes on; Ctrl-C ends it."
        note(f"The rehearsal is over, at position {self._last}.{on}")
