"""What came of cases, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from voxlogica.engine.cases import Row
from voxlogica.syntax.printer import value_text


def cases_csv(rows: Iterable[Row]) -> str:
    """A line a case: case, its columns, a column a print, a column an assertion, error."""
    rows = [*rows]
    columns = dict.fromkeys(name for row in rows for name in row.case.columns)
    prints = dict.fromkeys(printed.written for row in rows for printed in row.prints)
    asserts = dict.fromkeys(checked.label for row in rows for checked in row.asserts)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["case", *columns, *prints, *asserts, "error"])
    for row in rows:
        printed = {p.written: value_text(p.value) for p in row.prints}
        checked = {a.label: value_text(a.value) for a in row.asserts}
        table.writerow(
            [
                row.case.name,
                *(value_text(row.case.columns.get(name, "")) for name in columns),
                *(printed.get(label, "") for label in prints),
                *(checked.get(label, "") for label in asserts),
                row.faults[0].message if row.faults else "",
            ]
        )
    return text.getvalue()
