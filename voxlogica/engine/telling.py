"""What a run tells: to its observer, and noted for its report."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from voxlogica.engine.events import Event, Observer, Warned
from voxlogica.engine.results import InputFile
from voxlogica.engine.tally import Tally
from voxlogica.images.digests import file_digest
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, strictly, warning

if TYPE_CHECKING:
    from voxlogica.language.planning import PlannedPrograms
    from voxlogica.syntax.source import Source


class Telling:
    """An observer of one run, which has the messages and the statistics so far.

    In a `strict` run warnings about program and data are kept back, as the errors that they are.
    `warned` has what other threads warn of, about the store: told in this one. `doubts` are the
    errors that were kept back and not raised yet, `inputs` the files that were read, `sources` the
    texts of programs.
    """

    def __init__(self, observe: Observer | None, warned: SimpleQueue[str], strict: bool) -> None:
        self.tally = Tally()
        self.said: list[Diagnostic] = []
        self.doubts: list[Diagnostic] = []
        self.inputs: tuple[InputFile, ...] = ()
        self.sources: tuple[Source, ...] = ()
        self._observe = observe
        self._warned = warned
        self._strict = strict

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        if isinstance(event, Warned):
            strictest = strictly(event.diagnostic) if self._strict else event.diagnostic
            if strictest.severity == "error":
                self.doubts.append(strictest)
                return
            self.said.append(event.diagnostic)
        self.tally(event)
        if self._observe is not None:
            self._observe(event)

    def note_inputs(self, planned: PlannedPrograms) -> None:
        """Note the files that a plan was made of, for the report."""
        self.sources = planned.sources
        found = [
            InputFile(s.name, s.sha256, "library" if s in planned.libraries else "program")
            for s in planned.sources
        ]
        found += [
            InputFile(path, digest.hex(), "image")
            for image in planned.images
            for path, digest in image.files
        ]
        for path in planned.unread:
            try:
                found.append(InputFile(path, file_digest(path), "image"))
            except (OSError, ValueError):  # not there, or no name that a file can have
                found.append(InputFile(path, "", "image"))
        self.inputs = tuple(dict.fromkeys(found))

    def tell_of_the_store(self) -> None:
        """Tell what has come from other threads, each thing once."""
        for message in dict.fromkeys(self._warned.get() for _ in range(self._warned.qsize())):
            self(Warned(warning(message, topic="store")))

    def permit(self, errors: list[Diagnostic] | None = None) -> None:
        """Raise VoxLogicaError where the run must not go on: with errors, or doubts if strict."""
        wrong = [*self.doubts, *(errors or ())]
        if wrong:
            self.doubts.clear()
            raise VoxLogicaError(wrong)
