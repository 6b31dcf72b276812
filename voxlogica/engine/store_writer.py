"""Writing results to a store beside the computing, by a thread of its own, for one run or several.

Whoever puts a result hands over the claim on its operation, which is released when the result can
be found. This thread takes no claims itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from voxlogica.dataclass import dataclass
from voxlogica.engine.claims import NO_CLAIMS, Claims, Release
from voxlogica.engine.locks import ClaimsUnavailable
from voxlogica.engine.store import Store
from voxlogica.engine.store_rows import Result
from voxlogica.images.image import Image

# So many images, and so many results in all, may wait to be written. Who would add more waits,
# rather than fill up memory, or use up file descriptors: each result holds its claim.
_WAITING_IMAGES = 4
_WAITING = 64


@dataclass(frozen=True, slots=True)
class Put:
    """A result on its way to the store, and what to do when it is there."""

    result: Result
    release: Release = lambda: None
    # What gives back the goal that it is, if it is one that was reserved.
    give_back: Release = lambda: None


class StoreWriter:
    """Writes to a store for the runs that share it. Safe for any thread.

    As a context manager left without an exception, it waits until all is written. `meanwhile`
    says whether images are written while runs go on, on one more core. `claims` are those on the
    store's operations; `distrusted` are operations whose results there are not believed.
    """

    def __init__(self, store: Store, warn: Callable[[str], None], meanwhile: bool = True) -> None:
        self.store = store
        self.claims = NO_CLAIMS
        self.distrusted: set[bytes] = set()
        self._warn = warn
        self._warned = False
        self._queue: SimpleQueue[Put | None] = SimpleQueue()
        self._meanwhile = meanwhile
        self._room_for_images = threading.Semaphore(_WAITING_IMAGES if meanwhile else 1)
        self._room = threading.Semaphore(_WAITING)
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._write, name="voxlogica-store", daemon=True)
        self._thread.start()
        try:
            self.claims = Claims(store.folder)
        except ClaimsUnavailable as problem:
            self.without_claims(problem)
        self._drop_unasked()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        # Threads of a run that has failed may still compute. What they put in time is written, and
        # its claims are released; for what comes later nobody would.
        with self._lock:
            self._ended = True
            self._queue.put(None)
        if kind is None:
            self._thread.join()
        self._drop_unasked()

    def without_claims(self, problem: ClaimsUnavailable) -> None:
        """Go on without claims, since the system refuses them."""
        with self._lock:
            self.claims = NO_CLAIMS
            is_new, self._warned = not self._warned, True
        if is_new:
            self._warn(f"processes do not wait for each other's results: {problem}")

    def put(self, result: Result, take_over: Callable[[], Put | None]) -> bool:
        """Have a result written; waits for room. False if it is too late.

        `take_over` gives it, with what it holds, at the moment that it is taken; or None where the
        run that it is of has ended.
        """
        self._room.acquire()
        if isinstance(result.value, Image):
            self._room_for_images.acquire()
        with self._lock:
            put = None if self._ended else take_over()
            if put is not None:
                self._queue.put(put)
        if put is None:
            self._make_room(result)
            return False
        if not self._meanwhile and isinstance(result.value, Image):
            with self._room_for_images:
                pass  # there is room again: it was written
        return True

    def _make_room(self, result: Result) -> None:
        self._room.release()
        if isinstance(result.value, Image):
            self._room_for_images.release()

    def _write(self) -> None:
        ending = False
        while not ending:
            puts = [self._queue.get()]
            while not self._queue.empty():
                puts.append(self._queue.get())
            batch = [put for put in puts if put is not None]
            ending = len(batch) < len(puts)
            try:
                self.store.put_many(put.result for put in batch)
            finally:
                for put in batch:
                    put.release()
                    if not put.result.lasting:
                        drop = partial(self.store.drop_handed, put.result.id)
                        self.claims.when_unasked(put.result.id, drop)
                    put.give_back()
                    self._make_room(put.result)
        if self.distrusted:
            # What had been computed from them was on its way.
            self.store.drop_wrong(self.distrusted)

    def _drop_unasked(self) -> None:
        """Drop what was handed over by and for processes that have died since."""
        if self.claims is NO_CLAIMS:
            return  # who else may be in need of it, nobody can tell
        for operation in self.store.all_handed():
            try:
                release = self.claims.tried(operation)
            except ClaimsUnavailable:
                return
            if release is not None:
                if not self.claims.is_asked_for(operation):
                    self.store.drop_handed(operation)
                release()
