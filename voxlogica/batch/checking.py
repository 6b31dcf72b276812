"""Whether programs take what cases set, looked at before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from voxlogica.batch.case_tables import Listed
from voxlogica.batch.sweeps import meant
from voxlogica.batch.words import in_code, listed
from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.cases import says_nothing
from voxlogica.images.errors import shortened
from voxlogica.language.definitions import (
    CASE_NAMES,
    Definitions,
    case_variable,
    unmentioned,
)
from voxlogica.language.parameters import Constant, Parameter, RefusedError, set_to
from voxlogica.language.programs import Outline, outline
from voxlogica.operators.signature import BOOL
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error, nearest, visible
from voxlogica.syntax.printer import value_text
from voxlogica.syntax.source import Source, Span

_IMPORT = re.compile(r'\bimport\s+"([^"\n]*)"')
# How spreadsheets write truth values.
_TRUTHS: Mapping[Constant, Constant] = {"TRUE": "true", "FALSE": "false"}
_MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class GivenToCases:
    """What is set for all cases: by `-D`, and by a file of parameters, which gives way to columns.

    `swept` are the values that each swept name has in turn. Each case is given `images` of some
    names, in the place of what programs load.
    """

    by_hand: Mapping[str, Constant] = field(default_factory=dict)
    by_file: Mapping[str, Constant] = field(default_factory=dict)
    swept: Mapping[str, Sequence[Constant]] = field(default_factory=dict)
    images: frozenset[str] = frozenset()

    @property
    def fixed(self) -> Mapping[str, Constant]:
        """What holds where a case sets nothing else."""
        return {**self.by_file, **self.by_hand}


class RowsAlike(NamedTuple):
    """Rows for which the programs import the same; what programs and libraries say then."""

    outline: Outline
    rows: Sequence[int]


class Taken(NamedTuple):
    """Cases that may be run: with the column of their names called as the programs do.

    `sets` has for each row what it sets; `carried` are the columns that set nothing anywhere.
    """

    cases: Listed
    groups: tuple[RowsAlike, ...]
    sets: Sequence[frozenset[str]]
    carried: tuple[str, ...]


class Outlines:
    """The outlines of programs, each made once: it rests on nothing but what names of imports have.

    Raises what `outline` does.
    """

    def __init__(
        self, programs: Sequence[Source], dialect: Dialect | None, images: frozenset[str]
    ) -> None:
        self._programs, self._dialect, self._images = programs, dialect, images
        self._imports: str | None = None
        self._known: dict[tuple[tuple[str, Constant], ...], Outline] = {}

    def of(self, definitions: Mapping[str, Constant]) -> Outline:
        """The outline of the programs where these are set."""
        if self._imports is not None:
            key = self._telling(definitions)
            if key in self._known:
                return self._known[key]
        found = outline(self._programs, definitions, self._dialect, self._images)
        if self._imports is None:
            self._imports = imports_of(found)
        self._known[self._telling(definitions)] = found
        return found

    def _telling(self, definitions: Mapping[str, Constant]) -> tuple[tuple[str, Constant], ...]:
        if not self._imports or "$" not in self._imports:
            return ()
        names = Definitions(dict.fromkeys(definitions, "")).used_in(self._imports)
        return tuple(sorted((name, definitions[name]) for name in names))


def imports_of(found: Outline) -> str:
    """The names by which programs and libraries import others."""
    return " ".join(path for text in found.texts for path in _IMPORT.findall(text))


def taken(cases: Listed, outlines: Outlines, given: GivenToCases) -> Taken:
    """The cases, with what each sets, if the programs take all of it. Raises VoxLogicaError."""
    cases, groups = _grouped(cases, outlines, given)
    for group in groups:
        cases = _truths_as_programs_have_them(cases, group)
    checks = [_Check(cases, group, given) for group in groups]
    wrong = [*_clashes(cases, given)]
    for check in checks:
        wrong += [d for d in check.problems() if d.message not in {w.message for w in wrong}]
    if wrong:
        raise VoxLogicaError(wrong)
    settable = {name for check in checks for name in check.settable}
    carried = tuple(name for name in cases.columns if name not in settable)
    return Taken(cases, groups, _sets(cases, checks, given), carried)


def _sets(cases: Listed, checks: Sequence[_Check], given: GivenToCases) -> list[frozenset[str]]:
    """What each row sets: of what its programs know, that of which it says something."""
    found = [frozenset[str]()] * len(cases.rows)
    shared: dict[frozenset[str], frozenset[str]] = {}
    for check in checks:
        setting = [(at, name) for at, name in enumerate(cases.columns) if name in check.settable]
        for row in check.rows:
            cells = cases.rows[row]
            names = frozenset(name for at, name in setting if not says_nothing(cells[at]))
            found[row] = shared.setdefault(names, names.union(given.swept))
    return found


def _truths_as_programs_have_them(cases: Listed, group: RowsAlike) -> Listed:
    """With `true` and `false` for what spreadsheets make of them, where a parameter is a bool."""
    bools = {p.name for p in group.outline.parameters if p.type == BOOL}
    where = [at for at, name in enumerate(cases.columns) if name in bools]
    if not where:
        return cases
    rows = [*cases.rows]
    for number in group.rows:
        cells = [*rows[number]]
        for at in where:
            cells[at] = _TRUTHS.get(cells[at], cells[at])
        rows[number] = tuple(cells)
    return cases._replace(rows=rows)


# What the programs are


def _grouped(
    cases: Listed, outlines: Outlines, given: GivenToCases
) -> tuple[Listed, tuple[RowsAlike, ...]]:
    """The cases by what the programs import, which may depend on what a case sets."""

    def seen(row: int) -> Outline:
        one = {name: values[0] for name, values in given.swept.items()}
        cells = zip(cases.columns, cases.rows[row], strict=True)
        set_there = {name: cell for name, cell in cells if not says_nothing(cell)}
        by_folded = {name.casefold(): cell for name, cell in set_there.items()}
        if "case" in by_folded:
            set_there = {**dict.fromkeys(CASE_NAMES, by_folded["case"]), **set_there}
        try:
            return outlines.of({**given.fixed, **set_there, **one})
        except VoxLogicaError as problem:
            if row == 0:
                raise
            note = Note(f"for {cases.place(row)}")
            told = [replace(d, notes=(*d.notes, note)) for d in problem.diagnostics]
            raise VoxLogicaError(told) from None

    first = seen(0)
    renamed = _case_as_called(cases, first)
    if renamed is not cases:
        cases, first = renamed, seen(0)
    telling = Definitions(dict.fromkeys(cases.columns, "")).used_in(imports_of(first))
    if not telling:
        return cases, (RowsAlike(first, range(len(cases.rows))),)
    by_cells: dict[tuple[Constant, ...], list[int]] = {}
    where = [at for at, name in enumerate(cases.columns) if name in telling]
    for number, row in enumerate(cases.rows):
        by_cells.setdefault(tuple(row[at] for at in where), []).append(number)
    return cases, tuple(RowsAlike(seen(rows[0]), rows) for rows in by_cells.values())


def _case_as_called(cases: Listed, of: Outline) -> Listed:
    """With the column `case`, if it sets nothing, called as the programs do in other letters."""
    called = [name for name in cases.columns if name.casefold() == "case"]
    if len(called) != 1 or called[0] in _used(of, cases.columns):
        return cases
    used = _used(of, CASE_NAMES)
    if not used:
        return cases
    wanted = next(name for name in CASE_NAMES if name in used)
    columns = tuple(wanted if name == called[0] else name for name in cases.columns)
    return cases._replace(columns=columns)


def _used(of: Outline, names: Sequence[str]) -> set[str]:
    """Those of some names that are parameters, or are mentioned."""
    declared = {parameter.name for parameter in of.parameters}
    defined = Definitions(dict.fromkeys([*names, *declared], ""))
    mentioned = {name for text in of.texts for name in defined.used_in(text)}
    return (declared | mentioned).intersection(names)


# What is wrong


def _clashes(cases: Listed, given: GivenToCases) -> Iterator[Diagnostic]:
    """That one name is set in two ways of which neither is there for the other."""
    for name in dict.fromkeys([*cases.columns, *given.swept]):
        for one, other in combinations(_ways_to_set(name, cases, given), 2):
            mend = "leave one of them out" if one[0] == "`" else "leave that out, or the column"
            yield error(f"`{name}` is set twice, by {one}, and by {other}", hint=mend)


def _ways_to_set(name: str, cases: Listed, given: GivenToCases) -> list[str]:
    """How a name is set, of the ways of which neither is there for the other."""
    column, by_hand = f"the column of {cases.name}", f"`-D {name}=…`"
    ways: Mapping[str, Collection[str]] = {
        column: cases.columns,
        by_hand: given.by_hand,
        f"`--sweep {name}=…`": given.swept,
    }
    return [way for way, names in ways.items() if name in names]


class _Check:
    """Whether the programs, as some of the cases have them, take what these set."""

    def __init__(self, cases: Listed, group: RowsAlike, given: GivenToCases) -> None:
        self.cases, self.given = cases, given
        self.outline, self.rows = group
        self._all = {*self.outline.own, *given.fixed, *given.swept, *cases.columns}
        used = _used(self.outline, [*self._all])
        self.settable = used & set(cases.columns)
        self._undefined = self._not_defined()

    def problems(self) -> Iterator[Diagnostic]:
        """All that is wrong, each cause once."""
        yield from self._fixed()
        meant = {name: near for name in self.cases.columns if (near := self._meant(name))}
        for name, near in meant.items():
            yield self._nearly(name, near)
        for parameter in self.outline.parameters:
            if parameter.name not in meant.values():
                yield from self._without_value(parameter)
            yield from self._refused(parameter)
        for name, span in self._undefined.items():
            if name not in meant.values():
                yield error(
                    f"`${name}` is not defined: no column of {self.cases.name} sets it",
                    span,
                    hint=self._columns(name),
                )
        yield from self._cells_missing()

    def _fixed(self) -> Iterator[Diagnostic]:
        """What is wrong with what is set for all cases."""
        of, given = self.outline, {**self.given.fixed}
        given |= {name: values[0] for name, values in self.given.swept.items()}
        declared = [parameter.name for parameter in of.parameters]
        # What is set twice is told as that.
        clear = [name for name in given if len(_ways_to_set(name, self.cases, self.given)) < 2]
        swept = self.given.swept
        yield from unmentioned(clear, of.own, declared, of.texts, [], of.constants, swept)
        wrong: list[Diagnostic] = []
        for parameter in of.parameters:
            if parameter.name in self.given.fixed:
                set_to(self.given.fixed, parameter, wrong.append)
            values = swept.get(parameter.name, ())
            if refused := [value for value in values if _reason(parameter, value, str)]:
                told: list[Diagnostic] = []
                set_to({parameter.name: refused[0]}, parameter, told.append)
                hint = meant(parameter.name, [*map(value_text, values)])
                wrong += [replace(d, hint=hint or d.hint) for d in told]
        yield from wrong

    def _meant(self, column: str) -> str | None:
        """What else a column that sets nothing may be meant to set, which nothing sets."""
        if column in self.settable:
            return None
        unset = [p.name for p in self.outline.parameters if p.name not in self._all]
        return nearest(column, [*unset, *self._undefined])

    def _nearly(self, column: str, name: str) -> Diagnostic:
        what = "variable" if name in self._undefined else "parameter"
        return error(
            f"the column `{visible(column)}` of {self.cases.name} sets nothing; the {what} `{name}`"
            " has nearly the same name",
            hint=f"call the column `{name}`; or where it is meant to set nothing, set that by"
            f" `-D {name}=…`",
        )

    def _without_value(self, parameter: Parameter) -> Iterator[Diagnostic]:
        if parameter.default is None and parameter.name not in self._all:
            yield error(
                f"`{parameter.name}` has no value: it is a parameter without a default, and no"
                f" column of {self.cases.name} sets it",
                parameter.span,
                hint=self._columns(),
            )

    def _columns(self, variable: str = "") -> str:
        """The hint of what the source has, where it lacks something; a variable, maybe."""
        columns = listed(in_code(self.cases.columns), _MOST_COLUMNS)
        if self.cases.is_by_pattern:
            own = self.cases.columns[0]
            mend = f": `{{{variable}}}` there, or `${{{own}}}` in the program, is one" * bool(
                variable
            )
            return f"in its braces there is {columns}{mend}"
        if self.settable or not self.cases.separator:
            return f"its columns are {columns}"
        called = "; that of the cases' names is called `case`" * (variable in CASE_NAMES)
        return f"its columns are {columns}: does its first line name them?{called}"

    def _not_defined(self) -> dict[str, Span]:
        """The variables in names of files that nothing can define, each with where it first is."""
        names = {*self._all, *(parameter.name for parameter in self.outline.parameters)}
        defined = Definitions(dict.fromkeys(names, ""))
        found: dict[str, Span] = {}
        for file in (*self.outline.loads, *self.outline.saves):
            for name in map(case_variable, defined.undefined(file.text.value)):
                found.setdefault(name, file.text.span)
        return found

    def _cells_missing(self) -> Iterator[Diagnostic]:
        """That a case has an empty cell for what has no value otherwise."""
        cases, fixed = self.cases, self.given.fixed
        files = (*self.outline.loads, *self.outline.saves)
        defined = Definitions(dict.fromkeys([*self._all], ""))
        in_files = {name for file in files for name in defined.used_in(file.text.value)}
        has_default = {p.name: p.default is not None for p in self.outline.parameters}
        for at, name in enumerate(cases.columns):
            if name in fixed or name in self.outline.own or has_default.get(name):
                continue
            if name not in has_default and name not in in_files:
                continue
            empty = [row for row in self.rows if says_nothing(cases.rows[row][at])]
            if empty:
                yield error(
                    f"{cases.place(empty[0])}: no value for `{name}`, which the programs"
                    f" need{cases.others(empty[1:])}"
                )

    def _refused(self, parameter: Parameter) -> Iterator[Diagnostic]:
        """That cells have what a parameter does not take, alike ones together."""
        cases = self.cases
        if parameter.name not in cases.columns:
            return
        at = cases.columns.index(parameter.name)
        reasons: dict[tuple[Constant, str], str] = {}
        alike: dict[str, list[int]] = {}
        for row in self.rows:
            cell = cases.rows[row][at]
            known = cell, exactly(cell)
            if known not in reasons:
                reasons[known] = "" if says_nothing(cell) else _reason(parameter, cell, cases.cell)
            if reasons[known]:
                alike.setdefault(re.sub(r"[\d.,]+", "", reasons[known]), []).append(row)
        for first, *others in alike.values():
            cell = cases.rows[first][at]
            shown = visible(shortened(value_text(cell), 60))
            yield error(
                f"{cases.place(first)}: `{parameter.name}` cannot be set to `{shown}`:"
                f" {reasons[cell, exactly(cell)]}{cases.others(others)}",
                notes=[Note("the parameter", parameter.span)],
            )


def exactly(cell: Constant) -> str:
    """What tells a cell from others that are equal: 1 from 1.0 and true, 0.0 from -0.0."""
    return "" if isinstance(cell, str) else repr(cell)


def _reason(parameter: Parameter, cell: Constant, written: Callable[[str], str]) -> str:
    """Why a parameter cannot be set to what is in a cell; nothing where it can.

    An example is told as it is written there.
    """
    try:
        parameter.given(cell)
    except RefusedError as refused:
        return refused.told(written)
    return ""
