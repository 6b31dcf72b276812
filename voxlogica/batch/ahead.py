"""Cases planned ahead: in their order, lazily, a few before they are carried out.

A case is planned, and what it has in common with others is kept for it, before those before it end;
and all combinations of one case's sweep before the first of them begins. So what they share is
computed once, without a store, too, and memory does not grow with the number of cases.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable

from voxlogica.batch.coming import Feed, KnownCases
from voxlogica.batch.used_files import UsedFiles
from voxlogica.dataclass import dataclass, replace
from voxlogica.engine.cases import Case
from voxlogica.engine.executor import TABLE
from voxlogica.engine.failures import breakdown
from voxlogica.engine.futures import Subscription
from voxlogica.engine.room import estimate
from voxlogica.language.planning import FinishedPlan, PlannedPrograms
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import VoxLogicaError, error

# Combinations of one case that are planned before the first begins: so many at most, and no more
# when their plans have so many operations.
_MOST, _MOST_OPERATIONS = 1_000, 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """A case that is planned: what there is to carry out, or to say.

    One that needs stages is not `finished` yet. What is `held` is kept for it until it has begun;
    it rests on these `operations`, and takes so much `memory`, as far as is known. One that
    `is_swept` is a combination of several.
    """

    case: Case
    planned: PlannedPrograms
    finished: FinishedPlan | None
    held: Subscription
    operations: tuple[bytes, ...]
    memory: int
    is_swept: bool


class _InCommon:
    """The operations of the cases that are planned and not done. Safe for any thread.

    What cases have in common, one computes, and it stays until the next has read it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: Counter[bytes] = Counter()

    def enter(self, plan: WorkPlan) -> Subscription:
        """Note what a case rests on, and have kept for it what a case before it will come by.

        Of the operations that others rest on, too, those are kept that goals or operations of its
        own read. What only these rest on need not be there again.
        """
        ids = plan.ids
        with self._lock:
            needed = plan.needed()
            shared = {p for p in needed if ids[p] in self._cases}
            read = {goal.node for goal in plan.goals}
            for position in needed:
                if position not in shared:
                    read.update(plan.arguments(position))
            self._cases.update(ids[position] for position in needed)
        return TABLE.subscribe({ids[position]: 1 for position in read & shared})

    def leave(self, operations: Iterable[bytes]) -> None:
        """Note that a case that rests on these is done."""
        with self._lock:
            for operation in operations:
                self._cases[operation] -= 1
                if not self._cases[operation]:
                    del self._cases[operation]


class Planning:
    """Plans cases in their order. For one thread at a time."""

    def __init__(
        self,
        cases: KnownCases | Feed,
        planned: Callable[[Case], PlannedPrograms],
        finishing: Callable[[PlannedPrograms], FinishedPlan],
        used_files: UsedFiles,
    ) -> None:
        self._used_files = used_files
        self._cases = cases
        self._planned = planned
        self._finishing = finishing
        self._ready: deque[Ahead] = deque()
        self._common = _InCommon()
        self._last = ""

    def next(self) -> Ahead | None:
        """The next case, with those planned that are to be before it begins; None at the end."""
        self._go_on(waits=True)
        found = self._ready.popleft() if self._ready else None
        self._go_on(waits=False)
        return found

    def done(self, ahead: Ahead) -> None:
        """Note that a case is done. For any thread."""
        ahead.held.close()
        self._used_files.done(ahead.case)
        self._common.leave(ahead.operations)

    def close(self) -> None:
        """Keep nothing for cases that will not be carried out."""
        self._cases.close()
        while self._ready:
            self.done(self._ready.popleft())

    def _go_on(self, *, waits: bool) -> None:
        """Plan until there is one, and all combinations of the last one's case."""
        while (case := self._cases.first(waits=waits and not self._ready)) is not None:
            if self._ready and not self._is_swept(case):
                break
            self._cases.pass_on()
            self._ready.append(self._ahead(case))

    def _is_swept(self, case: Case) -> bool:
        """Whether the next case is the last one's, with another combination."""
        last = self._ready[-1]
        return (
            last.case.name == case.name
            and len(self._ready) < _MOST
            and sum(len(ahead.operations) for ahead in self._ready) < _MOST_OPERATIONS
        )

    def _ahead(self, case: Case) -> Ahead:
        finished: FinishedPlan | None = None
        try:
            planned = self._planned(case)
            if (wrong := self._used_files.enter(case, planned)) is not None:
                planned = replace(
                    planned, plan=WorkPlan(), diagnostics=(wrong,), is_staged=False, _resume=None
                )
            if not planned.errors:
                finished = self._finishing(planned)
        except VoxLogicaError as problem:
            planned = PlannedPrograms(WorkPlan(), problem.diagnostics, ())
        except Exception as problem:
            message, hint = breakdown(problem, "planning the case")
            planned = PlannedPrograms(WorkPlan(), (error(message, hint=hint),), ())
        plan = WorkPlan() if finished is None else finished.plan
        held = self._common.enter(plan)
        operations = tuple(plan.ids[position] for position in plan.needed())
        after = self._cases.first(waits=False)
        is_swept = case.name in (self._last, after and after.name)
        self._last = case.name
        if planned.is_staged:
            finished = None
        else:
            # Of the plan as it is written, nothing more is needed.
            planned = replace(planned, plan=plan, names={})
        return Ahead(case, planned, finished, held, operations, estimate(plan), is_swept)
