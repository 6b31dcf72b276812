"""What workers have done, and what has failed there, told as if it had been here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from voxlogica.cluster.errands import Answer, Failure, known_as
from voxlogica.cluster.survey import SHARED, images_of
from voxlogica.engine.events import Finished, Observer, Started, Work
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.reading import ImageFile, open_image
from voxlogica.language.messages import diagnose, users_own
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error


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
    message = _as_named(plan, failure.message)
    told = diagnose("error", message, place, notes=notes, hint=failure.hint)
    raised = VoxLogicaError([told])
    if failure.is_defect:
        raised.__cause__ = WorkerTraceback(failure.traceback)
    return raised


def at(worker: str) -> Note:
    """Which worker it is about."""
    return Note(f"at the worker {worker}")


# Input files that a worker could not read, or that are others there than at the client.


def is_among(file: str, sent: Iterable[tuple[str, str]]) -> bool:
    """Whether a file, or a folder of such, is one of those that were sent along."""
    known = known_as(file)
    return any(path == known or path.startswith(f"{known}/") for path, _ in sent)


def named_by_run(plan: WorkPlan, file: str) -> ImageFile | None:
    """A file that a plan does not load, as it is here; None for one that it loads.

    Raises ImageFileError.
    """
    return None if _loading(plan, file) else open_image(file)


class UnreadFile(NamedTuple):
    """A file that a worker could not read, or that is another there; and what to say of it."""

    file: str
    told: Diagnostic


def unread(plan: WorkPlan, answer: Answer) -> UnreadFile | None:
    """The file at fault in an answer, if one is: what came of others rests on it."""
    at = [Note(f"at the worker {answer.worker}")]
    for path, position, digest in answer.read:
        place, file = plan.places[position], known_as(path)
        if not digest:  # it has not been opened there: the failure tells
            continue
        try:
            own = open_image(path)
        except ImageFileError as problem:
            return UnreadFile(file, diagnose("error", problem.message, place, hint=problem.hint))
        if own.digest != digest:
            said = f"{quoted(path)} has another content at a worker than at the client"
            return UnreadFile(file, diagnose("error", said, place, notes=at, hint=SHARED))
    failure = answer.failure
    if failure is None or not failure.file:
        return None
    loading = _loading(plan, failure.file)
    if loading is None and not _is_here(failure.file):
        place = plan.places[failure.position]
        return UnreadFile("", diagnose("error", failure.message, place, hint=failure.hint))
    place = loading or plan.places[failure.position]
    return UnreadFile(
        failure.file, diagnose("error", failure.message, place, notes=at, hint=SHARED)
    )


def _is_here(file: str) -> bool:
    try:
        open_image(file)
    except ImageFileError:
        return False
    return True


def changed(plan: WorkPlan, problem: ImageFileError) -> Diagnostic:
    """What there is to say of a file that has changed before it was sent."""
    place = _loading(plan, problem.path or "")
    message = _as_named(plan, problem.message)
    if place is None:
        return error(message, hint=problem.hint, topic="data")
    return diagnose("error", message, place, hint=problem.hint)


def _as_named(plan: WorkPlan, text: str) -> str:
    """A worker's message with the names that the program has for its files: some are relative."""
    for file, _ in images_of(plan, range(len(plan))):
        for name in (file.path, *(part for part, _ in file.files)):
            whole = str(Path(name).absolute())
            if whole != name:
                text = text.replace(quoted(whole), quoted(name))
    return text


def _loading(plan: WorkPlan, file: str) -> Place | None:
    """Where a plan loads a file."""
    known = known_as(file)
    for image, place in images_of(plan, range(len(plan))):
        if known_as(image.path) == known:
            return place
    return None
