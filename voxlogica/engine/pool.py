"""The threads of one run, which whoever waits for them can leave at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from voxlogica.engine.futures import Cancelled
from voxlogica.images.readers import belongs_to


class Pool:
    """A pool of threads as Dask wants one; what it is to do ends when the run is cancelled.

    A thread that is in the middle of a kernel cannot be stopped. So when `cancellation` is settled,
    everything that was submitted and is not done fails with Cancelled, for those who wait for it;
    the threads end on their own. Safe for any thread.
    """

    def __init__(self, threads: int, cancellation: Future[None]) -> None:
        # What Dask asks a pool for.
        self._max_workers = threads
        # What they wait for in reader processes ends with the run.
        self._threads = ThreadPoolExecutor(
            threads, "voxlogica", initializer=belongs_to, initargs=(cancellation,)
        )
        self._lock = threading.Lock()
        self._awaited: set[Future[Any]] | None = set()
        cancellation.add_done_callback(self._cancel)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a thread call the function: the future of its result."""
        outcome: Future[Any] = Future()
        with self._lock:
            awaited = self._awaited
            if awaited is not None:
                awaited.add(outcome)
        if awaited is None:
            outcome.set_exception(Cancelled())
        else:
            done = self._threads.submit(function, *arguments)
            done.add_done_callback(partial(self._done, outcome))
        return outcome

    def close(self) -> None:
        """Begin nothing new, and wait for nothing."""
        with self._lock:
            self._awaited = None
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, outcome: Future[Any], done: Future[Any]) -> None:
        with self._lock:
            if self._awaited is None or outcome not in self._awaited:
                return
            self._awaited.remove(outcome)
        # Called for a cancelled one, too: the run has ended then.
        if not done.cancelled():
            problem = done.exception()
            if problem is not None:
                outcome.set_exception(problem)
            else:
                outcome.set_result(done.result())

    def _cancel(self, _: Future[None]) -> None:
        with self._lock:
            left, self._awaited = self._awaited or set(), None
        for outcome in left:
            outcome.set_exception(Cancelled())
