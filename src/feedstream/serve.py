"""The running server: HTTP, the follower of the log and the schedule, as one."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable

import uvicorn

from feedstream.bootstrap import App
from feedstream.errors import Unavailable
from feedstream.live import Follower
from feedstream.schedule import Schedule
from feedstream.web.app import create_app

TRIES = 50  # ports looked at where a free one is to be found
GRACE = 1  # seconds that open requests are given at the end


async def serve(
    app: App, *, host: str, port: int, ready: Callable[[str], None], find_port: bool
) -> None:
    """Serve a newsroom until SIGINT or SIGTERM.

    `ready` is told the address once it answers. With `find_port`, the next free port is taken
    where `port` is not. Raises `Unavailable` where none can be had.
    """
    await serve_on(app, listen(host, port, find_port=find_port), ready=ready)


async def serve_on(app: App, listener: socket.socket, *, ready: Callable[[str], None]) -> None:
    """As `serve`, on a socket that listens already."""
    follower = Follower(app.log, app.views, app.publisher)
    stopping = asyncio.Event()
    server = _Server(
        uvicorn.Config(
            create_app(app, follower, stopping),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            lifespan="off",
        ),
        stopping,
    )
    schedule = Schedule(app)
    following = asyncio.create_task(follower.run())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        with _signals(server):
            await schedule.start()
            announce = asyncio.create_task(_announce(server, listener, ready))
            await serving
            announce.cancel()
    finally:
        stopping.set()
        await schedule.stop()
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        listener.close()


async def _announce(
    server: uvicorn.Server, listener: socket.socket, ready: Callable[[str], None]
) -> None:
    while not server.started:  # noqa: ASYNC110  # uvicorn offers a flag, no event
        await asyncio.sleep(0.01)
    ready(address_of(listener))


class _Server(uvicorn.Server):
    """Tells open live streams to end when it is asked to stop, so that stopping takes no wait."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # signals are ours, see `_signals`
        yield

    async def on_tick(self, counter: int) -> bool:
        if self.should_exit:
            self._stopping.set()
        return await super().on_tick(counter)


@contextlib.contextmanager
def _signals(server: uvicorn.Server):  # type: ignore[no-untyped-def]
    """SIGINT and SIGTERM ask the server to stop; a second one does not wait for requests."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def listen(host: str, port: int, *, find_port: bool) -> socket.socket:
    """A listening socket at `port`, or with `find_port` at the first free one from there on."""
    last: OSError | None = None
    for candidate in range(port, port + (TRIES if find_port and port else 1)):
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
