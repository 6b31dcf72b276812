"""Tables that earlier runs over cases have left: read back, and which cases are done there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voxlogica.cases.case_tables import read_table
from voxlogica.cases.journal import JournalError, is_journal, read_journal
from voxlogica.cases.listing import in_code, listed
from voxlogica.cases.refusing import complaint
from voxlogica.engine.cases import Case
from voxlogica.language.parameters import Constant
from voxlogica.report.cases_table import CASE, EMPTY, ERROR, Cell, Line, line_of
from voxlogica.syntax.printer import number_text, value_text


def not_done(name: str, cases: Sequence[Case], swept: Sequence[str]) -> list[int]:
    """The numbers of the cases that failed according to a table, or are not there.

    The table is a CSV, JSON, or a journal, of a run over the same cases. Raises VoxLogicaError.
    """
    lines = read_lines(name, swept)
    done = {
        (case_name(line), *(text_of(line.get(one)) for one in swept))
        for line in lines
        if line[ERROR] is None
    }
    return [
        case.number
        for case in cases
        if (case.name, *(value_text(case.columns[one]) for one in swept)) not in done
    ]


def case_name(line: Line) -> str:
    """The name of a line's case."""
    return text_of(line[CASE])


def text_of(cell: Cell) -> str:
    """A cell as text, empty where there is nothing."""
    return "" if cell is None else value_text(cell)


def read_lines(name: str, needed: Sequence[str] = ()) -> list[Line]:
    """The lines of a table that a run over cases has left, or of its journal.

    What is in a CSV is a number, or a truth value, if it is written as one; the name of a case is
    text. All lines have all columns; there may be no lines. Raises VoxLogicaError, also where a
    table has no column of cases or of errors, or not those that are `needed`.
    """
    journal = _journal(name)
    if journal is not None:
        return journal
    found = read_table(name, may_be_empty=True)
    if not found.rows:
        return []
    lacking = [column for column in (CASE, ERROR, *needed) if column not in found.columns]
    if lacking:
        raise complaint(
            f"{name} is no table of what came of cases: it has no column"
            f" {listed(in_code(lacking))}",
            "name a table that `run --cases` has written, by `--csv`, `--json` or `--jsonl`",
        )
    typed = Path(name).suffix.lower() in (".json", ".jsonl")
    # Lines of JSON begin with those of the first case, which may have failed.
    columns = sorted(found.columns, key=lambda column: column in (EMPTY, ERROR))
    lines: list[Line] = []
    for row in found.rows:
        cells = dict(zip(found.columns, row, strict=True))
        line = {column: _cell(cells[column], typed) for column in columns}
        lines.append(line | {CASE: value_text(cells[CASE])})
    return lines


def _cell(value: Constant, typed: bool) -> Cell:
    if value == "":
        return None
    if isinstance(value, tuple):
        return [cell for item in value if (cell := _cell(item, typed)) is not None]
    if typed or not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    try:
        number = float(value)
    except ValueError:
        return value
    return number if number_text(number) == value else value


def _journal(name: str) -> list[Line] | None:
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
