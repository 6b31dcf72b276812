"""Programs carried out by a back-end that sends everything as bytes, to itself."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from tests.cluster.in_parts import same
from voxlogica.cluster.errands import Answer, Errand, Saved
from voxlogica.cluster.parts import plan_of, split
from voxlogica.cluster.travelling import answer_of, encoded_answer, encoded_errand, errand_of
from voxlogica.dataclass import replace
from voxlogica.engine.events import Observer
from voxlogica.engine.executor import execute
from voxlogica.engine.run import Run
from voxlogica.engine.sink import Sink
from voxlogica.engine.threads import Threads
from voxlogica.images.reading import ImageFile, open_image
from voxlogica.images.saving import Written
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Constant
from voxlogica.language.planning import PlannedPrograms, plan_programs
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.operators.signature import Purity
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


class ByPost(Threads):
    """Splits plans, and sends each part to itself, and what comes of it back.

    All that travels is held to have arrived as it was.
    """

    def __init__(self, opened: Any = open_image) -> None:
        super().__init__(1)
        self._opened = opened
        self.messages: list[bytes] = []

    def carry_out(
        self, plan: WorkPlan, sink: Sink, observe: Observer, cancellation: Future[None]
    ) -> list[Any]:
        """As a `Backend` does."""
        values: dict[int, Any] = {}
        outcomes: dict[int, Any] = {}
        # What is to be done once is not done again in another part.
        once = any(kind.operator.purity is not Purity.PURE for kind in plan.kinds)
        for part in split(plan, 1 if once else 3):
            alone = plan_of(plan, part, {p: values[p] for p in part.needs})
            found = self._sent(alone, sink, observe)
            outcomes.update(zip(part.goals, found, strict=False))
            values.update(zip(part.gives, found[len(part.goals) :], strict=True))
        return [outcomes[number] for number in range(len(plan.goals))]

    def _sent(self, plan: WorkPlan, sink: Sink, observe: Observer) -> list[Any]:
        message = encoded_errand(errand(plan))
        self.messages.append(message)
        arrived = errand_of(message, self._opened)
        are_same(plan, arrived.plan)
        assert encoded_errand(arrived) == message
        found = execute(arrived.plan, partial(sink.write, arrived.plan), 1, observe)
        told = [_saved(one) if isinstance(one, Written) else one for one in found]
        answer = Answer("here", tuple(told), (), (), (), ())
        came = answer_of(encoded_answer(answer)).values
        assert list(map(same, came)) == list(map(same, told))
        return [b if isinstance(b, Written) else a for a, b in zip(came, found, strict=True)]


def _saved(written: Written) -> Saved:
    return Saved(written)


def errand(plan: WorkPlan) -> Errand:
    """A plan as an errand, whose files are sent back."""
    saves = sum(isinstance(goal, Save) for goal in plan.goals)
    return Errand(plan, ("",) * saves, 1, True)


def for_others(plan: WorkPlan) -> WorkPlan:
    """A plan as a client sends it: everything is asked for, or saved."""
    goals = [g if isinstance(g, Save) else Ask(g.node, g.span) for g in plan.goals]
    return replace(plan, goals=goals)


def are_same(one: WorkPlan, other: WorkPlan) -> None:
    """Two plans are the same but for places."""
    assert one.ids == other.ids
    for position, (a, b) in enumerate(zip(one.kinds, other.kinds, strict=True)):
        assert one.arguments(position) == other.arguments(position)
        assert (a.operator, a.head, a.tail) == (b.operator, b.head, b.tail)
        assert (a.type, a.space, a.is_image) == (b.type, b.space, b.is_image)
        assert list(map(_constant, a.constants)) == list(map(_constant, b.constants))
    nowhere = one.goals[0].span if one.goals else None
    goals = [[replace(goal, span=nowhere) for goal in plan.goals] for plan in (one, other)]
    assert goals[0] == goals[1]


def _constant(constant: Constant) -> Any:
    if isinstance(constant, ImageFile):
        # Where it is differs by whether the name says it in full.
        return replace(constant, path="")
    if isinstance(constant, HeldValue):
        return same(constant.value), constant.is_colour
    return same(constant)


def results(text: str, *, by_post: bool, rewrites: bool = True, dialect: Any = None) -> Any:
    """All that a program prints and saves; or what is wrong."""
    planned = planned_as(text, dialect)
    if planned.errors:
        return "refused"
    backend = ByPost() if by_post else Threads(1)
    with Run(backend, lambda event: None, keeps_images=2**30, writes=False) as run:
        try:
            if planned.is_staged:
                planned = planned.resumed(run, rewrites)
            if planned.errors:
                return "refused"
            finished = planned.finished(rewrites)
            reached = run.conclude(finished.plan, finished.doubts)
        except VoxLogicaError as failed:
            return [diagnostic.message for diagnostic in failed.diagnostics]
    images: Sequence[Any] = [(layer.path, same(layer.image)) for layer in reached.layers]
    printed = [(one.name, one.vltype, same(one.value)) for one in reached.prints]
    return printed, images, [asserted.value for asserted in reached.asserts]


def planned_as(text: str, dialect: Any = None) -> PlannedPrograms:
    """A program as it is planned."""
    return plan_programs(
        [Source("p", text)], definitions={}, dialect=dialect, open_image=open_image
    )
