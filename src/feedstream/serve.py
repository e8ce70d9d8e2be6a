"""The running server: HTTP, the follower of the log and the schedule, as one."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from feedstream.bootstrap import App
from feedstream.errors import Unavailable
from feedstream.live import Follower
from feedstream.schedule import Schedule
from feedstream.web.app import create_app
from feedstream.web.media import media_type
from feedstream.web.protocol import protocol_for

TRIES = 50  # further ports looked at where a free one is to be found
GRACE = 1  # seconds that open requests are given at the end


async def serve(
    app: App, *, host: str, port: int, ready: Callable[[str], None], find_port: bool
) -> None:
    """Serve a newsroom until SIGINT or SIGTERM.

    `ready` is told the address once it answers. With `find_port`, the next free port is taken
    where `port` is not. Raises `Unavailable` where none can be had.
    """
    await serve_on(app, listen(host, port, find_port=find_port), ready=ready)


async def serve_on(
    app: App,
    listener: socket.socket,
    *,
    ready: Callable[[str], None],
    scheduled: bool = True,
    fast: bool = True,
) -> None:
    """As `serve`, on a socket that listens already.

    Where nothing is `scheduled`, no source is fetched, no embargo lifted and nothing pushed: the
    server shows what is appended and does nothing of itself. Without `fast`, every request goes
    through the application: the answers are the same, only later.
    """
    follower = Follower(
        app.log, app.views, app.publisher, renewal=app.renewal, after=app.checkpoints.wake
    )
    site = create_app(app, follower)
    server = _Server(
        uvicorn.Config(
            site,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            lifespan="off",
            http=protocol_for(site.state.fast) if fast else "auto",
        ),
        site.state.live.close,
    )
    schedule = Schedule(app) if scheduled else None
    following = asyncio.create_task(follower.run())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    aside = [asyncio.create_task(app.checkpoints.run())]
    if scheduled:
        follower.listen(lambda _: app.push.wake())
        aside.append(asyncio.create_task(app.push.run(media_type)))
    try:
        with _signals(server):
            if schedule:
                await schedule.start()
            if await _settled(server, follower, serving, following):
                ready(address_of(listener))
            await asyncio.wait((serving, following), return_when=asyncio.FIRST_COMPLETED)
    finally:
        site.state.live.close()
        server.should_exit = True
        if schedule:
            await schedule.stop()
        for task in (following, *aside):
            task.cancel()
        await asyncio.wait((serving, following, *aside))
        listener.close()
    for task in (serving, following, *aside):
        if not task.cancelled():
            task.result()  # a fault of ours must be heard


async def _settled(server: uvicorn.Server, follower: Follower, *tasks: asyncio.Task[None]) -> bool:
    """Wait until the server answers and its outputs are up to the log, or cannot be brought there.

    False where it ended before.
    """
    while not server.should_exit and not any(task.done() for task in tasks):
        if server.started and (follower.settled or follower.trouble):
            return True
        await asyncio.sleep(0.01)
    return False


class _Server(uvicorn.Server):
    """Tells open live streams to end when it is asked to stop, so that stopping takes no wait."""

    def __init__(self, config: uvicorn.Config, close_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._close_streams = close_streams

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours, see `_signals`."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """uvicorn's pulse, ten times a second."""
        if self.should_exit:
            self._close_streams()
        return await super().on_tick(counter)


@contextlib.contextmanager
def _signals(server: uvicorn.Server) -> Iterator[None]:
    """SIGINT and SIGTERM ask the server to stop; a second one does not wait for requests.

    Only a main thread may handle signals; in another one a cancellation stops the server.
    """
    loop = asyncio.get_running_loop()
    main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if main else ()

    def ask() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in numbers:
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def listen(host: str, port: int, *, find_port: bool) -> socket.socket:
    """A listening socket at `port`, or with `find_port` at the first free one from there on."""
    last: OSError | None = None
    for candidate in range(port, port + (TRIES + 1 if find_port and port else 1)):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, candidate))
            listener.listen(1024)
            listener.setblocking(False)
        except (OSError, OverflowError) as error:
            listener.close()
            last = error if isinstance(error, OSError) else OSError(str(error))
            continue
        return listener
    reason = last.strerror or last if last else "no port"
    raise Unavailable(
        f"Port {port} of {host} can't be listened on: {reason}. Give another with --port."
    ) from last


def address_of(listener: socket.socket) -> str:
    """The http address of a listening socket."""
    host, port = listener.getsockname()[:2]
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  # shown, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
