"""Tables that earlier runs over cases have left: read back, and which cases are done there."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from voxlogica.batch.case_tables import Listed, read_table
from voxlogica.batch.journal import JournalError, is_journal, read_journal
from voxlogica.batch.words import complaint, in_code, listed
from voxlogica.engine.cases import Case
from voxlogica.images.errors import quoted
from voxlogica.language.parameters import Constant
from voxlogica.report.cases_table import CASE, EMPTY, ERROR, Cell, Line, line_of
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.printer import number_text, value_text

_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", re.ASCII)


def not_done(
    name: str, cases: Sequence[Case], swept: Sequence[str], settable: Collection[str]
) -> list[int]:
    """The numbers of the cases that failed according to a table, or are not there.

    The table is a CSV, JSON, or a journal, of a run over the same cases, with the same names swept;
    `settable` are those that could be. Raises VoxLogicaError.
    """
    lines = read_lines(name, swept)
    by_key: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        key = case_name(line), *(compared(text_of(line.get(one))) for one in swept)
        by_key.setdefault(key, []).append(line)
    known = {*swept, *(cases[0].columns if cases else ())}
    for several in by_key.values():
        if any(line != several[0] for line in several):
            raise _combined(name, several, [one for one in settable if one not in known])
    done = {key for key, (line, *_) in by_key.items() if line[ERROR] is None}
    return [
        case.number
        for case in cases
        if (case.name, *(compared(value_text(case.columns[one])) for one in swept)) not in done
    ]


def _combined(name: str, lines: Sequence[Line], names: Sequence[str]) -> VoxLogicaError:
    """That a table has several lines of what is one case here."""
    swept = [n for n in names if len({text_of(line.get(n)) for line in lines}) > 1]
    said = f"{name} has several lines of the case {quoted(case_name(lines[0]))}"
    if not swept:
        return complaint(said, "name a table of a run over the same cases")
    sweeps = " ".join(f"--sweep {n}=…" for n in swept)
    return complaint(
        f"{said}, which differ in {listed(in_code(swept))}",
        f"sweep what that run swept: `{sweeps}`",
    )


def case_name(line: Line) -> str:
    """The name of a line's case."""
    return text_of(line[CASE])


@lru_cache(1 << 16)
def compared(text: str) -> str:
    """A text as it is compared with others: of a number, however it is written, one text.

    >>> compared("0.90"), compared("p01")
    ('0.9', 'p01')
    """
    try:
        number = float(text) if "_" not in text else math.nan
    except ValueError:
        return text
    return number_text(number) if math.isfinite(number) else text


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
    found = read_table(name, is_ours=True)
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
    _refuse_decimal_commas(found)
    lines: list[Line] = []
    truths = () if typed else [*_truths(found)]
    for row in found.rows:
        cells = dict(zip(found.columns, row, strict=True))
        cells |= {column: str(cells[column]).lower() for column in truths}
        line = {column: _cell(cells[column], typed) for column in columns}
        lines.append(line | {CASE: value_text(cells[CASE])})
    return lines


def _refuse_decimal_commas(found: Listed) -> None:
    """Raise VoxLogicaError where a spreadsheet has made commas of the decimal points."""
    if found.separator in ("", ","):
        return
    for at, row in enumerate(found.rows):
        for column, cell in zip(found.columns, row, strict=True):
            if column.casefold() != CASE and _DECIMAL_COMMA.fullmatch(str(cell)):
                raise complaint(
                    f"{found.place(at)}: in `{column}`, {cell} has a decimal comma, as a"
                    " spreadsheet writes it",
                    "name the table as `run --cases` has written it: the decimal sign is a point:"
                    f" {str(cell).replace(',', '.')}",
                )


def _truths(found: Listed) -> Iterator[str]:
    """The columns that have truth values as spreadsheets write them, and nothing else."""
    for at, column in enumerate(found.columns):
        values = set[Constant]() if column.casefold() == CASE else {row[at] for row in found.rows}
        if values - {""} in ({"TRUE"}, {"FALSE"}, {"TRUE", "FALSE"}):
            yield column


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
