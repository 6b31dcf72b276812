"""Cases, and what came of them: plain values, which journals, tables and reports share."""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.engine.results import Effort, InputFile, Printed, Report, SavedImage, SavedTable
from voxlogica.remarks import Empty
from voxlogica.syntax.diagnostics import Diagnostic, render
from voxlogica.syntax.printer import value_text

if TYPE_CHECKING:
    from voxlogica.images.placed import Placed
    from voxlogica.language.parameters import Constant

# What a cell says that says nothing, beside one that is empty: BIDS has it so.
NOT_AVAILABLE = "n/a"


@dataclass(frozen=True, slots=True)
class Case:
    """One of many things that a program is run for.

    `number` is its place in their order, from 0; `name` tells it from the others. `columns` are
    what its source says of it, in the source's order; those that `sets` names set variables and
    parameters of the program, the others are carried into the table.
    """

    number: int
    name: str
    columns: Mapping[str, Constant]
    sets: frozenset[str] = frozenset()

    @property
    def definitions(self) -> dict[str, Constant]:
        """What it sets, by name."""
        return {name: value for name, value in self.columns.items() if name in self.sets}

    def told(self, column: str) -> str:
        """What it says in a column, as text; empty where it says nothing, or has no such column.

        Where no column is called `case`, that is its name, as in tables of what came of cases.
        """
        value = self.columns.get(column, self.name if column == "case" else "")
        return "" if column not in self.sets and says_nothing(value) else value_text(value)


def says_nothing(cell: Constant) -> bool:
    """Whether a cell of a table is empty, or says so."""
    return cell in ("", NOT_AVAILABLE)


class Fault(NamedTuple):
    """An error of a case: its first line, which alike ones have in common; and as it is shown."""

    message: str
    shown: str
    file: str = ""
    line: int = 0
    column: int = 0

    @staticmethod
    def of(diagnostic: Diagnostic) -> Fault:
        """What there is to tell of an error."""
        shown, span = render(diagnostic), diagnostic.span
        if span is None:
            return Fault(diagnostic.message, shown)
        return Fault(
            diagnostic.message, shown, span.source.name, *span.source.line_and_column(span.start)
        )


class Checked(NamedTuple):
    """What became of an `assert`; and where it is false, its fault. `written` is as in `Print`."""

    label: str
    value: bool
    fault: Fault | None = None
    written: str = ""


class SavedFile(NamedTuple):
    """A file that a case has saved, as the program names it, and the type of what is in it.

    What is `placed` tells whether it is that file still; lines of text do not keep it.
    """

    path: str
    vltype: str
    placed: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a case. One that has `faults` has failed: it prints and saves nothing.

    `empty` says which operand of a measure was empty, where a printed value rests on a rule for
    that. `seconds` is from its start to when it `ended`, in seconds since 1970, without the time in
    which it waited for a worker. `inputs` are the files that it read. One that is `replayed` was
    carried out by an earlier run, and the numbers are that run's. While a run lasts, those are
    known that are `kept` for a later one: neither what failed is, nor what is of numbers alone.
    `diagnostics` are all that was said of a case that was carried out by this run, as it was said;
    rows that are kept have only how it is shown. Of such a case is known, too, what each of its
    operators cost, `by_operator`. Its `pictures`, where there are any, are a text, which journals
    do not keep. On a cluster, `by_worker` has what each worker did, by its name.
    """

    case: Case
    prints: tuple[Printed, ...] = ()
    asserts: tuple[Checked, ...] = ()
    files: tuple[SavedFile, ...] = ()
    faults: tuple[Fault, ...] = ()
    log: tuple[str, ...] = ()
    empty: Empty = ""
    seconds: float = 0.0
    operations: int = 0
    computed: int = 0
    stored: int = 0
    awaited: int = 0
    replayed: bool = field(default=False, compare=False)
    inputs: tuple[InputFile, ...] = ()
    ended: float = field(default=0.0, compare=False)
    kept: bool = field(default=False, compare=False)
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)
    by_operator: Mapping[str, Effort] = field(default_factory=dict, compare=False)
    pictures: str = field(default="", compare=False, repr=False)
    by_worker: Mapping[str, Effort] = field(default_factory=dict, compare=False)

    @staticmethod
    def of(case: Case, report: Report, pictures: str = "") -> Row:
        """What a run has to tell of a case."""
        stats = report.stats
        saved: tuple[SavedImage | SavedTable, ...] = (*report.layers, *report.tables)
        return Row(
            case,
            report.prints,
            tuple(
                Checked(a.label, a.value, None if a.value else Fault.of(a.diagnostic), a.written)
                for a in report.asserts
            ),
            tuple(SavedFile(file.path, file.vltype, file.placed) for file in saved),
            tuple(Fault.of(d) for d in report.diagnostics if d.severity == "error"),
            report.log,
            report.empty,
            stats.seconds - stats.waited,
            stats.operations,
            stats.computed,
            stats.stored,
            stats.awaited,
            inputs=report.inputs,
            ended=time(),
            diagnostics=report.diagnostics,
            by_operator=stats.by_operator,
            pictures=pictures,
            by_worker=stats.by_worker,
        )

    @property
    def failed(self) -> bool:
        """Whether the case came to no end."""
        return bool(self.faults)

    @property
    def workers(self) -> str:
        """The names of those who carried it out on a cluster."""
        return ", ".join(self.by_worker)
