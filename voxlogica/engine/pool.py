"""The threads of one run, which whoever waits for them can leave at once.

What they are to do, and when, Dask decides: it starts a task when those before it are done, and
goes depth first. This is the only module that knows Dask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from voxlogica.engine.futures import Cancelled
from voxlogica.engine.tasks import Task
from voxlogica.images.readers import belongs_to, cancelled_by


class Pool:
    """A pool of threads; what it is to do ends when the run is cancelled.

    A thread that is in the middle of a kernel cannot be stopped. So when `cancellation` is settled,
    everything that was submitted and is not done fails with Cancelled, for those who wait for it;
    the threads end on their own. Safe for any thread.
    """

    def __init__(self, threads: int, cancellation: Future[None]) -> None:
        self._number = threads
        # What they wait for in reader processes ends with the run.
        self._threads = ThreadPoolExecutor(
            threads, "voxlogica", initializer=belongs_to, initargs=(cancellation,)
        )
        self._lock = threading.Lock()
        self._awaited: set[Future[Any]] | None = set()
        cancellation.add_done_callback(self._cancel)

    def carry_out(
        self,
        tasks: Mapping[str, Task],
        first: Collection[str],
        started: Callable[[str], None],
        finished: Callable[[str], None],
    ) -> None:
        """Do tasks, known by their keys, each after those it needs; some begin at once, as `first`.

        `started` and `finished` are called in the calling thread. Raises what a task raises.
        """
        graph: dict[str, tuple[Any, ...]] = {k: (task, *task.after) for k, task in tasks.items()}
        graph |= {key: (self.submit(tasks[key]).result,) for key in first}
        needed = {before for task in tasks.values() for before in task.after}
        # Not at the top: it takes a tenth of a second, in which the first tasks read files.
        from dask.local import get_async

        get_async(
            self.submit,
            self._number,
            graph,
            [key for key in tasks if key not in needed],
            chunksize=1,
            pack_exception=lambda problem, _: (problem, problem.__traceback__),
            rerun_exceptions_locally=False,
            callbacks=[
                (None, None, lambda key, *_: started(key), lambda key, *_: finished(key), None)
            ],
        )

    def carry_out_in_turn(
        self,
        tasks: Mapping[str, Task],
        started: Callable[[str], None],
        finished: Callable[[str], None],
        cancellation: Future[None],
    ) -> None:
        """As `carry_out`, in one of the threads, in the order that Dask gives them.

        For one of many runs at a time, with its own `cancellation`: handing tasks from thread to
        thread would cost more than most of them do. What is told is told when all is done.
        """
        from dask.order import order

        if len(tasks) > 1:
            ranks = order({key: (task, *task.after) for key, task in tasks.items()})
            in_order = sorted(tasks, key=ranks.__getitem__)
        else:
            in_order = list(tasks)
        done: list[str] = []

        def work() -> None:
            with cancelled_by(cancellation):
                for key in in_order:
                    done.append(key)
                    tasks[key]()

        try:
            self.submit(work).result()
        finally:
            for key in [*done]:
                started(key)
                finished(key)

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
        """Begin nothing new, and wait for nothing; nor do threads wait for what others are at."""
        self._cancel()
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

    def _cancel(self, *_: Future[None]) -> None:
        with self._lock:
            left, self._awaited = self._awaited or set(), None
        for outcome in left:
            outcome.set_exception(Cancelled())
