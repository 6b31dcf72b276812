"""Kernels on several cores: an array is cut into slabs, which threads take one after another.

Operations already run side by side, one a thread. So a kernel takes only what is left: threads for
the cores on which nobody computes at the moment, and itself. No more threads compute than there are
cores, whether the plan is wide or narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import count
from threading import Lock, local

# So many slabs a core: where some take longer than others, the rest is shared out.
_SLABS_A_CORE = 4
# Of an operation that takes some nanoseconds a voxel, a slab of fewer is not worth a thread.
FEWEST_VOXELS = 1 << 16


class Cores:
    """The cores that a run may use, and on how many of them something computes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._busy = 0
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """The calling thread computes meanwhile; kernels that it calls use these cores."""
        before: Cores | None = getattr(_THREAD, "cores", None)
        _THREAD.cores = self
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)
            _THREAD.cores = before

    def over(self, length: int, do: Callable[[int, int], object], at_least: int = 1) -> None:
        """`do(first, end)` for slabs that together are 0 … length, on every core that is free.

        Slabs have `at_least` so many indices, but for the last. Each must write only what is its
        own: how many there are, and their order, depend on the machine. Raises what `do` raises.
        """
        step = max(at_least, -(-length // (self.number * _SLABS_A_CORE)), 1)
        slabs = -(-length // step)
        if self.number == 1 or slabs < 2:
            if length:
                do(0, length)
            return
        numbers = count()

        def work() -> None:
            while (first := next(numbers) * step) < length:
                do(first, min(first + step, length))

        helpers = self._recruited(slabs - 1, work)
        try:
            work()
        finally:
            # After an exception, too: nobody is to write into the arrays once the caller has left.
            for helper in helpers:
                if helper.cancel():
                    self._add(-1)
            wait(helpers)
        for helper in helpers:
            if not helper.cancelled():
                helper.result()

    def _recruited(self, at_most: int, work: Callable[[], None]) -> list[Future[None]]:
        with self._lock:
            free = min(at_most, self.number - self._busy)
            if free <= 0:
                return []
            self._busy += free
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.number, thread_name_prefix="slabs")
            pool = self._pool

        def helping() -> None:
            try:
                work()
            finally:
                self._add(-1)

        return [pool.submit(helping) for _ in range(free)]

    def _add(self, cores: int) -> None:
        with self._lock:
            self._busy += cores

    def close(self) -> None:
        """End the threads; the cores are not to be used any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)


_THREAD = local()
_ALL_LOCK = Lock()
_all: Cores | None = None


def _usable() -> int:
    from voxlogica.allowance import cores

    return cores()


def allowed() -> int:
    """How many cores the calling thread's run may use."""
    cores: Cores | None = getattr(_THREAD, "cores", None)
    return cores.number if cores is not None else _usable()


def over(length: int, do: Callable[[int, int], object], at_least: int = 1) -> None:
    """`Cores.over`, on the cores of the run that the calling thread computes for.

    A thread that computes for no run, as in a test, has all that the process may use.
    """
    global _all
    cores: Cores | None = getattr(_THREAD, "cores", None)
    if cores is not None:
        cores.over(length, do, at_least)
        return
    with _ALL_LOCK:
        if _all is None:
            _all = Cores(_usable())
    with _all.working():
        _all.over(length, do, at_least)
