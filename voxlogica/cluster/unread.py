"""Input files that a worker could not read, or that are others there than at the client."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from voxlogica.cluster.errands import Failure
from voxlogica.cluster.sending import known_as
from voxlogica.cluster.survey import SHARED, images_of
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.reading import ImageFile, open_image
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error


def is_among(file: str, sent: Iterable[tuple[str, str]]) -> bool:
    """Whether a file, or a folder of such, is one of those that were sent along."""
    known = known_as(file)
    return any(path == known or path.startswith(f"{known}/") for path, _ in sent)


def named_by_run(plan: WorkPlan, file: str) -> ImageFile | None:
    """A file that a plan does not load, as it is here; None for one that it loads.

    Raises ImageFileError.
    """
    return None if _loading(plan, file) else open_image(file)


def told(plan: WorkPlan, failure: Failure, worker: str) -> Diagnostic:
    """What there is to say of a failure that is a file's."""
    place = _loading(plan, failure.file)
    if place is None:
        place = plan.places[failure.position]
        try:
            open_image(failure.file)
        except ImageFileError:  # which it is here, too
            return diagnose("error", failure.message, place, hint=failure.hint)
    return diagnose("error", failure.message, place, notes=[_at(worker)], hint=SHARED)


def check(plan: WorkPlan, read: Iterable[tuple[str, int, bytes]], worker: str) -> None:
    """Raise VoxLogicaError where a file, named by the run, is another here than a worker read."""
    for path, position, digest in read:
        place = plan.places[position]
        try:
            own = open_image(path)
        except ImageFileError as problem:
            wrong = diagnose("error", problem.message, place, hint=problem.hint)
            raise VoxLogicaError([wrong]) from problem
        if own.digest != digest:
            said = f"{quoted(path)} has another content at a worker than at the client"
            wrong = diagnose("error", said, place, notes=[_at(worker)], hint=SHARED)
            raise VoxLogicaError([wrong])


def changed(plan: WorkPlan, problem: ImageFileError) -> Diagnostic:
    """What there is to say of a file that has changed before it was sent."""
    place = _loading(plan, problem.path or "")
    message = as_named(plan, problem.message)
    if place is None:
        return error(message, hint=problem.hint, topic="data")
    return diagnose("error", message, place, hint=problem.hint)


def as_named(plan: WorkPlan, text: str) -> str:
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


def _at(worker: str) -> Note:
    return Note(f"at the worker {worker}")
