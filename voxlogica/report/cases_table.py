"""What came of cases, as a table: CSV, JSON, or a line of JSON a case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from voxlogica.engine.cases import Row
from voxlogica.engine.plain_values import PrintedValue
from voxlogica.engine.texts import field_text, json_value
from voxlogica.remarks import Empty
from voxlogica.syntax.printer import value_text

# What stands in a table: a value, or nothing.
Cell: TypeAlias = PrintedValue | None
# A line of a table: its cells by the names of their columns, in the columns' order.
Line: TypeAlias = Mapping[str, Cell]

# Columns of each table: the first, and the last two.
CASE, EMPTY, ERROR = "case", "empty", "error"
# Where a spreadsheet begins to read a formula: at the beginning of a cell; and of what it makes a
# cell of where it takes another sign for the separator, or a line of a text for a row. Some take
# signs of full width for the others. Apostrophes before the sign are counted.
_BEGINS = r"(?:^|(?<=[;\t\r\n]))"
_SIGN = r"(?=[-=+@\t\r－＝＋＠])"
_FORMULA = re.compile(f"{_BEGINS}('*){_SIGN}")
_TEXT_OF_FORMULA = re.compile(f"{_BEGINS}'('*){_SIGN}")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Column(NamedTuple):
    """A cell with the name of its column, and what that is called where it comes from.

    What is printed has the regions that were `empty` where it rests on a rule for that.
    """

    kind: Literal["column", "print", "assert"]
    label: str
    name: str
    value: Cell
    empty: Empty = ""


def line_of(row: Row) -> dict[str, Cell]:
    """A row of a table: case, its columns, what is printed and asserted, empty regions, the error.

    The first is the case's name; a column `case` of the source's that says so is that. A case that
    failed has nothing that is printed or asserted, not even the columns.
    """
    cells: dict[str, Cell] = {CASE: row.case.name}
    cells |= {column.name: column.value for column in columns_of_row(row)}
    return cells | {EMPTY: row.empty or None, ERROR: error_text(row) or None}


def error_text(row: Row) -> str:
    """The error of a case in one line; empty where there is none."""
    if not row.faults:
        return ""
    first = " ".join(row.faults[0].message.split())
    further = len(row.faults) - 1
    return f"{first} (and {further} more)" if further else first


def renamed(row: Row) -> list[str]:
    """What there is to say of names that are taken already: of columns, prints, assertions."""
    return [
        f"two columns of the table would be called `{column.label}`: that of the {column.kind} is"
        f" `{column.name}`"
        for column in columns_of_row(row)
        if column.name != column.label
    ]


def columns_of_row(row: Row) -> Iterator[Column]:
    """What a case has, what is printed and what is asserted; each column by a name of its own."""
    taken = {CASE, EMPTY, ERROR}
    found: list[tuple[Literal["column", "print", "assert"], str, Any, Empty]] = [
        *(("column", name, value, "") for name, value in row.case.columns.items()),
        *(("print", p.written or p.name, p.value, p.empty) for p in row.prints),
        *(("assert", a.written or a.label, a.value, "") for a in row.asserts),
    ]
    for kind, label, value, empty in found:
        if (kind, label) == ("column", CASE) and value_text(value) == row.case.name:
            continue  # it is there
        name, turn = label, 1
        while name in taken:
            name = f"{label} ({kind})" if turn == 1 else f"{label} ({kind} {turn})"
            turn += 1
        taken.add(name)
        yield Column(kind, label, name, [*value] if isinstance(value, tuple) else value, empty)


def columns_of(lines: Iterable[Line]) -> list[str]:
    """All columns of lines, each before those that the first line which has it has after it."""
    names: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        own = (*line,)
        if own in seen:
            continue
        seen.add(own)
        place = len(names)
        for name in reversed(own):
            if name in names:
                place = names.index(name)
            else:
                names.insert(place, name)
    return names


class Lines:
    """The rows as lines of a table, gone through as often as one wants."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Line]:
        return map(line_of, self._rows)


def csv_text(lines: Iterable[Line], separator: str = ",") -> Iterator[str]:
    """A table as CSV (RFC 4180), in pieces: the names of columns, and a row a line.

    With a tab for the separator it is TSV, in which cells have quotes as in CSV.

    Values are as `print` shows them. What a spreadsheet would carry out as a formula begins with an
    apostrophe, which `read_cell` takes away. `lines` are gone through twice.
    """
    names = columns_of(lines) or [CASE, EMPTY, ERROR]
    yield _csv_line(names, separator)
    for line in lines:
        yield _csv_line((line.get(name) for name in names), separator)


def _csv_line(cells: Iterable[Cell], separator: str) -> str:
    return separator.join(field_text(cell_text(cell), separator) for cell in cells) + "\n"


def cell_text(value: Cell) -> str:
    """A value as it stands in a CSV, before quotes are put around it where it needs them."""
    if value is None:
        return ""
    text = value_text(value)
    if isinstance(value, bool | float | int) or _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(r"\1'", text)


def read_cell(text: str) -> str:
    """The text that `cell_text` made this one of."""
    return _TEXT_OF_FORMULA.sub(r"\1", text)


def json_table(lines: Iterable[Line]) -> Iterator[str]:
    """A table as an array of objects, a line each, in pieces; `lines` are gone through twice.

    All have all columns: what a case does not have is null.
    """
    names = columns_of(lines)
    lead = "[\n"
    for line in lines:
        yield lead + json_line({name: line.get(name) for name in names})
        lead = ",\n"
    yield "[]\n" if lead == "[\n" else "\n]\n"


def json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """A table as a line of JSON for each of its own."""
    return (f"{json_line(line)}\n" for line in lines)


def json_line(line: Line) -> str:
    """A line of a table as an object of JSON; bytes of a name that are no text are escapes."""
    tree = {name: None if value is None else json_value(value) for name, value in line.items()}
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
