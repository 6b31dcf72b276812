"""What cases are called."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from voxlogica.batch.case_tables import Listed
from voxlogica.batch.words import complaint, listed
from voxlogica.engine.cases import says_nothing
from voxlogica.images.errors import quoted
from voxlogica.syntax.printer import value_text

_SHOWN = 5


def names_of(cases: Listed) -> list[str]:
    """The names of cases, which tell each from the others.

    Of those that match a pattern, all that is in braces, joined by `/`. Of a table, the column
    `case`, in letters of any case; without one, the first column that tells its rows apart, else as
    many of the first ones as do together. Raises VoxLogicaError where nothing does.
    """
    columns = range(len(cases.columns))
    if cases.is_by_pattern:
        return _joined(cases, columns)
    called = [column for column in columns if cases.columns[column].casefold() == "case"]
    if called:
        # As the tables that runs leave have it beside `CASE`.
        return _checked(cases, max(called, key=lambda column: cases.columns[column] == "case"))
    for column in columns:
        names = _joined(cases, [column])
        if _differ(names) and not any(map(says_nothing, names)):
            return names
    # The more columns, the more differ.
    fewest = bisect_left(
        columns, True, key=lambda last: _differ(_joined(cases, columns[: last + 1]))
    )
    names = _joined(cases, columns[: fewest + 1])
    if _differ(names):
        return names
    first, *others = _first_alike(names)
    raise complaint(
        f"{cases.place(first)} and {listed([cases.marks[row] for row in others], _SHOWN)} are the"
        " same case",
        "each line is a case of its own: delete all but one, or tell them apart by a column `case`",
    )


def names_or_numbers(cases: Listed) -> list[str]:
    """The same; where no column is called `case` and nothing tells cases apart, their numbers.

    Raises VoxLogicaError.
    """
    if any(column.casefold() == "case" for column in cases.columns):
        return names_of(cases)
    if cases.columns and _differ(_joined(cases, range(len(cases.columns)))):
        return names_of(cases)
    return [str(number) for number in range(1, len(cases.rows) + 1)]


def _differ(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names)


def _joined(cases: Listed, columns: Sequence[int]) -> list[str]:
    return ["/".join(value_text(row[column]) for column in columns) for row in cases.rows]


def _checked(cases: Listed, column: int) -> list[str]:
    called = cases.columns[column]
    nameless = [at for at, row in enumerate(cases.rows) if says_nothing(row[column])]
    if nameless:
        raise complaint(
            f"{cases.place(nameless[0])}: the column `{called}` has no name for the"
            f" case{cases.others(nameless[1:])}"
        )
    names = _joined(cases, [column])
    if not _differ(names):
        alike = _first_alike(names)
        marks = [cases.marks[row] for row in alike]
        lines = f"{'' if isinstance(marks[0], str) else 'on lines '}{listed(marks, _SHOWN)}"
        more = len(names) - len(set(names)) - len(alike) + 1
        also = f", and {more} more names are doubled" if more else ""
        raise complaint(
            f"{cases.name}: several cases are called {quoted(names[alike[0]])}, {lines}{also}",
            "give each a name of its own",
        )
    return names


def _first_alike(names: Sequence[str]) -> list[int]:
    """Which have the first name that several have."""
    by_name: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        by_name.setdefault(name, []).append(at)
    return next(several for several in by_name.values() if len(several) > 1)
