"""Where cases come from: a pattern, a table, standard input; and what of them is to be run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import NamedTuple, overload

from voxlogica.batch.case_tables import STDIN, Listed, read_table, table
from voxlogica.batch.checking import GivenToCases, Outlines, Taken, taken
from voxlogica.batch.collisions import Collisions
from voxlogica.batch.earlier_tables import not_done
from voxlogica.batch.naming import names_of, names_or_numbers
from voxlogica.batch.patterns import PatternCases, is_pattern, matches
from voxlogica.batch.planned_files import PlannedFiles
from voxlogica.batch.shards import Shard
from voxlogica.batch.sweeps import Sweep, combinations
from voxlogica.batch.words import complaint, in_code, listed
from voxlogica.dataclass import dataclass, field
from voxlogica.engine.cases import Case
from voxlogica.images.errors import quoted
from voxlogica.images.formats import FORMATS, suffix_of
from voxlogica.language.parameters import Constant, plain
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, visible
from voxlogica.syntax.source import Source

_QUOTES = (
    "if a shell has put it in the place of a pattern, write that in quotes; and in braces what"
    " differs, as in --cases 'data/{CASE}/flair.nii.gz'"
)


# So many cases may there be with all combinations of a sweep.
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """Which cases are to be run.

    A pattern, or a table, which for `-` is what was `typed`; or what a program lists; with each
    combination of what is swept. Of these, those of a `shard`, and those that failed, or are not
    there, in a table of an earlier run. No case may save what the command writes, its `outputs`, or
    reads, its `inputs`, each with what it is.
    """

    cases: str | Listed
    typed: bytes | None = None
    sweeps: tuple[Sweep, ...] = ()
    shard: Shard = Shard(1, 1)
    only_failed: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


class Found(NamedTuple):
    """The cases, and what there is to note about them."""

    cases: Sequence[Case]
    notes: tuple[str, ...]


def read_cases(
    chosen: Sources,
    programs: Sequence[Source],
    by_hand: Mapping[str, object],
    by_file: Mapping[str, object],
    dialect: Dialect | None,
    images: frozenset[str] = frozenset(),
) -> Found:
    """The cases that are to be run, each of which the programs take.

    What `-D` sets, `by_hand`, no case may set otherwise; what a file of parameters sets, `by_file`,
    holds where a case says nothing. A cell that is empty, or `n/a`, sets nothing: the parameter's
    default holds. A case's number is its place among all, also where some are left out. Each is
    given `images` of these names. Raises VoxLogicaError.
    """
    found, names, notes = _listed(chosen)
    _check_number(len(names), chosen.sweeps)
    swept = {s.name: s.values for s in chosen.sweeps}
    given = GivenToCases(plain(by_hand), plain(by_file), swept, images)
    checked = taken(found, Outlines(programs, dialect, images), given)
    cases = _Cases(names, checked, combinations(_typed(chosen.sweeps, checked)))
    columns = [*checked.cases.columns, *given.swept]
    matched = _matched(chosen, found)
    # The first tells: beside a table is its journal.
    wrong = [*islice(_outputs_among_cases(chosen.outputs, matched), 1)]
    if not wrong:
        planned = PlannedFiles(programs, given.fixed, dialect)
        written = {**chosen.outputs, **chosen.inputs}
        wrong += Collisions(cases, checked.groups, given, columns, written, matched, planned)
    if wrong:
        raise VoxLogicaError(wrong)
    notes = (*notes, *_carried(checked))
    rows, each = chosen.shard.of_rows(len(names)), cases.combinations
    if len(rows) < len(names):
        cases = cases.some(range(rows.start * each, rows.stop * each))
        notes += (f"{chosen.shard.which}/{chosen.shard.of}: {len(rows)} of {len(names)} cases",)
    if chosen.only_failed is not None:
        settable = dict.fromkeys(p.name for g in checked.groups for p in g.outline.parameters)
        failed = not_done(chosen.only_failed, cases, [*given.swept], settable)
        notes += (
            f"{len(failed)} of {len(cases)} failed, or are not there, in {chosen.only_failed}",
        )
        cases = cases.some(failed)
    return Found(cases, notes)


def _typed(sweeps: Sequence[Sweep], checked: Taken) -> Iterator[tuple[str, tuple[Constant, ...]]]:
    """The values of sweeps as those of the parameters that they set. Raises VoxLogicaError."""
    parameters = {p.name: p for group in checked.groups for p in group.outline.parameters}
    for name, texts in sweeps:
        parameter = parameters.get(name)
        values = tuple(text if parameter is None else parameter.given(text) for text in texts)
        if len(set(values)) < len(values):
            raise complaint(f"in `--sweep {name}=…`, one value is there more than once")
        yield name, values


def refuse_other_files(cases: str) -> None:
    """Raise the error that what is chosen is an image or a folder, and so no source of cases."""
    if not cases:
        raise complaint("`--cases` has no pattern and no table", _QUOTES)
    if cases == "-" or is_pattern(cases):
        return
    if os.path.isdir(cases):  # noqa: PTH112
        raise complaint(
            f"{quoted(cases)} is a folder, and neither a pattern nor a table",
            f"name in braces what differs from case to case: '{cases.rstrip('/')}/{{CASE}}'",
        )
    if suffix_of(cases) in FORMATS:
        raise complaint(f"{quoted(cases)} is an image, and neither a pattern nor a table", _QUOTES)


def _listed(chosen: Sources) -> tuple[Listed, Sequence[str], tuple[str, ...]]:
    """What the source lists, the names of these cases, and what there is to note of it."""
    if isinstance(chosen.cases, Listed):
        return chosen.cases, names_or_numbers(chosen.cases), ()
    # A table may have a brace in its name; a pattern is no name of a file.
    if is_pattern(chosen.cases) and not os.path.isfile(chosen.cases):  # noqa: PTH113
        found, notes = matches(chosen.cases)
        return found, names_of(found), notes
    typed = chosen.typed or b""
    found = table(STDIN, typed) if chosen.cases == "-" else read_table(chosen.cases)
    return found, names_of(found), ()


def _matched(chosen: Sources, found: Listed) -> PatternCases:
    """What the pattern of the cases matches, if there is one."""
    if isinstance(chosen.cases, Listed) or not found.is_by_pattern:
        return PatternCases(None)
    return PatternCases(chosen.cases, [*map(str, found.marks)])


def _outputs_among_cases(outputs: Mapping[str, str], matched: PatternCases) -> Iterator[Diagnostic]:
    """The errors that a file that the command writes is a case, or would be one of the next run."""
    for name, what in outputs.items():
        if matched.row(os.path.realpath(name)) is not None:
            yield error(
                f"{visible(name)} is {what}, and is a case: the pattern of the cases matches it",
                hint="write another file, or put more of the name into the pattern",
            )
        elif matched.becomes_one(name):
            yield error(
                f"{visible(name)} is {what}, and would be a case of the next run: the pattern of"
                " the cases matches it, or its folder",
                hint="write into another folder, or put more of the name into the pattern",
            )


def _check_number(rows: int, sweeps: Sequence[Sweep]) -> None:
    combined = prod(len(one.values) for one in sweeps)
    if combined > 1 and rows * combined > _MOST:
        said = f"{rows} cases in {combined} combinations are {rows * combined} runs"
        raise complaint(f"{said}: at most {_MOST}", "sweep in coarser steps, or fewer cases")


def _carried(checked: Taken) -> Iterable[str]:
    """The note that columns set nothing. One called `case` is there for the cases' names."""
    idle = [column for column in checked.carried if column.casefold() != "case"]
    if len(checked.carried) == len(checked.cases.columns):
        yield f"no column of {checked.cases.name} sets anything: for the programs all cases are one"
    elif idle:
        names, several = listed(in_code(idle)), len(idle) > 1
        what = f"the columns {names} set" if several else f"the column {names} sets"
        yield f"{what} nothing in the programs: carried into the table"


class _Cases(Sequence[Case]):
    """Cases, each made when it is asked for: there may be many.

    Of each row one for each combination of what is swept; some of them are `chosen`, by number.
    """

    def __init__(
        self,
        names: Sequence[str],
        checked: Taken,
        combined: Sequence[Mapping[str, Constant]],
        chosen: Sequence[int] | None = None,
    ) -> None:
        self._names, self._checked, self._combined = names, checked, combined
        self._chosen = range(len(names) * len(combined)) if chosen is None else chosen

    @property
    def combinations(self) -> int:
        """How many cases there are of each row."""
        return len(self._combined)

    def some(self, numbers: Sequence[int]) -> _Cases:
        """Those of some numbers, in their order."""
        return _Cases(self._names, self._checked, self._combined, numbers)

    def __len__(self) -> int:
        return len(self._chosen)

    @overload
    def __getitem__(self, at: int) -> Case: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, at: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        number = self._chosen[at]
        row, combination = divmod(number, len(self._combined))
        cases = self._checked.cases
        columns = dict(zip(cases.columns, cases.rows[row], strict=True))
        columns.update(self._combined[combination])
        return Case(number, self._names[row], columns, self._checked.sets[row])
