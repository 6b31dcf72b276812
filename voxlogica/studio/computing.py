"""The part of a tab that computes, in the worker's thread: one program, live, for one case."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, nullcontext
from time import time

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.events import Event, Finished, Planned, Started
from voxlogica.language.parameters import Constant
from voxlogica.live import Live
from voxlogica.outcome import Outcome
from voxlogica.studio.encoding import region_frame, scan_frame
from voxlogica.studio.program_file import ProgramFile
from voxlogica.studio.reach import PlanReading, Reach
from voxlogica.studio.told import Layers, NamedLayer, outcome_message
from voxlogica.studio.workshop import Options
from voxlogica.syntax.diagnostics import VoxLogicaError, error
from voxlogica.syntax.source import Source

# What takes no longer is not told of before it is there.
_QUICK_SECONDS = 0.3
# Bytes of images that a report may show.
_MOST_KEPT = 2**30
# So many parts of the whole are told of; beside these, each operator when it is begun first.
_STEPS = 20

# Is told how much is done, of how much, and what is begun now.
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be otherwise: a text, values (None for a default), a case; what is None stays."""

    serial: int | None = None
    text: str | None = None
    values: Mapping[str, Constant | None] = field(default_factory=dict)
    case: str | None = None

    def then(self, later: Change) -> Change:
        """Both in one: what the later one says holds."""
        return Change(
            later.serial,
            self.text if later.text is None else later.text,
            {**self.values, **later.values},
            self.case if later.case is None else later.case,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there is with a change: all that is set. A case `is_new` where another was before.

    The page shows the regions of these names, None as long as it has not said, and has some ids.
    """

    case: str | None
    definitions: Mapping[str, object]
    is_new: bool
    text: str
    values: Mapping[str, Constant]
    shown: frozenset[str] | None = None
    has: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Came:
    """What came of a change: the message, and the layers whose voxels may be sent.

    Of regions that the page shows and has not there are the `frames` already, by id: another turn
    of the worker for each would be seen.
    """

    outcome: Outcome
    message: str
    layers: Mapping[str, NamedLayer]
    frames: Mapping[str, bytes]


class Computing:
    """The program of one tab. Only the worker's thread calls it, but for `close`."""

    def __init__(self, program: ProgramFile, options: Options, reach: Reach) -> None:
        self._program = program
        self._options = options
        self._reading = PlanReading(reach)
        self._layers = Layers()
        self._live: Live | None = None
        self._seconds = math.inf

    def open(self, definitions: Mapping[str, object], text: str | None = None) -> None:
        """Begin with a case, with the text and values that there are."""
        before, options = self._live, self._options
        source = self._program.source
        given = {**options.definitions, **definitions}
        if text is not None and text != source.text:
            source = Source(source.name, text)
        self._live = Live(
            source,
            given,
            dialect=options.dialect,
            jobs=options.jobs,
            cache=options.cache,
            memory_limit=options.memory_limit,
            may_read=self._reading.may_read,
        )
        if before is not None:
            before.close()

    def carry_out(
        self,
        change: Change,
        wanted: Wanted,
        stop: Future[None],
        tell: Tell,
    ) -> Came | None:
        """What comes of a change, with which all is as `wanted`; None where it was stopped.

        How far it is, is told where it may take long: for the first time, and where the last did.
        """
        is_quick = not wanted.is_new and self._seconds < _QUICK_SECONDS
        observe = None if is_quick else _Progress(tell)
        if wanted.is_new or self._live is None:
            self.open(wanted.definitions, wanted.text)
            change = Change(change.serial, None, wanted.values)
        live = self._live
        assert live is not None
        try:
            with self._within_reach(wanted):
                outcome = live.set(change.text, change.values, stop, observe)
        except CancelledError:
            return None
        self._seconds = outcome.seconds
        layers = self._layers.of(outcome.named)
        told = outcome_message(
            outcome,
            change.serial,
            [*layers.values()],
            self._layers,
            self._program.name,
            wanted.case,
        )
        frames = {
            layer.id: frame(layer)
            for layer in layers.values()
            if layer.name in (wanted.shown or ()) and layer.is_region and layer.id not in wanted.has
        }
        return Came(outcome, told, layers, frames)

    def _within_reach(self, wanted: Wanted) -> AbstractContextManager[None]:
        """Lets a text read what the person's program names for the case, whatever is tried now."""
        program = self._program
        if not program.is_own and not wanted.values and wanted.text == program.source.text:
            return self._reading.of_the_program()
        given = {**self._options.definitions, **wanted.definitions}
        named = program.of_the_person
        self._reading.name_what_is_read(named, wanted.case, given, self._options.dialect)
        return nullcontext()

    def explained(
        self, name: str, voxel: Sequence[int], stop: Future[None]
    ) -> dict[str, object] | None:
        """Why an image has its value at a voxel, None where it was stopped.

        Raises VoxLogicaError.
        """
        if self._live is None:
            raise VoxLogicaError([error("there is nothing yet to explain")])
        try:
            return self._live.explain(name, voxel, stop).to_json()
        except CancelledError:
            return None

    def report(self, definitions: Mapping[str, object], stop: Future[None]) -> bytes | None:
        """The page of a run with what is set; None where it was stopped. Raises VoxLogicaError."""
        from voxlogica.report.page import page

        began = time()
        if self._live is None or self._options.circumstances is None:
            raise VoxLogicaError([error("there is nothing yet to report")])
        try:
            found = self._live.report(_MOST_KEPT, stop)
        except CancelledError:
            return None
        of = self._options.circumstances(self._program.name, began, definitions)
        if self._live.last.text != self._program.source.text:
            of = replace(of, unsaved=(self._program.name,))
        told = "".join(page(found, of, lambda path: {path: "not written"}))
        return told.encode(errors="backslashreplace")  # as where it goes to a file

    def close(self) -> None:
        """Let go of all."""
        if self._live is not None:
            self._live.close()


def frame(layer: NamedLayer) -> bytes:
    """The voxels of a layer, as they are sent."""
    make = region_frame if layer.is_region else scan_frame
    return make(layer.id, layer.grid, layer.image)


class _Progress:
    """An observer of a run, which tells of a few of its events."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._done = self._of = 0
        self._told: set[object] = set()

    def __call__(self, event: Event) -> None:
        """As an `Observer` is called."""
        if isinstance(event, Planned):
            self._of += event.operations + event.saves
        elif isinstance(event, Finished):
            self._done += 1
        elif isinstance(event, Started):
            name = event.work.name
            news = {name, self._done * _STEPS // max(1, self._of)}
            if not news <= self._told:
                self._told |= news
                self._tell(self._done, self._of, name)
