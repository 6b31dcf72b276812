"""Warnings told as Python's own, at the line of the user that they come from."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from voxlogica.callers import module_of, users_frame
from voxlogica.interface.wording import in_python
from voxlogica.syntax.diagnostics import (
    AtPlace,
    Diagnostic,
    Note,
    VoxLogicaError,
    below_its_name,
    error,
)
from voxlogica.syntax.source import Span


class DoubtWarning(UserWarning, AtPlace):
    """A result may not be what was meant, or something else is in doubt.

    `diagnostic` is what is said; the other attributes are the same as those of an error.
    """

    __module__ = "voxlogica"

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic)

    @property
    def message(self) -> str:
        """What is in doubt, without place and hint."""
        return self.diagnostic.message

    @property
    def span(self) -> Span | None:
        """The place, and the whole text that it is in."""
        return self.diagnostic.span

    @property
    def hint(self) -> str | None:
        """How to mend it, where there is a way."""
        return self.diagnostic.hint

    @property
    def notes(self) -> Sequence[Note]:
        """Remarks, perhaps about other places."""
        return self.diagnostic.notes

    def __str__(self) -> str:
        return below_its_name([self.diagnostic])


def warn(diagnostics: Iterable[Diagnostic]) -> None:
    """Tell the user's program of the warnings among messages, by Python's `warnings`.

    By default each is shown once for each line of the user's, as warnings are. Raises DoubtWarning
    where the user has asked for that (`warnings.simplefilter("error")`).
    """
    told = [DoubtWarning(in_python(d)) for d in diagnostics if d.severity == "warning"]
    if not told:
        return
    # By counting frames `warnings.warn` would find threads of ours, and what carries them out.
    frame = users_frame()
    known = frame.f_globals if frame else vars(sys)
    for warning in told:
        warnings.warn_explicit(
            warning,
            None,
            frame.f_code.co_filename if frame else "sys",
            frame.f_lineno if frame else 1,
            module=module_of(frame) if frame else "sys",
            registry=known.setdefault("__warningregistry__", {}),
        )


@contextmanager
def errors_of_images() -> Iterator[None]:
    """Raise VoxLogicaError for what is wrong with a file, or with an image from memory."""
    from voxlogica.images.errors import ImageFileError

    try:
        yield
    except ImageFileError as problem:
        told = error(problem.message, hint=problem.hint, topic="data")
        raise VoxLogicaError([told]) from problem
