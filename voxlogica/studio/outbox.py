"""What goes to a page, in its order, however slowly the page reads.

A page may stop reading: its machine sleeps, the browser has frozen its tab. Who answers it waits
until it reads again; nobody else does, so what others have to tell is left here. Of news of a kind
the latest is enough, so there is never much of it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect


class Outbox:
    """Messages that wait for a page. All of it belongs to the event loop."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        # By what they are news of, or by who waits until they have gone.
        self._waiting: dict[str | asyncio.Future[None], str | bytes] = {}
        self._something = asyncio.Event()

    def post(self, news: str, text: str) -> None:
        """Leave a message, in the place of one of the same news that has not gone yet."""
        self._waiting.pop(news, None)
        self._waiting[news] = text
        self._something.set()

    async def send(self, data: str | bytes) -> None:
        """Send a message or voxels, after what waits already, and wait until they have gone."""
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[gone] = data
        self._something.set()
        await gone

    async def deliver(self) -> None:
        """Hand all of it to the socket, as long as this is not cancelled.

        What is for a page that has gone is dropped.
        """
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                which = next(iter(self._waiting))
                data = self._waiting.pop(which)
                # The latter is starlette's own for a socket that is closed.
                with suppress(WebSocketDisconnect, RuntimeError):
                    if isinstance(data, str):
                        await self._socket.send_text(data)
                    else:
                        await self._socket.send_bytes(data)
                if isinstance(which, asyncio.Future) and not which.done():
                    which.set_result(None)
