"""Workers that are asked all at once, of which some may end meanwhile: nobody waits for those."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any


class Departures:
    """Which workers are gone, as the scheduler has told. For the thread of one loop."""

    def __init__(self) -> None:
        self._gone: set[str] = set()
        # Set when more are, and then another one.
        self._changed = asyncio.Event()

    def note(self, worker: str, is_gone: bool) -> None:
        """A worker has gone, or come."""
        if not is_gone:
            self._gone.discard(worker)
            return
        self._gone.add(worker)
        self._changed.set()
        self._changed = asyncio.Event()

    def left(self, workers: Collection[str]) -> list[str]:
        """Those of them that are not gone."""
        return [worker for worker in workers if worker not in self._gone]

    async def one_of(self, workers: Collection[str]) -> None:
        """Wait until one of them goes."""
        while self._gone.isdisjoint(workers):
            await self._changed.wait()

    async def ask(
        self, client: Any, workers: Collection[str], function: Callable[..., Any], *words: Any
    ) -> dict[str, Any]:
        """What a function gives at workers, or the exception that it ends in, by address.

        Dask waits long for a worker that has just ended. Where one has, the others are asked again.
        Raises OSError where the client has no connection any more.
        """
        while True:
            workers = self.left(workers)
            asking = asyncio.ensure_future(
                client.run(function, *words, workers=workers, on_error="return")
            )
            going = asyncio.ensure_future(self.one_of(workers))
            try:
                await asyncio.wait({asking, going}, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    answers: dict[str, Any] = asking.result()
                    return answers
            finally:
                asking.cancel()
                going.cancel()
