"""What workers have done, and what has failed there, told as if it had been here."""

from __future__ import annotations

from collections.abc import Sequence

from voxlogica.cluster import unread
from voxlogica.cluster.errands import Answer, Failure
from voxlogica.engine.events import Finished, Observer, Started, Work
from voxlogica.language.messages import diagnose, users_own
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.syntax.diagnostics import Note, VoxLogicaError


class WorkerTraceback(Exception):  # noqa: N818
    """How a defect showed at a worker."""


def retell(
    plan: WorkPlan, saves: Sequence[Save], answer: Answer, to: Observer, done: set[bytes]
) -> None:
    """Tell of the answer to an errand of this plan, in which workers write what `saves` have.

    Those operations are done again that are among the `done`; the others are, from then on.
    """
    for position, seconds, outcome, begin, thread in answer.done:
        work, again = _work(plan, position, saves), False
        if position >= 0:
            again = plan.ids[position] in done
            done.add(plan.ids[position])
        to(Started(work))
        at = answer.began + begin
        to(Finished(work, seconds, outcome, at, thread, answer.worker, again))  # type: ignore[arg-type]


def _work(plan: WorkPlan, position: int, saves: Sequence[Save]) -> Work:
    if position < 0:
        goal = saves[-1 - position]
        return Work("save", goal.path, plan.kinds[goal.node].type, goal.span)
    kind = plan.kinds[position]
    return Work("operation", kind.operator.name, kind.type, users_own(plan.places[position]))


def failed(plan: WorkPlan, saves: Sequence[Save], failure: Failure, worker: str) -> VoxLogicaError:
    """What is said of a failure at a worker, at its place in the program."""
    position = failure.position
    place = Place(saves[-1 - position].span) if position < 0 else plan.places[position]
    # What goes wrong with a program's data would here, too.
    notes = [at(worker)] if failure.is_defect or position < 0 else []
    message = unread.as_named(plan, failure.message)
    told = diagnose("error", message, place, notes=notes, hint=failure.hint)
    raised = VoxLogicaError([told])
    if failure.is_defect:
        raised.__cause__ = WorkerTraceback(failure.traceback)
    return raised


def at(worker: str) -> Note:
    """Which worker it is about."""
    return Note(f"at the worker {worker}")
