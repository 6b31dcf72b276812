"""Tables of cases as DataFrames of pandas, which has to be installed."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from voxlogica.report.cases_table import CASE, EMPTY, ERROR, Line, columns_of


def frame_of(lines: Iterable[Line]) -> pd.DataFrame:
    """A row for each line, and a column for each that some line has; gone through twice.

    Columns of numbers are float64, of truth values bool, or boolean where some are missing.
    """
    names = columns_of(lines) or [CASE, EMPTY, ERROR]
    cells: dict[str, list[object]] = {name: [] for name in names}
    for line in lines:
        for name in names:
            cell = line.get(name)
            cells[name].append(None if cell == "" else cell)
    return pd.DataFrame({name: _column(found) for name, found in cells.items()}, columns=names)


def _column(cells: list[object]) -> pd.Series:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean" if None in cells else "bool")
    if kinds and kinds <= {float, int}:
        return pd.Series(cells, dtype="float64")
    return pd.Series(cells, dtype="object" if not kinds or kinds - {str} else None)
