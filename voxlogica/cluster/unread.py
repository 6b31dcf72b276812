"""Input files that a worker could not read, or that are others there than at the client."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from voxlogica.cluster.errands import Answer, known_as
from voxlogica.cluster.survey import SHARED, images_of
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.reading import ImageFile, open_image
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import Diagnostic, Note, error


def is_among(file: str, sent: Iterable[tuple[str, str]]) -> bool:
    """Whether a file, or a folder of such, is one of those that were sent along."""
    known = known_as(file)
    return any(path == known or path.startswith(f"{known}/") for path, _ in sent)


def named_by_run(plan: WorkPlan, file: str) -> ImageFile | None:
    """A file that a plan does not load, as it is here; None for one that it loads.

    Raises ImageFileError.
    """
    return None if _loading(plan, file) else open_image(file)


class Unread(NamedTuple):
    """A file that a worker could not read, or that is another there; and what to say of it."""

    file: str
    told: Diagnostic


def unread(plan: WorkPlan, answer: Answer) -> Unread | None:
    """The file at fault in an answer, if one is: what came of others rests on it."""
    at = [Note(f"at the worker {answer.worker}")]
    for path, position, digest in answer.read:
        place, file = plan.places[position], known_as(path)
        if not digest:  # it has not been opened there: the failure tells
            continue
        try:
            own = open_image(path)
        except ImageFileError as problem:
            return Unread(file, diagnose("error", problem.message, place, hint=problem.hint))
        if own.digest != digest:
            said = f"{quoted(path)} has another content at a worker than at the client"
            return Unread(file, diagnose("error", said, place, notes=at, hint=SHARED))
    failure = answer.failure
    if failure is None or not failure.file:
        return None
    loading = _loading(plan, failure.file)
    if loading is None and not _is_here(failure.file):
        place = plan.places[failure.position]
        return Unread("", diagnose("error", failure.message, place, hint=failure.hint))
    place = loading or plan.places[failure.position]
    return Unread(failure.file, diagnose("error", failure.message, place, notes=at, hint=SHARED))


def _is_here(file: str) -> bool:
    try:
        open_image(file)
    except ImageFileError:
        return False
    return True


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
