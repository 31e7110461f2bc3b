"""Run the workbench's server until somebody stops it."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import uvicorn

    from core.settings import Settings

_LARGEST_MESSAGE: Final = 200 * 1024 * 1024  # bytes over the socket, as Streamlit's own server
_GOODBYE_SECONDS: Final = 2
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8501,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the workbench of the settings' lake; return after SIGINT or SIGTERM.

    `ready` is called with the address once the server answers. A port of 0 takes any free one. On
    the loopback only its own names are answered.
    Raises `ServeError` when the port is taken or not allowed.
    """
    from app import session  # a second with Streamlit, that only who serves pays

    session.use(settings)
    listener = _listen(host, port)
    _refuse_strange_names(host)
    try:
        with _quiet_signals():
            _server(listener, host, ready).run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()


def _refuse_strange_names(host: str) -> None:
    # A page on the internet may make its own name point at this machine (DNS rebinding) and then
    # talk to whoever listens here; who means to serve other names sets server.allowedHosts.
    from streamlit import config  # a second, which `app.asgi` needs anyway

    if host in _LOOPBACK and not config.is_manually_set("server.allowedHosts"):
        config.set_option("server.allowedHosts", list(_LOOPBACK), "loopback only")


def _listen(host: str, port: int) -> socket.socket:
    from app.errors import ServeError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only for sockets that say they are TCP: worth 40 ms a rerun
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        why = "is already in use" if taken else f"cannot be opened ({error.strerror})"
        hint = f"Choose another one, for example {port + 1}." if taken else ""
        raise ServeError(f"Port {port} of {host} {why}.", hint=hint, host=host, port=port) from None
    listener.setblocking(False)
    return listener


def _server(
    listener: socket.socket, host: str, ready: Callable[[str], None] | None
) -> uvicorn.Server:
    # half a second, and a second for the pages: only who serves pays
    import uvicorn

    from app.asgi import app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if ready is not None and self.started:
                number = listener.getsockname()[1]
                name = f"[{host}]" if ":" in host else host
                ready(f"http://{name}:{number}")

    return Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=_GOODBYE_SECONDS,
        )
    )


@contextmanager
def _quiet_signals() -> Iterator[None]:
    # uvicorn raises the signal that stopped it once more when it is done; that must not kill us
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
