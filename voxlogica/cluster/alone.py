"""What is done together, or by one alone: an errand that has been at workers that died is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class AloneOrTogether:
    """Who has a turn: several together, or one alone. For the thread of one loop.

    Who is to be alone waits until nobody else has a turn, or waits for one: no others wait for
    those that take long.
    """

    def __init__(self) -> None:
        self._together = 0
        self._is_alone = False
        # Set when those that wait are to look again.
        self._others, self._lonely = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def taken(self, alone: bool) -> AsyncIterator[None]:
        """Have a turn within it, `alone` or not."""
        while self._is_alone or (alone and self._together):
            await (self._lonely if alone else self._others).wait()
        if alone:
            self._is_alone = True
        else:
            self._together += 1
        try:
            yield
        finally:
            if alone:
                self._is_alone = False
            else:
                self._together -= 1
            if not self._together:
                for waiting in (self._others, self._lonely):  # in this order
                    waiting.set()
                self._others, self._lonely = asyncio.Event(), asyncio.Event()
