"""A connection as through a tunnel to another machine: what goes in comes out a while later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def tunnel(port: int, delay: float) -> Iterator[int]:
    """A port of this machine that leads to another, with so many seconds each way."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_served(port, delay))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _served(port: int, delay: float) -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _carried(reader, far_writer, delay), _carried(far_reader, writer, delay)
        )

    return await asyncio.start_server(connected, "127.0.0.1", 0)


async def _carried(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float
) -> None:
    """Hand on what comes, in its order, each piece so much later."""
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while piece := await reader.read(1 << 16):
            loop.call_later(delay, writer.write, piece)
        loop.call_later(delay, writer.close)
