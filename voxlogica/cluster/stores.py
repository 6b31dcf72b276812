"""The stores of a worker's machine: those that errands use, and the last ones that some have used.

Each holds files, a connection and a thread; and each client may name another one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, field

if TYPE_CHECKING:
    from voxlogica.engine.store_writer import StoreWriter

# So many stay open that no errand uses.
_MOST = 4


@dataclass(slots=True)
class OpenedStore:
    """Who writes to a store, if it can be used; how many errands use it; what it has warned of."""

    writer: StoreWriter | None = None
    users: int = 0
    warned: list[str] = field(default_factory=list)
    closing: ExitStack = field(default_factory=ExitStack)


class Stores:
    """Stores by what clients call them. Safe for any thread.

    They are written to `meanwhile`, if there are cores for that.
    """

    def __init__(self, meanwhile: bool) -> None:
        self._meanwhile = meanwhile
        # One opens or closes at a time: a folder is never open twice.
        self._lock = threading.Lock()
        self._opened: OrderedDict[bool | str, OpenedStore] = OrderedDict()

    @contextmanager
    def used(self, cache: bool | str) -> Iterator[OpenedStore]:
        """The store for an errand, which uses it meanwhile."""
        if cache is False:
            yield OpenedStore()
            return
        with self._lock:
            if cache not in self._opened:
                self._opened[cache] = self._open(cache)
            opened = self._opened[cache]
            self._opened.move_to_end(cache)
            opened.users += 1
        try:
            yield opened
        finally:
            with self._lock:
                opened.users -= 1
                self._close_some()

    def close(self) -> None:
        """Wait until what is to be kept is written, and close what no errand uses."""
        with self._lock:
            self._close(self._idle())

    def _idle(self) -> list[bool | str]:
        return [cache for cache, opened in self._opened.items() if not opened.users]

    def _close_some(self) -> None:
        idle = self._idle()
        # One that could not be opened is tried again.
        failed = [cache for cache in idle if self._opened[cache].writer is None]
        self._close(dict.fromkeys([*failed, *idle[:-_MOST]]))

    def _close(self, caches: Iterable[bool | str]) -> None:
        for cache in caches:
            self._opened.pop(cache).closing.close()

    def _open(self, cache: bool | str) -> OpenedStore:
        from voxlogica.engine.store_opening import cache_folder, open_store
        from voxlogica.engine.store_writer import StoreWriter

        opened = OpenedStore()
        warn = opened.warned.append
        store = open_store(cache_folder(None if cache is True else str(cache)), warn=warn)
        if store is not None:
            opened.closing.enter_context(store)
            writer = StoreWriter(store, warn, meanwhile=self._meanwhile)
            opened.writer = opened.closing.enter_context(writer)
        return opened
