"""What a run leaves: printed values, saved images, messages, statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.plain_values import PrintedValue, ShownValue, handed_out
from voxlogica.engine.sink import File
from voxlogica.language.workplan import Goal, Print, Show
from voxlogica.operators.signature import Type
from voxlogica.remarks import Empty
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, render

if TYPE_CHECKING:
    from voxlogica.images.image import Image
    from voxlogica.images.placed import Placed
    from voxlogica.language.asserts import Asserted
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.syntax.source import Source

# How a run ended.
Status = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Printed:
    """What one `print` shows: `name` is its label, `vltype` the type of its value.

    The label has its variables replaced; how it is `written` is as in the goal. Where the value
    rests on a rule for empty regions, `empty` says which were.
    """

    name: str
    vltype: str
    value: PrintedValue
    written: str = ""
    empty: Empty = ""


@dataclass(frozen=True, slots=True)
class SavedImage:
    """What one `save` wrote: an image file, and the range of the values in it.

    `path` is absolute; `name` and `extension` are its last part in two, as in `brain`, `.nii.gz`.
    """

    name: str
    extension: str
    path: str
    vltype: str
    minimum: float
    maximum: float
    # Where the run keeps images; and what they hold.
    image: Image | None = field(default=None, repr=False, compare=False)
    labels: bool = field(default=False, repr=False, compare=False)
    colour: bool = field(default=False, repr=False, compare=False)
    # The files in place, as the run has written them.
    placed: tuple[Placed, ...] = field(default=(), repr=False, compare=False)

    @staticmethod
    def of(file: File, placed: tuple[Placed, ...]) -> SavedImage:
        """What there is to tell of a saved image."""
        written = file.written
        low, high = float(written.minimum), float(written.maximum)
        return SavedImage(*_named(file), low, high, file.image, file.labels, file.colour, placed)


@dataclass(frozen=True, slots=True)
class SavedTable:
    """What one `save` wrote that is no image: a table, or text; else as `SavedImage`."""

    name: str
    extension: str
    path: str
    vltype: str
    placed: tuple[Placed, ...] = field(default=(), repr=False, compare=False)

    @staticmethod
    def of(file: File, placed: tuple[Placed, ...]) -> SavedTable:
        """What there is to tell of a saved table."""
        return SavedTable(*_named(file), placed)


def _named(file: File) -> tuple[str, str, str, str]:
    """The name and extension of a file, its path, and the type of what is in it."""
    path = file.place
    cut = len(path.name.removesuffix(".gz")) if path.suffix == ".gz" else len(path.name)
    stem = Path(path.name[:cut]).stem
    return stem, path.name[len(stem) :], str(path), str(file.type)


class Underlay(NamedTuple):
    """What a saved region is shown over, and what that is called: a file, or an operator."""

    name: str
    image: Image


@dataclass(frozen=True, slots=True)
class Origin:
    """What the results of a run came from, for who shows them.

    `plan` is what was carried out; `under` has what saved regions are shown over, by their paths.
    """

    plan: WorkPlan
    under: Mapping[str, Underlay]


class InputFile(NamedTuple):
    """A file that a run has read, as it was named, and its SHA-256 in hexadecimal digits.

    That is empty where there was none of that name. What standard input had is called `<stdin>`.
    Images of several files have one of these for each.
    """

    path: str
    sha256: str
    kind: Literal["program", "library", "image"]


@dataclass(frozen=True, slots=True)
class ShownInSession:
    """What an expression by itself is worth, in a session.

    `label` says which element of a sequence of images it is, such as `[2] of 5`; else it is empty,
    and so are its `indices`. Of an image, whether it is of `labels`, or of a `colour`.
    """

    label: str
    vltype: str
    value: ShownValue
    indices: tuple[int, ...] = ()
    labels: bool = False
    colour: bool = False


def told(goal: Goal, value: Any, found: Type, empty: Empty = "") -> Printed | ShownInSession | None:
    """What a report has of the value of a goal, of this type: nothing of files, and of questions.

    What it has of assertions rests on more values than one. `empty` is as in `Printed`.
    """
    if not isinstance(goal, Print | Show):
        return None
    out = handed_out(value, found)
    if isinstance(goal, Show):
        return ShownInSession(goal.label, str(found), out, goal.indices, goal.labels, goal.colour)
    return Printed(goal.label, str(found), cast("PrintedValue", out), goal.written, empty)


@dataclass(frozen=True, slots=True)
class Effort:
    """What became of the operations of one operator, or worker; `seconds` sums over threads."""

    computed: int = 0
    reused: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Stats:
    """What a run cost.

    `operations` are those that some goal rests on; `computed` those that were carried out; `stored`
    those whose result was read from the store, and then what they rest on was not needed;
    `awaited` those that another workplan of this process was at. `seconds` is the time from start
    to end, `peak_memory` the most bytes of memory that the process has held so far (0 where the
    system does not tell). Of a run on a cluster, `by_worker` has what each worker did, by its name;
    in `waited` of the seconds, workers had something of it and were at none of that.
    """

    operations: int = 0
    computed: int = 0
    stored: int = 0
    awaited: int = 0
    seconds: float = 0.0
    peak_memory: int = 0
    by_operator: Mapping[str, Effort] = field(default_factory=dict)
    by_worker: Mapping[str, Effort] = field(default_factory=dict)
    waited: float = 0.0

    @property
    def reused(self) -> int:
        """The operations whose result was had without computing it here."""
        return self.stored + self.awaited


@dataclass(frozen=True, slots=True)
class Report:
    """All that came of a run. Unless it is done there are no prints, no layers and no values.

    `layers` are the images that were saved, `tables` the tables and texts. `values` are those of
    expressions by themselves, which only sessions have. `asserts` are all
    assertions; one that is false does not make the run fail. `inputs` are the files that were read.
    `empty` says which regions were empty where anything rests on a rule for that. `interrupted`
    says that it was stopped from outside.
    """

    prints: tuple[Printed, ...]
    layers: tuple[SavedImage, ...]
    diagnostics: tuple[Diagnostic, ...]
    stats: Stats
    values: tuple[ShownInSession, ...] = ()
    interrupted: bool = False
    asserts: tuple[Asserted, ...] = ()
    tables: tuple[SavedTable, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    empty: Empty = ""
    # The texts of the programs and of their own libraries; and where the run keeps it, the origin.
    sources: tuple[Source, ...] = field(default=(), repr=False, compare=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    @property
    def false_asserts(self) -> tuple[Diagnostic, ...]:
        """What there is to say of the assertions that are false."""
        return tuple(asserted.diagnostic for asserted in self.asserts if not asserted.value)

    @property
    def status(self) -> Status:
        """How the run ended."""
        if self.interrupted:
            return "interrupted"
        return "done" if self.error is None else "failed"

    @property
    def error(self) -> str | None:
        """The errors as a person reads them, None if the run succeeded."""
        errors = [render(d) for d in self.diagnostics if d.severity == "error"]
        return "\n\n".join(errors) if errors else None

    @property
    def log(self) -> tuple[str, ...]:
        """The warnings as a person reads them."""
        return tuple(render(d) for d in self.diagnostics if d.severity == "warning")


class RunError(VoxLogicaError):
    """A run failed: `diagnostics` say why, `report` holds them and what the run cost."""

    __module__ = "voxlogica"

    def __init__(self, report: Report | None = None, *, message: str | None = None) -> None:
        if report is None:
            super().__init__(message=message or "the run failed")
            report = Report((), (), self.diagnostics, Stats())
        else:
            super().__init__([d for d in report.diagnostics if d.severity == "error"])
        self.report = report
        self.args = (report,)

    def reword(self, reworded: Callable[[Diagnostic], Diagnostic]) -> None:
        """Say the same in other words, in the report, too."""
        super().reword(reworded)
        told = tuple(map(reworded, self.report.diagnostics))
        self.report = replace(self.report, diagnostics=told)
        self.args = (self.report,)
