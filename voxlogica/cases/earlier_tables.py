"""What the table of an earlier run says of its cases: which are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from voxlogica.cases.case_tables import read_table
from voxlogica.cases.journal import JournalError, is_journal, read_journal
from voxlogica.cases.listing import in_code, listed
from voxlogica.cases.refusing import complaint
from voxlogica.engine.cases import Case
from voxlogica.report.cases_table import ERROR, line_of
from voxlogica.syntax.printer import value_text


def not_done(name: str, cases: Sequence[Case], swept: Sequence[str]) -> list[int]:
    """The numbers of the cases that failed according to a table, or are not there.

    The table is a CSV, JSON, or a journal, of a run over the same cases. Raises VoxLogicaError.
    """
    done = {_case(line, swept) for line in _lines(name, swept) if not line[ERROR]}
    return [
        case.number
        for case in cases
        if (case.name, *(value_text(case.columns[one]) for one in swept)) not in done
    ]


def _case(line: Mapping[str, object], swept: Sequence[str]) -> tuple[str, ...]:
    """The case of a line, as texts: its name, which is the first cell, and what is swept."""
    cells = (next(iter(line.values())), *(line[name] for name in swept))
    return tuple("" if cell is None else value_text(cell) for cell in cells)  # type: ignore[arg-type]


def _lines(name: str, swept: Sequence[str]) -> list[Mapping[str, object]]:
    journal = _journal(name)
    if journal is not None:
        return journal
    found = read_table(name)
    lacking = [column for column in (ERROR, *swept) if column not in found.columns]
    if lacking:
        raise complaint(
            f"{name} is no table of what came of these cases: it has no column"
            f" {listed(in_code(lacking))}",
            "name the table that `--csv` or `--json` of an earlier run has written",
        )
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def _journal(name: str) -> list[Mapping[str, object]] | None:
    path = Path(name)
    try:
        with path.open("rb") as file:
            if not is_journal(file.readline(10_000)):
                return None
        return [line_of(row) for row in read_journal(path)]
    except JournalError as wrong:
        raise complaint(str(wrong), wrong.hint) from None
    except OSError:  # told where it is read as a table
        return None
