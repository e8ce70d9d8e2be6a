"""Runs the demo: the newsroom's real server, the partner beside it, and a commentary on both."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from feedstream import sources as registry
from feedstream.bootstrap import App, open_app
from feedstream.demo import place as places
from feedstream.demo import script
from feedstream.demo.partner import guid_of, listening, running
from feedstream.demo.place import Place, State
from feedstream.demo.watch import Say, tell_events, tell_feeds
from feedstream.domain.ids import wire_item_id
from feedstream.eventlog.transfer import import_
from feedstream.proof.keys import keys_of, origin_of
from feedstream.serve import address_of, listen, serve_on

ACTOR = "demo"
HOST = "127.0.0.1"


async def demo(home: Path, *, port: int, speed: float, fresh: bool, say: Say) -> None:
    """Run the demo in `home`/demo until a signal ends the server.

    `port` is the first that is tried; `speed` divides the two minutes of the partner's script.
    Raises `Conflict` where a demo runs there already, and what the newsroom raises.
    """
    with places.locked(home):
        place = places.prepare(home, fresh=fresh)
        _greet(place, say)
        with listen(HOST, port, find_port=True) as listener:
            places.set_base_url(place.root, address_of(listener))
            async with open_app(place.root) as app:
                await _fill(app)
                await Demo(app, place, speed=speed, say=say).run(listener)


def _greet(place: Place, say: Say) -> None:
    if place.kept:
        say(f"The former demo is kept in {place.kept}; this one begins afresh.")
    if place.continued:
        say(
            f"The demo in {place.root} goes on: {place.state.released} of {len(script.SCRIPT)}"
            " items were sent."
        )
    else:
        say(f"A new demo in {place.root}, with the sample’s log.")


async def _fill(app: App) -> None:
    """Import the sample into an empty log; it is one transaction, so there is no half of it."""
    if (await app.log.head()).position == 0:
        data = resources.files("feedstream.demo") / "data" / "sample.jsonl"
        await import_(app.log, data.read_bytes().splitlines())
    keys = keys_of(app.home)
    if keys.listed() is None:
        await keys.init(origin_of(app.settings.site))
    await app.settle()


class Demo:
    """One run of the demo over an open newsroom."""

    def __init__(self, app: App, place: Place, *, speed: float, say: Say) -> None:
        self._app = app
        self._root = place.root
        self._state = place.state
        self._speed = speed
        self._say = say

    async def run(self, listener: socket.socket) -> None:
        """Serve on `listener` until a signal comes, then end everything that was begun."""
        place = listening(self._state.partner_port)
        address = address_of(place)
        self._keep(replace(self._state, partner_port=place.getsockname()[1]))
        before = (await self._app.log.head()).position
        await self._register(address)

        def ready(base: str) -> None:
            self._tell_addresses(base, address)

        async with (
            running(self._released, place),
            _beside(
                tell_events(self._app, before, self._say),
                tell_feeds(self._app, self._say),
                self._release(),
            ),
        ):
            await serve_on(self._app, listener, ready=ready)

    def _released(self) -> Sequence[script.Step]:
        return script.SCRIPT[: self._state.released]

    def _keep(self, state: State) -> None:
        """Remember before it shows: what the partner has once sent, it never un-sends."""
        places.save(self._root, state)
        self._state = state

    async def _register(self, address: str) -> None:
        """Add the partner's wires; where they are known, only their address is set."""
        for source in script.sources(address):
            known = self._app.views.source(source.name)
            ours = known is not None and known.allow_private
            wanted = replace(known, url=source.url) if known and ours else source
            await registry.put(self._app, wanted, actor=ACTOR)
        await self._app.settle()

    def _tell_addresses(self, base: str, partner: str) -> None:
        row = self._app.views.by_slug(script.SAMPLE_SLUG)
        feed = f"{base}/feeds/story/{row.story.id}.atom" if row else f"{base}/feeds/stories.atom"
        self._say("")
        self._say(f"  Site       {base}/")
        self._say(f"  The story  {base}/stories/{row.slug if row else script.SAMPLE_SLUG}")
        self._say(f"  Its feed   {feed}")
        self._say(f"  Feeds      {base}/feeds/")
        self._say(f"  Partner    {partner}/")
        self._say(f"  Inbox      feedstream --home {self._root} inbox list")
        self._say("")
        self._say("Open the story: it changes by itself as items come in. Ctrl-C ends the demo.")
        self._say("")

    # ── the partner's hand ───────────────────────────────────────────────────────────────────
    async def _release(self) -> None:
        start = asyncio.get_running_loop().time() - self._offset()
        for number, step in enumerate(script.SCRIPT[self._state.released :], self._state.released):
            await self._until(start + step.at / self._speed)
            await self._when(partial(self._may_follow, step, number))
            self._keep(replace(self._state, released=number + 1))
            self._say(f"      {script.TITLES[step.wire]} sends “{step.headline}”: {step.note}")
        await self._when(self._all_taken)
        if not self._state.completed:
            self._keep(replace(self._state, completed=True))
        self._say("The partner has sent everything and all of it was taken in. The site goes on.")

    def _offset(self) -> float:
        """Seconds of the script that are behind us: it goes on where it stopped."""
        done = self._released()
        return done[-1].at / self._speed if done else 0.0

    async def _until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))

    async def _when(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Return once something holds that only an event in the log can bring about."""
        head = await self._app.log.head()
        if await holds():
            return
        async for _ in self._app.log.subscribe(head.position):
            if await holds():
                return

    async def _may_follow(self, step: script.Step, number: int) -> bool:
        """A next version waits until the newsroom has the one before, or it would be the first."""
        if not any(s.guid == step.guid for s in script.SCRIPT[:number]):
            return True
        return await self._taken(step) is not None

    async def _taken(self, step: script.Step) -> str | None:
        """The headline of the item as the newsroom has it."""
        item = await self._app.newsroom.load_item(wire_item_id(step.wire, guid_of(step)))
        return item.item.headline if item and item.item else None

    async def _all_taken(self) -> bool:
        last = script.final_headlines()
        taken = [await self._taken(step) == last[(step.wire, step.guid)] for step in script.SCRIPT]
        return all(taken)


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Tasks that run as long as the block; one that fails ends the block with its error."""
    main = asyncio.current_task()
    tasks = [asyncio.create_task(one) for one in work]
    failed: list[BaseException] = []

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            failed.append(error)
            if main:
                main.cancel()

    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield
    except asyncio.CancelledError:
        if failed:
            raise failed[0] from None
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1.0)
