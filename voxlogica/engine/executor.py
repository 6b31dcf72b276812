"""Carrying out a workplan on Dask's threaded scheduler.

The Dask graph has a task for each operation that some goal needs, keyed by the operation's id, and
one for each file to save; operations on numbers are batched (`batches.py`). Dask starts a task when
its arguments are there, and goes depth first. Results are not in Dask's hands but in the process's
table of futures, where other workplans find them, until the last reader of each workplan is done;
so memory follows the plan's width. What the store has needs no arguments, so nothing above it is in
the graph. This is the only module that knows Dask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from voxlogica.engine.batches import Step, batched
from voxlogica.engine.events import Finished, Observer, Started, Work
from voxlogica.engine.failures import failure
from voxlogica.engine.futures import Cancelled, Outcome, Session, Table
from voxlogica.engine.keeping import Keeper, Role, roles
from voxlogica.engine.memory import Held, Memory
from voxlogica.engine.tasks import Doing, DoingError, Task
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.slabs import Cores
from voxlogica.language.places import users_own
from voxlogica.language.workplan import Node, Occasion, Place, Print, Save, WorkPlan
from voxlogica.primitives.signature import Standing
from voxlogica.syntax.diagnostics import VoxLogicaError

# Writes the image of a save goal, or of an operation that writes; gives what is to be told of it.
Write = Callable[[Save, Image], Any]

# All workplans of the process share it.
TABLE = Table(lambda held: held.nbytes)


@dataclass(frozen=True, slots=True)
class Means:
    """What a run has at its disposal beside threads, and what can stop it.

    `keeper` is asked for results before they are computed, and given those that are.
    """

    keeper: Keeper | None = None
    memory: Memory = field(default_factory=Memory)
    cancellation: Future[None] = field(default_factory=Future)


def execute(
    plan: WorkPlan,
    write: Write,
    jobs: int,
    observe: Observer,
    means: Means | None = None,
) -> list[Any]:
    """Compute what the goals need, each operation once, on `jobs` threads.

    Gives the outcome of each goal in their order: the value of a `print`, what `write` returned
    for a `save`. `write` is called from the worker threads, as soon as an image is there; `observe`
    only from the calling thread. Equal goals share a task.

    Raises VoxLogicaError at the first operation that fails, and Cancelled when the cancellation is
    settled. Then, and when an exception such as KeyboardInterrupt comes in between, nothing new is
    started; what other threads are in the middle of goes on without anyone waiting for it.
    """
    means = means or Means()
    keeper = means.keeper
    keepable = roles(plan) if keeper else {}
    gone: set[bytes] = set()
    with closing(Cores(jobs)) as cores:
        while True:
            stored = keeper.stored(keepable) - gone if keeper else set()
            attempt = _Attempt(plan, means, cores, stored, keepable, write)
            try:
                return attempt.carry_out(observe)
            except _StoredResultGone:
                # Rare: it is damaged, or was dropped to make room. What else is gone shows now as
                # well, so that the next attempt, which computes what is gone, is likely the last.
                assert keeper is not None
                gone |= {operation for operation in stored if keeper.read(operation) is None}


class _Attempt:
    """A plan's operations, of which some are expected to be in the store."""

    def __init__(
        self,
        plan: WorkPlan,
        means: Means,
        cores: Cores,
        stored: set[bytes],
        keepable: dict[bytes, Role],
        write: Write,
    ) -> None:
        self.plan = plan
        self.write = write
        self.means = means
        self.cores = cores
        self.stored = stored
        self.keepable = keepable
        self.needed = plan.needed()

    def carry_out(self, observe: Observer) -> list[Any]:
        """The outcomes of the goals. Raises _StoredResultGone where the store no longer has one."""
        # Not at the top: they take a tenth of a second, which `voxlogica --help` need not.
        from concurrent.futures import ThreadPoolExecutor

        from dask.threaded import get

        plan = self.plan
        saves = {_key(plan, goal): goal for goal in plan.goals if isinstance(goal, Save)}
        reads = self._reads(saves.values())
        with TABLE.enter(reads) as session:
            self.means.cancellation.add_done_callback(lambda _: session.cancel())
            batches, batch_of = batched(plan, self._required(session, reads))
            keys = [plan.ids[batch.steps[-1].position].hex() for batch in batches]
            tasks: dict[str, Task] = {}
            graph: dict[str, tuple[Any, ...]] = {}
            for key, batch in zip(keys, batches, strict=True):
                tasks[key] = Task([self._doing(session, step) for step in batch.steps])
                graph[key] = (tasks[key], *(keys[number] for number in batch.after))
            for name, goal in saves.items():
                work = Work("save", goal.path, plan.nodes[goal.node].type, goal.span)
                save = partial(_save, session, plan.ids[goal.node], goal, self.write)
                tasks[name] = Task([Doing(work, Place(goal.span), save)])
                graph[name] = (tasks[name], keys[batch_of[goal.node]])
            wanted = [
                _key(plan, goal) if isinstance(goal, Save) else keys[batch_of[goal.node]]
                for goal in plan.goals
            ]

            def started(key: str, *_: Any) -> None:
                for doing in tasks[key].doings:
                    observe(Started(doing.work))

            def finished(key: str, *_: Any) -> None:
                for doing in tasks[key].doings:
                    observe(Finished(doing.work, doing.seconds, doing.outcome))

            pool = ThreadPoolExecutor(self.cores.number, thread_name_prefix="voxlogica")
            try:
                outcomes = get(
                    graph,
                    wanted,
                    pool=pool,
                    callbacks=[(None, None, started, finished, None)],
                    rerun_exceptions_locally=False,
                )
            except DoingError as failed:
                cause, doing = failed.cause, failed.doing
                if isinstance(cause, Cancelled):
                    raise cause from None
                raise VoxLogicaError([failure(cause, doing.work, doing.place)]) from cause
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
            return [
                outcome if isinstance(goal, Save) else session.value(plan.ids[goal.node]).get()
                for goal, outcome in zip(plan.goals, outcomes, strict=True)
            ]

    def _reads(self, saves: Iterable[Save]) -> Counter[bytes]:
        """How often each operation's result may be read: as an argument, printed, saved."""
        ids, nodes = self.plan.ids, self.plan.nodes
        reads = Counter(ids[a] for position in self.needed for a in nodes[position].arguments)
        reads.update(ids[goal.node] for goal in self.plan.goals if isinstance(goal, Print))
        reads.update(ids[goal.node] for goal in saves)
        return reads

    def _required(self, session: Session, reads: Counter[bytes]) -> list[Step]:
        """The operations to see to, each after those it needs at hand.

        What the store has, or another workplan has just computed, needs nothing at hand; and what
        then nobody reads is left out.
        """
        ids, nodes = self.plan.ids, self.plan.nodes
        required: list[Step] = []
        left = reads.copy()
        for position in reversed(self.needed):
            operation, arguments = ids[position], nodes[position].arguments
            if left[operation] and operation not in self.stored and not session.at_hand(operation):
                required.append(Step(position, arguments))
                continue
            if left[operation]:
                required.append(Step(position, ()))
            not_read = [ids[argument] for argument in arguments]
            left.subtract(not_read)
            session.release(not_read)
        required.reverse()
        return required

    def _doing(self, session: Session, step: Step) -> Doing:
        """To see to it that an operation's result is in the table."""
        plan, position = self.plan, step.position
        node, place = plan.nodes[position], plan.places[position]
        work = Work("operation", node.operator.name, node.type, users_own(place))
        arguments = [plan.ids[argument] for argument in step.arguments]
        return Doing(work, place, partial(self._operation, session, position, arguments))

    def _operation(self, session: Session, position: int, arguments: list[bytes]) -> Outcome:
        """See to it that an operation's result is in the table."""
        operation, node = self.plan.ids[position], self.plan.nodes[position]
        try:
            return session.obtain(
                operation, partial(self._result, session, operation, node, arguments)
            )
        finally:
            session.release(arguments)

    def _result(
        self, session: Session, operation: bytes, node: Node, arguments: list[bytes]
    ) -> tuple[Held, Any]:
        def compute_it() -> Any:
            values = [session.value(argument).get() for argument in arguments]
            with self.cores.working():
                if node.operator.standing is Standing.EFFECT:
                    return self._carried_out(operation, values)
                return compute(node, values)

        keeper, memory = self.means.keeper, self.means.memory
        if keeper is None:
            return memory.hold(compute_it()), "computed"
        if operation in self.stored:
            value = keeper.read(operation)
            if value is None:
                raise _StoredResultGone
            return memory.hold(value), "stored"
        value, origin = keeper.obtain(
            operation,
            node,
            arguments,
            compute_it,
            role=self.keepable.get(operation),
            cancellation=session.cancellation,
        )
        return memory.hold(value), origin

    def _carried_out(self, operation: bytes, values: list[Any]) -> Any:
        """The path that an image was written to."""
        image, path, *_ = values
        position = self.plan.position(operation)
        self.write(Save(path, position, users_own(self.plan.places[position])), image)
        return path


def _key(plan: WorkPlan, goal: Save) -> str:
    """The task that writes a file."""
    return f"save {goal.path} {plan.ids[goal.node].hex()}"


def _save(session: Session, operation: bytes, goal: Save, write: Write) -> Any:
    try:
        return write(goal, session.value(operation).get())
    finally:
        session.release([operation])


def compute(node: Node, values: Iterable[Any]) -> Any:
    """The result of one operation, given those of its arguments."""
    constants = [c for c in node.constants if not isinstance(c, Occasion)]
    if not node.operator.spaceless:
        return node.operator.function(*values, *constants)
    others = [c for c in constants if not isinstance(c, Geometry)]
    if len(others) < len(constants):
        (space,) = (c for c in constants if isinstance(c, Geometry))
        return node.operator.function(*values, *others, space=space)
    *drawn, donor = values
    return node.operator.function(*drawn, *others, space=donor.geometry)


class _StoredResultGone(Cancelled):
    """The store had a result when the graph was made, and has it no longer."""
