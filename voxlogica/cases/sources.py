"""Where cases come from: a pattern, a table, standard input; and what of them is to be run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, overload

from voxlogica.cases.case_tables import STDIN, Listed, read_table, table
from voxlogica.cases.checking import Given, Taken, taken
from voxlogica.cases.listing import in_code, listed
from voxlogica.cases.naming import names_of
from voxlogica.cases.patterns import is_pattern, matches
from voxlogica.cases.refusing import complaint
from voxlogica.dataclass import dataclass
from voxlogica.engine.cases import Case
from voxlogica.images.errors import quoted
from voxlogica.images.formats import FORMATS, suffix_of
from voxlogica.language.parameters import Constant, plain
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.source import Source

_QUOTES = (
    "if a shell has put it in the place of a pattern, write that in quotes; and in braces what"
    " differs, as in --cases 'data/{CASE}/flair.nii.gz'"
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Which cases are to be run: a pattern, or a table, which for `-` is what was `typed`."""

    cases: str
    typed: bytes | None = None


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
) -> Found:
    """The cases that are to be run, each of which the programs take.

    What `-D` sets, `by_hand`, no case may set otherwise; what a file of parameters sets, `by_file`,
    holds where a case says nothing. A cell that is empty, or `n/a`, sets nothing: the parameter's
    default holds. Raises VoxLogicaError.
    """
    found, notes = _listed(chosen)
    names = names_of(found, by_pattern=is_pattern(chosen.cases))
    checked = taken(found, programs, Given(plain(by_hand), plain(by_file)), dialect)
    return Found(_Cases(names, checked), (*notes, *_carried(checked)))


def refuse_other_files(cases: str) -> None:
    """Raise the error that what is chosen is an image or a folder, and so no source of cases."""
    if cases == "-" or is_pattern(cases):
        return
    if os.path.isdir(cases):  # noqa: PTH112
        hint = f"name in braces what differs from case to case: '{cases.rstrip('/')}/{{CASE}}'"
        raise complaint(f"{quoted(cases)} is a folder, and neither a pattern nor a table", hint)
    if suffix_of(cases) in FORMATS:
        raise complaint(f"{quoted(cases)} is an image, and neither a pattern nor a table", _QUOTES)


def _listed(chosen: Sources) -> tuple[Listed, tuple[str, ...]]:
    name = chosen.cases
    if name == "-":
        return table(STDIN, chosen.typed or b""), ()
    # A table may have a brace in its name; a pattern is no name of a file.
    if is_pattern(name) and not os.path.isfile(name):  # noqa: PTH113
        return matches(name)
    return read_table(name), ()


def _carried(checked: Taken) -> Iterable[str]:
    """The note that columns set nothing."""
    if len(checked.carried) == len(checked.cases.columns):
        yield f"no column of {checked.cases.name} sets anything: for the programs all cases are one"
    elif checked.carried:
        names, several = listed(in_code(checked.carried)), len(checked.carried) > 1
        what = f"the columns {names} set" if several else f"the column {names} sets"
        yield f"{what} nothing in the programs: carried into the table"


class _Cases(Sequence[Case]):
    """Cases, each made when it is asked for: there may be many."""

    def __init__(self, names: Sequence[str], checked: Taken) -> None:
        self._names, self._sets = names, checked.sets
        self._columns, self._rows = checked.cases.columns, checked.cases.rows

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, at: int) -> Case: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, at: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        number = range(len(self))[at]
        columns: dict[str, Constant] = dict(zip(self._columns, self._rows[number], strict=True))
        return Case(number, self._names[number], columns, self._sets[number])
