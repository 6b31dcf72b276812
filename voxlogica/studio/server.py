"""The server: a socket on this machine, and a thread in which it answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from voxlogica.studio.application import application
from voxlogica.studio.messages import LONGEST_MESSAGE
from voxlogica.studio.security import Guard, new_token
from voxlogica.studio.workshop import Workshop

# Only this machine reaches it. It has no name that is looked up, so none that could be another's.
ADDRESS = "127.0.0.1"

# Bytes of a character in UTF-8, at most: how long a message may be is counted in characters.
_BYTES = 4


class PortTakenError(Exception):
    """The port cannot be had: the message says why."""


class Server:
    """A studio that can be reached, from `start` to `stop`."""

    def __init__(self, shop: Workshop, port: int = 0) -> None:
        """On a port, or for 0 on one that is free. Raises PortTakenError."""
        self._token = new_token()
        self._socket = _listening(port)
        self._thread = threading.Thread(target=self._serve, name="studio-server", daemon=True)
        self._opened: Callable[[], None] = lambda: None
        self._problem: BaseException | None = None
        self._serving = _Serving(
            uvicorn.Config(
                Guard(application(shop, lambda: self._opened()), self._token),
                http="h11",
                ws="websockets-sansio",
                loop="asyncio",
                lifespan="on",
                interface="asgi3",
                log_config=None,  # and so no line has an address, which has the token
                log_level="warning",
                access_log=False,
                server_header=False,
                ws_max_size=_BYTES * LONGEST_MESSAGE,
                ws_per_message_deflate=False,  # voxels are deflated
                ws_ping_interval=None,  # no clock: who is on this machine, and goes, is known to
                ws_ping_timeout=None,
            )
        )

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """Where its page is: whoever knows this may do what the page may."""
        return f"http://{ADDRESS}:{self.port}/{self._token}/"

    def start(self, opened: Callable[[], None] = lambda: None) -> None:
        """Answer from now on; `opened` is called whenever the page is asked for."""
        self._opened = opened
        self._thread.start()

    def wait(self) -> None:
        """Wait until it ends, which it does by itself only where something is broken."""
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def stop(self) -> None:
        """Close all sockets, stop what runs, and wait until that is done."""
        self._serving.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        try:
            self._serving.run(sockets=[self._socket])
        except BaseException as problem:
            self._problem = problem


class _Serving(uvicorn.Server):
    """It waits at its end until all is sent: but of what nobody takes, it lets go."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it."""
        for connection in [*self.server_state.connections]:
            transport: Any = connection.transport
            if transport.get_write_buffer_size():
                transport.abort()
        await super().shutdown(sockets)


def _listening(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((ADDRESS, port))
        found.listen()  # who knows the address may come, also before `start`
    except (OSError, OverflowError) as failed:
        found.close()
        why = getattr(failed, "strerror", None) or str(failed)
        raise PortTakenError(f"cannot listen on port {port}: {why.lower()}") from failed
    return found
