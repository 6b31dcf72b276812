"""Tables of cases: CSV in the forms that spreadsheets give it, TSV, and JSON."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeAlias

from voxlogica.batch.plain_json import constant, parsed_json
from voxlogica.batch.words import complaint, content_of, in_code, listed
from voxlogica.engine.texts import field_text
from voxlogica.language.libraries import UnreadableTextError, decoded
from voxlogica.language.parameters import Constant
from voxlogica.report.cases_table import read_cell
from voxlogica.syntax.diagnostics import visible

# How messages call the table that standard input has.
STDIN = "<stdin>"

_LINE = re.compile(r"[^\r\n]+(?:\r\n|\r|\n)?")
_DELIMITERS = (",", ";", "\t")
_FIRST = re.compile('(?:case|"case")([,;\t])')
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SHOWN = 5

Record: TypeAlias = tuple[int, list[str]]


class Listed(NamedTuple):
    """The cases that a source lists, as it has them: a row each, whose cells are its columns'.

    `name` is the source as messages call it. `marks` tell of each row where it is: its line, the
    number of its object, or the path that matches. A table of texts has a `separator` between
    cells.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Constant, ...]]
    marks: Sequence[int | str]
    is_by_pattern: bool = False
    separator: str = ""

    def place(self, row: int) -> str:
        """Where a row is, in words: `cases.csv:7`."""
        mark = self.marks[row]
        return visible(mark) if isinstance(mark, str) else f"{self.name}:{mark}"

    def cell(self, text: str) -> str:
        """A text as it is written in a cell."""
        return field_text(text, self.separator) if self.separator else text

    def others(self, rows: Sequence[int]) -> str:
        """Where else something is so, after the place of one: `; also lines 9, 12`."""
        if not rows:
            return ""
        marks = [self.marks[row] for row in rows]
        lines = "" if isinstance(marks[0], str) else "line " if len(marks) == 1 else "lines "
        return f"; also {lines}{listed(marks, _SHOWN)}"


def read_table(name: str, *, is_ours: bool = False) -> Listed:
    """The cases in a file. Raises VoxLogicaError.

    One that `is_ours`, which a run over cases has written, is read as it is there: blanks at the
    ends of cells are theirs, what is printed may have a blank label, or none, and names of files
    bytes that are no text. It may be without cases.
    """
    return table(name, content_of("the table", name), is_ours=is_ours)


def table(name: str, data: bytes, *, is_ours: bool = False) -> Listed:
    """The cases in what a file or standard input has. Raises VoxLogicaError."""
    text, suffix = _text(name, data, is_ours), Path(name).suffix.lower()
    begin = text.lstrip()[:1]
    if not begin and suffix != ".jsonl":
        hint = "a table of cases has a line that names its columns, then one a case"
        raise complaint(f"{name} is empty", hint)
    if suffix in (".json", ".jsonl") or (name == STDIN and begin in ("{", "[")):
        is_by_line = suffix == ".jsonl" or (name == STDIN and begin == "{")
        found = _objects(name, text, is_by_line, is_ours)
    else:
        found = _records(name, text, suffix, is_ours)
    if not found.rows and not is_ours:
        columns = f": its columns are {listed(in_code(found.columns))}" if found.columns else ""
        raise complaint(f"{name} has no cases{columns}")
    return found


def _text(name: str, data: bytes, is_ours: bool) -> str:
    """The text of a table: UTF-8, or UTF-16 as Excel's Unicode text is, which has a mark."""
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16").removeprefix("\ufeff")
        except UnicodeDecodeError:
            hint = "save it as CSV UTF-8"
            raise complaint(f"{name}: not a whole text in UTF-16", hint) from None
    if is_ours and b"\0" not in data:
        return data.decode("utf-8-sig", "surrogateescape")
    try:
        decoded(data, name)
    except UnreadableTextError as problem:
        hint = "save it as text in UTF-8; Excel calls that CSV UTF-8"
        raise complaint(str(problem), hint) from None
    return data.decode("utf-8-sig")


# Separated values


def _records(name: str, text: str, suffix: str, is_ours: bool) -> Listed:
    delimiter, start = _delimiter(text, suffix, is_ours)
    before = text.count("\n", 0, start)
    records = _read(name, text[start:], delimiter, before, is_stripped=not is_ours)
    line, header = next((one for one in records if any(map(str.strip, one[1]))), (1, []))
    cell_of = _cell if is_ours else _stripped
    columns = [*map(cell_of, header)]
    while columns and not columns[-1]:
        columns.pop()
    _check_columns(name, line, columns, is_ours)
    wanted = len(columns)
    rows: list[tuple[Constant, ...]] = []
    marks: list[int] = []
    ragged: list[Record] = []
    known: dict[str, str] = {}
    for at, cells in records:
        row = [known.setdefault(cell, cell) for cell in map(cell_of, cells)]
        while len(row) > wanted and not row[-1]:
            row.pop()
        if not any(row):
            continue
        if len(row) != wanted:
            ragged.append((at, cells))
        rows.append(tuple(row))
        marks.append(at)
    if ragged:
        _refuse_ragged(name, wanted, ragged, is_last=ragged[0][0] == marks[-1], by=delimiter)
    return Listed(name, tuple(columns), rows, marks, separator=delimiter)


def _cell(text: str) -> str:
    """What is in a cell, also where a table of ours keeps it from being taken for a formula."""
    return read_cell(text) if "'" in text else text


def _stripped(text: str) -> str:
    return _cell(text.strip())


def _delimiter(text: str, suffix: str, is_ours: bool) -> tuple[str, int]:
    """What separates the cells, and where the table begins.

    A first line `sep=;` says so, as for Excel; else it is what is after the first column of a table
    of ours, whose labels may have anything; or what the first line has most of.
    """
    line = _LINE.search(text)
    first = line[0].strip("\r\n") if line else ""
    if line and first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return first[-1], line.end()
    if suffix == ".tsv":
        return "\t", 0
    if is_ours and (after_case := _FIRST.match(first)):
        return after_case[1], 0
    return max(_DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d), []))), 0


def _read(
    name: str, text: str, delimiter: str, skipped: int, *, is_stripped: bool
) -> Iterator[Record]:
    """Each record with the line on which it begins; raises VoxLogicaError where quotes are wrong.

    Where cells will be stripped, spaces after a delimiter do not count, so that quotes may follow.
    """
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        skipinitialspace=is_stripped,
    )
    while True:
        line = lines.line_num + 1 + skipped
        try:
            record = next(lines, None)
        except csv.Error as problem:
            _refuse_quotes(name, line, lines.line_num + skipped, str(problem))
        if record is None:
            return
        if record:
            yield line, record


def _refuse_quotes(name: str, line: int, last: int, problem: str) -> NoReturn:
    where = f"{name}:{line}" if line == last else f"{name}:{line}-{last}"
    if "unexpected end" in problem or "larger than field limit" in problem:
        raise complaint(
            f'{where}: a `"` begins a cell that has no end',
            'end it with `"`; one within a cell is written twice, `""`. If the end of the file is'
            " missing, fetch or export it anew",
        )
    raise complaint(
        f'{where}: after the `"` that ends a cell there is more of it',
        'a `"` within a cell is written twice, `""`',
    )


def _check_columns(name: str, line: int, columns: Sequence[str], is_ours: bool) -> None:
    if "" in columns and not is_ours:
        raise complaint(f"{name}:{line}: column {columns.index('') + 1} has no name")
    if doubled := [column for column, times in Counter(columns).items() if times > 1]:
        raise complaint(
            f"{name}:{line}: several columns are called {listed(in_code(doubled))}",
            "give each a name of its own",
        )
    called_case = [column for column in columns if column.casefold() == "case"]
    if len(called_case) > 1 and "case" not in called_case:
        raise complaint(
            f"{name}:{line}: {listed(in_code(called_case))} would all be the cases' names"
        )


def _refuse_ragged(
    name: str, wanted: int, ragged: Sequence[Record], *, is_last: bool, by: str
) -> NoReturn:
    line, cells = ragged[0]
    what = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    alike = [at for at, _ in ragged[1:]]
    others = f"; also {listed(alike, _SHOWN)}" if alike else ""
    hint = "cells that have the separator in them stand in quotes"
    if len(cells) < wanted:
        hint = "an empty cell has its separator, too"
        if is_last:
            hint += "; or is the end of the file missing?"
    elif by == "," and any(map(_is_decimal_comma, cells, cells[1:])):
        hint = "the decimal sign is a point: 0.95"
    columns = "1 column" if wanted == 1 else f"{wanted} columns"
    raise complaint(f"{name}:{line}: {what} on this line, and {columns}{others}", hint)


def _is_decimal_comma(before: str, after: str) -> bool:
    return before.strip().lstrip("+-").isdecimal() and after.isdecimal()


# JSON


def _objects(name: str, text: str, by_line: bool, is_ours: bool) -> Listed:
    parts = enumerate(text.split("\n") if by_line else [text])
    found = [(at + 1, parsed_json(name, part, at)) for at, part in parts if part.strip()]
    if not by_line:
        ((_, whole),) = found
        if not isinstance(whole, list):
            raise complaint(
                f"{name} is not a list of objects", 'as in `[{"CASE": "p001", "high": 0.9}]`'
            )
        found = [*enumerate(whole, 1)]
    columns: dict[str, None] = {}
    rows: list[dict[str, Constant]] = []
    for number, one in found:
        if not isinstance(one, dict):
            what = f"{name}:{number}" if by_line else f"{name}: element {number}"
            raise complaint(f"{what} is not an object", 'as in `{"CASE": "p001", "high": 0.9}`')
        columns |= dict.fromkeys(one)
        place = f"{name}, object {number}"
        row = {column: constant(place, column, value) for column, value in one.items()}
        rows.append({column: value for column, value in row.items() if value is not None})
    _check_columns(name, 1, [*columns], is_ours)
    filled = [tuple(row.get(column, "") for column in columns) for row in rows]
    marks: list[int | str] = [n if by_line else f"{name}, object {n}" for n, _ in found]
    return Listed(name, tuple(columns), filled, marks)
