"""A newsroom with stories of our own, and a real server in a thread."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from feedstream.bootstrap import App, open_app
from feedstream.domain import commands as c
from feedstream.newsroom import story_command
from feedstream.serve import serve

T = TypeVar("T")
CONFIG = """[site]
title = "The Harbour Post"
description = "Running stories from the coast, with every change on the record."
base_url = "http://127.0.0.1:8000"
language = "en"
timezone = "Europe/Brussels"
"""
BODY = (
    "<p>The lock gate at the northern quay jammed at low water this morning and left eleven"
    " barges waiting in the basin. Divers found a length of steel cable in the rail on which the"
    " gate runs.</p><p>The harbour master, <strong>Ilse Verhaegen</strong>, said that the gate"
    " would stay shut until the rail had been measured from end to end. “We would rather lose a"
    " day than a gate,” she said.</p>"
)


def make_home(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "feedstream.toml").write_text(CONFIG, "utf-8")
    return root


def at_desk(home: Path, work: Callable[[App], Awaitable[T]]) -> T:
    """Run `work` as another process would: with an own connection to the same files.

    In a thread of its own, since Playwright keeps an event loop in the thread of the tests.
    """

    async def go() -> T:
        async with open_app(home) as app:
            return await work(app)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(go())).result()


async def publish(
    app: App, headline: str = "Lock gate jams at the northern quay", **more: Any
) -> str:
    fields = {"body": BODY, "effective": date(2024, 3, 4), **more}
    outcome = await app.newsroom.execute(
        app.newsroom.begin(headline=headline, **fields), actor="desk"
    )
    return outcome.story.id


async def update(app: App, story: str, headline: str, **more: Any) -> str:
    fields = {"body": f"<p>{headline}, the harbour office says.</p>", **more}
    command = app.newsroom.update(story, headline=headline, **fields)
    await app.newsroom.execute(command, actor="desk")
    return command.update


async def order(app: App, kind: type[Any], story: str, **fields: Any) -> None:
    await app.newsroom.execute(
        story_command(kind, story, app.newsroom.clock(), **fields), actor="desk"
    )


async def seed(app: App) -> dict[str, str]:
    """Stories of every kind; their ids, and those of parts, by name."""
    ids = {
        "gate": await publish(
            app,
            section="Harbour",
            tags=("shipping", "locks"),
            authors=("Marit Oss", "Jan Peel"),
            summary="Eleven barges wait while divers clear the rail of the lock.",
            slug="lock-gate",
        )
    }
    gate = ids["gate"]
    ids["first"] = await update(
        app,
        gate,
        "Cable cut free at noon",
        effective=date(2024, 3, 5),
        body="<p>Divers cut the cable free shortly before the tide turned. It is thirty metres"
        " long and carries no mark of any owner.</p>",
    )
    ids["second"] = await update(
        app,
        gate,
        "First barges through the lock",
        effective=datetime(2024, 3, 6, 8, 30, tzinfo=UTC),
        body="<p>Four barges passed in the first hour. A notice from the port says:</p>"
        "<blockquote>Masters are asked to keep to half speed until Friday.</blockquote>",
    )
    ids["bad"] = await update(app, gate, "Second cable feared", effective=date(2024, 3, 6))
    await order(app, c.WithdrawUpdate, gate, update=ids["bad"], reason="The report was a mix-up.")
    await order(app, c.PinUpdate, gate, update=ids["first"])
    correction = app.newsroom.correction(
        gate,
        was="twelve barges",
        now="eleven barges",
        why="The port counted one twice.",
        effective=date(2024, 3, 6),
    )
    await app.newsroom.execute(correction, actor="standards editor")
    ids["correction"] = correction.correction
    await app.newsroom.execute(
        app.newsroom.clarification(gate, text="The basin lies inside the sea lock."),
        actor="standards editor",
    )
    for name in ("Coast Wire", "Radio Schelde"):
        await order(app, c.AddCredit, gate, name=name)
    await order(app, c.ChangeSlug, gate, slug="northern-lock-gate")

    ids["retracted"] = await publish(app, "Ferry to add night sailings", section="Transport")
    await app.newsroom.execute(
        app.newsroom.retraction(ids["retracted"], reason="The timetable was a draft."),
        actor="editor",
    )
    ids["closed"] = await publish(app, "Fish auction moves to the new hall", section="Trade")
    await order(app, c.CloseStory, ids["closed"])
    ids["killed"] = await publish(app, "Pilot named in error", slug="pilot-named", tags=("pilots",))
    await order(app, c.KillStory, ids["killed"], reason="It named a private person.")
    ids["ordered"] = await publish(app, "Court papers of a crew", slug="court-papers")
    await order(app, c.KillStory, ids["ordered"], reason="An order of the court.", legal=True)
    later = app.newsroom.clock() + timedelta(days=1)
    ids["embargoed"] = await publish(
        app,
        "Budget of the port announced",
        slug="port-budget",
        tags=("budget",),
        effective=None,
        embargo_until=later,
    )
    return ids


@contextmanager
def running(home: Path, *, port: int = 0) -> Iterator[str]:
    """A server of `home` in a thread; gives its address and stops it in the end."""
    address: list[str] = []
    failed: list[BaseException] = []
    up = threading.Event()
    stop: list[Callable[[], None]] = []

    def ready(url: str) -> None:
        address.append(url)
        up.set()

    async def go() -> None:
        async with open_app(home, serving=True) as app:
            loop = asyncio.get_running_loop()
            task = asyncio.create_task(
                serve(app, host="127.0.0.1", port=port, ready=ready, find_port=False)
            )
            stop.append(lambda: loop.call_soon_threadsafe(task.cancel))
            await asyncio.wait((task,))
            if not task.cancelled() and (error := task.exception()):
                raise error

    def target() -> None:
        try:
            asyncio.run(go())
        except BaseException as error:
            failed.append(error)
        finally:
            up.set()

    thread = threading.Thread(target=target)
    thread.start()
    assert up.wait(30), "the server did not come up"
    try:
        if failed:
            raise failed[0]
        yield address[0]
    finally:
        if stop:
            stop[0]()
        thread.join(10)
    assert not thread.is_alive(), "the server did not stop"
    if failed:
        raise failed[0]


def wait_for(ask: Callable[[], T], holds: Callable[[T], bool], seconds: float = 3.0) -> T:
    """Ask until the answer is as it should be; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not holds(answer := ask()):
        assert time.monotonic() < end, f"after {seconds} s still {answer}"
        time.sleep(0.02)
    return answer
