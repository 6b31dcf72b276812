"""Uvicorn's server, which ends although a page does not read."""

from __future__ import annotations

import socket
from typing import Any

from uvicorn import Server


class Serving(Server):
    """It waits at its end until all is sent: but of what nobody takes, it lets go."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it."""
        for connection in [*self.server_state.connections]:
            transport: Any = connection.transport
            if transport.get_write_buffer_size():
                transport.abort()
        await super().shutdown(sockets)
