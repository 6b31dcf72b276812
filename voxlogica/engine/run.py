"""Reaching a program's goals, in stages if need be: all, or none with nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from voxlogica.dataclass import dataclass
from voxlogica.engine.backend import Backend
from voxlogica.engine.events import Concluding, Event, Observer, Planned, Ruled, Warned
from voxlogica.engine.remarks import Rules
from voxlogica.engine.results import Printed, SavedImage, SavedTable, ShownInSession, told
from voxlogica.engine.sink import Nowhere, Sink, Used, unkept
from voxlogica.images.levels import DEFAULT_LEVEL
from voxlogica.language.doubts import Doubt
from voxlogica.language.workplan import Ask, Assert, Save, WorkPlan
from voxlogica.later import Later
from voxlogica.operators.signature import Cost, Purity
from voxlogica.remarks import Empty
from voxlogica.syntax.diagnostics import Diagnostic

if TYPE_CHECKING:
    from voxlogica.language import asserts
else:
    asserts = Later("voxlogica.language.asserts")


@dataclass(frozen=True, slots=True)
class ReachedGoals:
    """What came of a plan's goals, each kind in program order.

    `empty` is as in `Report`.
    """

    prints: tuple[Printed, ...]
    layers: tuple[SavedImage, ...]
    values: tuple[ShownInSession, ...]
    asserts: tuple[asserts.Asserted, ...]
    tables: tuple[SavedTable, ...]
    empty: Empty


class Run:
    """One run of programs on a back-end: stages while they are reduced, then the plan.

    Images are written beside their destination as soon as they are there, and take its place only
    when every goal has succeeded, compressed at the level `compression` where the format is. The
    run stops when `cancellation` is settled. `permit` is called when everything is reached and told
    of, before files are put in place: it raises where they must not be. Where files are to go
    `below` a folder, somebody is to be told which are `used`, or the run `keeps_images`, a `Sink`
    says how; one that does not write has no files. As a context
    manager the run leaves nothing behind, unless it was concluded. It is a `Stage` of planning's.
    """

    def __init__(
        self,
        backend: Backend,
        observe: Observer,
        cancellation: Future[None] | None = None,
        compression: int = DEFAULT_LEVEL,
        permit: Callable[[], None] = lambda: None,
        below: Path | None = None,
        used: Used = lambda *_: None,
        keeps_images: int = 0,
        writes: bool = True,
    ) -> None:
        self._backend = backend
        self._observer = observe
        # Stages may rest on the same operations, and be told the same of them.
        self._warned: set[Diagnostic] = set()
        self._rules = Rules()
        self._cancellation = cancellation or Future()
        self._permit = permit
        self._sink = (
            Sink(compression, below, used, keeps_images)
            if writes
            else Nowhere(used=used, keeps_images=keeps_images)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._backend.close()
        finally:
            self._sink.discard()

    def reach(self, plan: WorkPlan, lasting: Collection[bytes], *, is_over: bool) -> list[Any]:
        """Reach the goals of a part of the program, as a `Stage` does."""
        self._backend.hold(*_worth_holding(plan, lasting))
        gone = {plan.ids[p] for p in (plan.needed() if is_over else ())}.difference(lasting)
        try:
            return self._carry_out(plan)
        finally:
            self._rules.end_stage()
            self._backend.end_stage(gone)

    def conclude(self, plan: WorkPlan, doubts: Sequence[Doubt] = ()) -> ReachedGoals:
        """What is printed, saved and shown, in program order, the files put in place.

        The `doubts` are judged by what the plan's last goals ask for, and told.
        """
        outcomes = self._carry_out(plan)
        asked = (o for goal, o in zip(plan.goals, outcomes, strict=True) if isinstance(goal, Ask))
        for doubt in doubts:
            for doubtful in doubt.warnings(list(islice(asked, len(doubt.asked)))):
                self._observe(Warned(doubtful))
        checked = [
            asserts.asserted(goal, list(islice(asked, len(goal.asked))))
            for goal in plan.goals
            if isinstance(goal, Assert)
        ]
        files = self._sink.lasting
        for lost in unkept(files):
            self._observe(Warned(lost))
        # Before any file is in place: who takes warnings for errors can still stop it.
        self._permit()
        self._observe(Concluding(tuple(file.written.path for file in files)))
        self._sink.commit()
        placed = [(file, self._sink.placed(file)) for file in files]
        results = [
            told(goal, outcome, plan.kinds[goal.node].type, empty)
            for goal, outcome, empty in zip(
                plan.goals, outcomes, self._rules.of_goals(plan), strict=True
            )
        ]
        return ReachedGoals(
            tuple(result for result in results if isinstance(result, Printed)),
            tuple(SavedImage.of(*of) for of in placed if of[0].type.is_image),
            tuple(result for result in results if isinstance(result, ShownInSession)),
            tuple(checked),
            tuple(SavedTable.of(*of) for of in placed if not of[0].type.is_image),
            self._rules.empty,
        )

    def _carry_out(self, plan: WorkPlan) -> list[Any]:
        saves = [goal for goal in plan.goals if isinstance(goal, Save)]
        self._observe(Planned(len(plan.needed()), len({goal.path for goal in saves})))
        self._backend.check(plan, {goal.place.parent for goal in saves})
        self._sink.announce(saves)
        return self._backend.carry_out(plan, self._sink, self._observe, self._cancellation)

    def _observe(self, event: Event) -> None:
        if isinstance(event, Ruled):
            self._rules.add(event)
        if isinstance(event, Warned):
            if event.diagnostic in self._warned:
                return
            self._warned.add(event.diagnostic)
        self._observer(event)


def _worth_holding(plan: WorkPlan, lasting: Collection[bytes]) -> tuple[list[bytes], list[bytes]]:
    """What costs time to have again, or later stages will read; and what must be done only once."""
    from voxlogica.engine.worth import is_costly

    ids, kinds, needed = plan.ids, plan.kinds, plan.needed()
    costly = [
        ids[p]
        for p in needed
        if is_costly(kinds[p]) or (ids[p] in lasting and kinds[p].operator.cost is not Cost.NOTHING)
    ]
    return costly, [ids[p] for p in needed if kinds[p].operator.purity is not Purity.PURE]
