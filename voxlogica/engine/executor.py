"""Carrying out a workplan on the threads of this process.

There is a task for each operation that some goal needs, keyed by the operation's id, and one for
each file to save; quick operations are batched (`batches.py`). A task is started when its arguments
are there (`pool.py`). Results are in the process's table of futures, where other workplans find
them, until the last reader of each workplan is done; so memory follows the plan's width. What the
store has needs no arguments, so no task is made for what only that rests on.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing, nullcontext
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.batches import LITTLE, batched, in_turn, is_little
from voxlogica.engine.events import Finished, Observer, Started, Work
from voxlogica.engine.failures import failure
from voxlogica.engine.futures import Cancelled, FuturesTable, Origin, Outcome, Subscription
from voxlogica.engine.holding import Holding
from voxlogica.engine.memory import Memory, Spillable
from voxlogica.engine.remarks import note, told
from voxlogica.engine.sharing import Share
from voxlogica.engine.tasks import Piece, PieceError, Task
from voxlogica.images.geometry import Geometry
from voxlogica.kernels.slabs import Cores
from voxlogica.language.messages import users_own
from voxlogica.language.operations import GridOf, Kind, Place, ThisRun
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import Purity
from voxlogica.remarks import heard
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.engine.keeping import Keeper
    from voxlogica.engine.pool import Pool
    from voxlogica.engine.worth import Role
    from voxlogica.syntax.source import Span

# Writes the image of a save goal, or of an operation that writes; gives what is to be told of it.
Write = Callable[[Save, Any], Any]

# All workplans of the process share it.
TABLE = FuturesTable(lambda result: result.nbytes)


@dataclass(frozen=True, slots=True)
class Crew:
    """What several runs at a time have in common: cores, and threads that do their work.

    Each run has its tasks done in turn, in one of these threads, unless it may use more.
    """

    cores: Cores
    pool: Pool


@dataclass(frozen=True, slots=True)
class Means:
    """What a run has at its disposal beside threads, and what can stop it.

    What takes a `little`, so many nanoseconds about, is done in turn by the calling thread.
    `keeper` is asked for results before they are computed, and given those that are; `holding`
    keeps some in the table for the next stage of the run; `reading` is told of files that are read
    by names that were computed, and gives where they are.
    """

    keeper: Keeper | None = None
    memory: Memory = field(default_factory=Memory)
    holding: Holding | None = None
    crew: Crew | None = None
    little: int = LITTLE
    cancellation: Future[None] = field(default_factory=Future)
    reading: Callable[[str, Span], str] = lambda path, span: path


def execute(
    plan: WorkPlan,
    write: Write,
    jobs: int,
    observe: Observer,
    means: Means | None = None,
) -> list[Any]:
    """Compute what the goals need, each operation once, on `jobs` threads.

    Gives the outcome of each goal in their order: what `write` returned for a `save`, the value of
    any other. `write` is called from the worker threads, as soon as an image is there; `observe`
    only from the calling thread. Equal goals share a task.

    Raises VoxLogicaError at the first operation that fails, and Cancelled as soon as the
    cancellation is settled. Then, and when an exception such as KeyboardInterrupt comes in between,
    nothing new is started; what other threads are in the middle of goes on without anyone waiting
    for it.
    """
    means = means or Means()
    keeper = means.keeper
    keepable: dict[bytes, Role] = {}
    if keeper is not None:
        from voxlogica.engine.worth import roles

        keepable = roles(plan, keeper.is_one_of_many)
    gone: set[bytes] = set()
    outcomes: dict[int, Any] = {}
    with closing(Cores(jobs)) if means.crew is None else nullcontext(means.crew.cores) as cores:
        while True:
            left = [number for number in range(len(plan.goals)) if number not in outcomes]
            rest = plan if not outcomes else replace(plan, goals=[plan.goals[i] for i in left])
            stored = keeper.stored(keepable) - gone if keeper else set()
            attempt = _Attempt(rest, means, jobs, cores, stored, keepable, write)
            try:
                outcomes.update((left[i], found) for i, found in attempt.carry_out(observe))
                if len(outcomes) == len(plan.goals):
                    for event in told(plan, plan.needed(), keeper):
                        observe(event)
                    return [outcomes[number] for number in range(len(plan.goals))]
                # All that is done here is done: this run holds nothing that others wait for.
                assert keeper is not None
                others = (plan.ids[plan.goals[i].node] for i in left if i not in outcomes)
                keeper.await_goals(others, means.cancellation)
            except _StoredResultsDisagreeError:
                # Which of them is wrong nobody can tell, nor what was computed from it meanwhile.
                assert keeper is not None
                keeper.distrust(_on_unknown_grids(plan))
            except _StoredResultGone:
                # Rare: it is damaged, or was dropped to make room. What else is gone shows now as
                # well, so that the next attempt, which computes what is gone, is likely the last.
                assert keeper is not None
                gone |= {o for o in stored if keeper.read(o, _kind(plan, o)) is None}


class _Attempt:
    """A plan's operations, of which some are expected to be in the store."""

    # The workplan's part in the table, and which operations need no others, once it has begun.
    results: Subscription
    at_hand: set[int]
    # Whether an operation is to be seen to here: for some goal that no other process is at.
    is_ours: Callable[[int], bool]

    def __init__(
        self,
        plan: WorkPlan,
        means: Means,
        jobs: int,
        cores: Cores,
        stored: set[bytes],
        keepable: dict[bytes, Role],
        write: Write,
    ) -> None:
        self.plan = plan
        self.write = write
        self.means = means
        self.jobs = jobs
        self.cores = cores
        self.stored = stored
        # Whether any of those lies on a grid that the plan does not know.
        self.is_unsure = any(isinstance(_kind(plan, o).space, GridOf) for o in stored)
        self.keepable = keepable
        self.needed = plan.needed()
        # Equal goals share a task; what writing a file gave is known by its name.
        self.saves = {_key(plan, goal): goal for goal in plan.goals if isinstance(goal, Save)}
        self.written: dict[str, Any] = {}

    def carry_out(self, observe: Observer) -> list[tuple[int, Any]]:
        """The outcomes of the goals, by their numbers, but for those that others are at.

        Raises _StoredResultGone where the store no longer has a result.
        """
        plan = self.plan
        reads = self._reads()
        by_id = {plan.ids[p]: reads[p] for p in range(len(plan)) if reads[p]}
        with TABLE.subscribe(by_id) as results:
            self.results = results
            self.means.cancellation.add_done_callback(lambda _: results.cancel())
            if self.means.holding is not None:
                self.means.holding.entered()
            required, self.at_hand = self._required(reads)
            little = is_little(plan, required, self.at_hand, self.means.little)
            self.is_ours = self._ours(required, little)
            tasks = self._tasks(required, little)
            try:
                self._do(tasks, little, observe)
            except PieceError as failed:
                cause, piece = failed.cause, failed.piece
                if isinstance(cause, Cancelled):
                    raise cause from None
                place = Place(piece.span) if isinstance(piece, Save) else plan.places[piece]
                raise VoxLogicaError([failure(cause, self._work(piece), place)]) from cause
            return [
                (
                    number,
                    self.written[_key(plan, goal)]
                    if isinstance(goal, Save)
                    else results.value(plan.ids[goal.node]).get(),
                )
                for number, goal in enumerate(plan.goals)
                if self.is_ours(goal.node)
            ]

    def _tasks(self, required: array[int], little: bool) -> dict[str, Task]:
        """The tasks by their keys: of operations, each after those it needs; then of files."""
        batches, batch_of = (
            in_turn(self.plan, required) if little else batched(self.plan, required, self.at_hand)
        )
        keys = [self.plan.ids[batch.operations[-1]].hex() for batch in batches]
        tasks = {
            key: Task(batch.operations, [keys[number] for number in batch.after], self._done)
            for key, batch in zip(keys, batches, strict=True)
        }
        for name, goal in self.saves.items():
            tasks[name] = Task([goal], [keys[batch_of[goal.node]]], self._done)
        return tasks

    def _do(self, tasks: dict[str, Task], little: bool, observe: Observer) -> None:
        """Do all tasks. Raises PieceError."""

        def started(key: str) -> None:
            for piece in tasks[key].pieces:
                if self.is_ours(piece.node if isinstance(piece, Save) else piece):
                    observe(Started(self._work(piece)))

        def finished(key: str) -> None:
            task = tasks[key]
            for piece, (outcome, seconds, begin) in zip(task.pieces, task.done, strict=False):
                if outcome is not None:  # nothing comes of what is left to others
                    observe(Finished(self._work(piece), seconds, outcome, begin, task.thread))

        if little:
            # Little to do, in the order it is in: a scheduler has nothing to decide.
            for key, task in tasks.items():
                started(key)
                task()
                finished(key)
            return
        cancellation = self.means.cancellation
        if self.means.crew is not None and self.jobs == 1:
            self.means.crew.pool.carry_out_in_turn(tasks, started, finished, cancellation)
            return
        from voxlogica.engine.pool import Pool

        with closing(Pool(self.jobs, cancellation)) as pool:
            pool.carry_out(tasks, self._first_loads(tasks), started, finished)

    def _ours(self, required: array[int], little: bool) -> Callable[[int], bool]:
        shared = {operation for operation, role in self.keepable.items() if role == "goal"}
        if self.means.keeper is None or little or not shared:
            return lambda position: True
        from voxlogica.engine.worth import is_costly

        plan, keeper = self.plan, self.means.keeper
        costly = {
            plan.ids[position]
            for position in required
            if plan.ids[position] in self.keepable and is_costly(plan.kinds[position])
        }
        share = Share(plan, required, self.at_hand, shared, costly, keeper.reserve, keeper.ask)
        return share.is_ours

    def _first_loads(self, tasks: dict[str, Task]) -> list[str]:
        """The tasks that begin to read the first files, at once: as many as there are cores.

        More would be held in memory for longer than they are needed. On one core there are none:
        the scheduler's own imports are enough work.
        """
        kinds = self.plan.kinds
        loads = (
            key
            for key, task in tasks.items()
            if not task.after
            and any(kinds[p].operator is LOAD for p in task.pieces if not isinstance(p, Save))
        )
        return [*islice(loads, self.jobs)] if self.jobs > 1 else []

    def _reads(self) -> array[int]:
        """How often each operation's result may be read: as an argument, as a goal, saved."""
        plan = self.plan
        reads = array("i", [0]) * len(plan)
        for position in self.needed:
            for argument in plan.arguments(position):
                reads[argument] += 1
        values = (goal for goal in plan.goals if not isinstance(goal, Save))
        for goal in (*values, *self.saves.values()):
            reads[goal.node] += 1
        return reads

    def _required(self, reads: array[int]) -> tuple[array[int], set[int]]:
        """The operations to see to, each after those it needs, and which of them need none.

        What the store has, or another workplan has just computed, needs nothing at hand; and what
        then nobody reads is left out. Counts `reads` down to those that remain.
        """
        plan = self.plan
        required = array("i")
        at_hand: set[int] = set()
        for position in reversed(self.needed):
            if reads[position]:
                operation = plan.ids[position]
                required.append(position)
                if operation not in self.stored and not self.results.at_hand(operation):
                    continue
                at_hand.add(position)
            not_read = plan.arguments(position)
            for argument in not_read:
                reads[argument] -= 1
            self.results.release([plan.ids[argument] for argument in not_read])
        required.reverse()
        return required, at_hand

    def _work(self, piece: Piece) -> Work:
        """A piece of work, as events tell of it."""
        plan = self.plan
        if isinstance(piece, Save):
            return Work("save", piece.path, plan.kinds[piece.node].type, piece.span)
        kind = plan.kinds[piece]
        return Work("operation", kind.operator.name, kind.type, users_own(plan.places[piece]))

    def _done(self, piece: Piece) -> Outcome | None:
        """Do a piece of work; what came of it, None if it is left to others for now."""
        plan, ids = self.plan, self.plan.ids
        if isinstance(piece, Save):
            position, reads = piece.node, [ids[piece.node]]
        else:
            position = piece
            reads = [] if piece in self.at_hand else [ids[a] for a in plan.arguments(piece)]
        try:
            if not self.is_ours(position):
                return None
            if not isinstance(piece, Save):
                return self._operation(ids[position], plan.kinds[position], reads)
            value = self.results.value(ids[position]).get()
            self.written[_key(plan, piece)] = self.write(piece, value)
            return "computed"
        finally:
            self.results.release(reads)

    def _operation(self, operation: bytes, kind: Kind, arguments: list[bytes]) -> Outcome:
        """See to it that an operation's result is in the table."""
        outcome = self.results.obtain(operation, lambda: self._result(operation, kind, arguments))
        if self.means.holding is not None:
            self.means.holding.arrived(operation)
        if self.means.keeper is not None and operation in self.keepable:
            self.means.keeper.reached(operation)
        return outcome

    def _result(
        self, operation: bytes, kind: Kind, arguments: list[bytes]
    ) -> tuple[Spillable, Origin]:
        keeper, memory = self.means.keeper, self.means.memory
        compute_it = partial(self._computed, operation, kind, arguments)
        if keeper is None:
            return memory.spillable(compute_it()), "computed"
        if operation in self.stored:
            value = keeper.read(operation, kind)
            if value is None:
                raise _StoredResultGone
            return memory.spillable(value), "stored"
        value, origin = keeper.obtain(
            operation,
            kind,
            arguments,
            compute_it,
            role=self.keepable.get(operation),
            cancellation=self.results.cancellation,
        )
        return memory.spillable(value), origin

    def _computed(self, operation: bytes, kind: Kind, arguments: list[bytes]) -> Any:
        values = [self.results.value(argument).get() for argument in arguments]
        if self.is_unsure:
            from voxlogica.engine.worth import lie_together  # which imports the store

            if not lie_together(kind, values):
                raise _StoredResultsDisagreeError
        with self.cores.working(), heard() as remarks:
            if kind.operator.purity is Purity.EFFECT:
                return self._carried_out(operation, values)
            if kind.operator.purity is Purity.READING:
                values[0] = self.means.reading(values[0], self._asked_for(operation))
            value = compute(kind, values)
        if remarks:
            note(operation, remarks, self.means.keeper)
        return value

    def _carried_out(self, operation: bytes, values: list[Any]) -> Any:
        """The path that an image was written to."""
        image, path, *_ = values
        position = self.plan.position(operation)
        self.write(Save(path, position, self._asked_for(operation)), image)
        return path

    def _asked_for(self, operation: bytes) -> Span:
        """Where the user's own program asks for an operation."""
        return users_own(self.plan.places[self.plan.position(operation)])


def _key(plan: WorkPlan, goal: Save) -> str:
    """The task that writes a file."""
    return f"save {goal.path} {plan.ids[goal.node].hex()}"


def compute(kind: Kind, values: Iterable[Any]) -> Any:
    """The result of one operation, given those of its arguments."""
    operator = kind.operator
    if not operator.spaceless and operator.purity is Purity.PURE:
        return operator.function(*values, *kind.constants)
    constants = [c for c in kind.constants if not isinstance(c, ThisRun)]
    if not operator.spaceless:
        return operator.function(*values, *constants)
    others = [c for c in constants if not isinstance(c, Geometry)]
    if len(others) < len(constants):
        (space,) = (c for c in constants if isinstance(c, Geometry))
        return operator.function(*values, *others, space=space)
    *drawn, like = values
    return operator.function(*drawn, *others, space=like.geometry)


def _kind(plan: WorkPlan, operation: bytes) -> Kind:
    return plan.kinds[plan.position(operation)]


def _on_unknown_grids(plan: WorkPlan) -> set[bytes]:
    """The operations that rest on an image whose grid the plan does not know."""
    found = bytearray(len(plan))
    for position, kind in enumerate(plan.kinds):
        found[position] = isinstance(kind.space, GridOf) or any(
            found[argument] for argument in plan.arguments(position)
        )
    return {operation for operation, is_one in zip(plan.ids, found, strict=True) if is_one}


class _StoredResultsDisagreeError(Cancelled):
    """Results that lie on one grid do not, so one from the store is not what was put."""


class _StoredResultGone(Cancelled):
    """The store had a result when the graph was made, and has it no longer."""
