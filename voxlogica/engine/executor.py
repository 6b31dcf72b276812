"""Carrying out a workplan on Dask's threaded scheduler.

The Dask graph has a task for each operation that some goal needs, keyed by the operation's id, and
one for each file to save. Dask starts a task when its arguments are there, goes depth first, and
drops a result when its last reader is done, so that memory follows the plan's width. This is the
only module that knows Dask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from voxlogica.engine.events import Finished, Observer, Started, Work
from voxlogica.engine.failures import failure, users_own
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.workplan import Node, Place, Save, WorkPlan
from voxlogica.syntax.diagnostics import VoxLogicaError

# Writes the image of a save goal, and gives what is to be told of it.
Write = Callable[[Save, Image], Any]


def execute(plan: WorkPlan, write: Write, jobs: int, observe: Observer) -> list[Any]:
    """Compute what the goals need, each operation once, on `jobs` threads.

    Gives the outcome of each goal in their order: the value of a `print`, what `write` returned
    for a `save`. `write` is called from the worker threads, as soon as an image is there; `observe`
    only from the calling thread. Equal goals share a task.

    Raises VoxLogicaError at the first operation that fails. Then, and when an exception such as
    KeyboardInterrupt comes in between, nothing new is started; what other threads are in the middle
    of goes on without anyone waiting for it.
    """
    # Not at the top: they take a tenth of a second, which `voxlogica --help` need not.
    from concurrent.futures import ThreadPoolExecutor

    from dask.threaded import get

    tasks: dict[str, _Task] = {}
    graph: dict[str, tuple[Any, ...]] = {}
    for position in plan.needed():
        node, place, key = plan.nodes[position], plan.places[position], plan.ids[position].hex()
        work = Work("operation", node.operator.name, node.type, users_own(place))
        tasks[key] = _Task(work, place, partial(compute, node))
        graph[key] = (tasks[key], *(plan.ids[argument].hex() for argument in node.arguments))
    wanted: list[str] = []
    for goal in plan.goals:
        key = plan.ids[goal.node].hex()
        if isinstance(goal, Save):
            image, key = key, f"save {goal.path} {key}"
            work = Work("save", goal.path, plan.nodes[goal.node].type, goal.span)
            tasks[key] = _Task(work, Place(goal.span), partial(write, goal))
            graph[key] = (tasks[key], image)
        wanted.append(key)

    def started(key: str, *_: Any) -> None:
        observe(Started(tasks[key].work))

    def finished(key: str, *_: Any) -> None:
        observe(Finished(tasks[key].work, tasks[key].seconds))

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="voxlogica")
    try:
        outcomes = get(
            graph,
            wanted,
            pool=pool,
            callbacks=[(None, None, started, finished, None)],
            rerun_exceptions_locally=False,
        )
    except _TaskError as failed:
        cause, task = failed.cause, failed.task
        raise VoxLogicaError([failure(cause, task.work, task.place)]) from cause
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return list(outcomes)


def compute(node: Node, *values: Any) -> Any:
    """The result of one operation, given those of its arguments."""
    if not node.operator.spaceless:
        return node.operator.function(*values, *node.constants)
    (space,) = (c for c in node.constants if isinstance(c, Geometry))
    others = (c for c in node.constants if not isinstance(c, Geometry))
    return node.operator.function(*values, *others, space=space)


class _Task:
    """What a worker thread is given to do; calling it does it."""

    __slots__ = ("do", "place", "seconds", "work")

    def __init__(self, work: Work, place: Place, do: Callable[..., Any]) -> None:
        self.work = work
        self.place = place
        self.do = do
        self.seconds = 0.0

    def __call__(self, *values: Any) -> Any:
        begin = perf_counter()
        try:
            return self.do(*values)
        except Exception as cause:
            raise _TaskError(self, cause) from cause
        finally:
            self.seconds = perf_counter() - begin


class _TaskError(Exception):
    """How a task's exception comes out of Dask: with the task that raised it."""

    def __init__(self, task: _Task, cause: Exception) -> None:
        super().__init__(task.work.name)
        self.task = task
        self.cause = cause
