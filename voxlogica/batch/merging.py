"""Tables of parts of a study, as jobs of an array leave them, made into one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import NamedTuple

from voxlogica.batch.earlier_tables import case_name, compared, read_lines, text_of
from voxlogica.batch.journal import is_journal
from voxlogica.batch.natural_order import natural_key
from voxlogica.batch.words import complaint, in_code, listed
from voxlogica.images.errors import quoted
from voxlogica.report.cases_table import CASE, EMPTY, ERROR, Line, columns_of
from voxlogica.syntax.diagnostics import VoxLogicaError

_SHOWN = 5
# Bytes in names of files that are no text, as Python has them.
_STRAY = re.compile("[\udc80-\udcff]")
_NUMBERS = re.compile("[0-9]+")


class TablePart(NamedTuple):
    """A table by the name of its file, and its lines."""

    name: str
    lines: Sequence[Line]


def read_part(name: str) -> TablePart:
    """The part that a file has: a table of a run over cases, or its journal.

    Raises VoxLogicaError, also where the end of a table is missing.
    """
    if re.search(r"[*?\[]", name) and not Path(name).exists():
        if not glob(name):  # noqa: PTH207
            raise complaint(f"no file matches {quoted(name)}")
        raise complaint(
            f"{quoted(name)} is a pattern, and no file",
            "leave out the quotes: a shell puts the names of files in the place of a pattern",
        )
    part = TablePart(name, read_lines(name))
    if Path(name).suffix.lower() != ".json" and _is_cut(Path(name).read_bytes()):
        raise complaint(
            f"{name} ends in the middle of a line",
            "fetch or make it anew; if nothing is missing, end its last line",
        )
    return part


def _is_cut(text: bytes) -> bool:
    """Whether the last line has no end, which takes two bytes in UTF-16; journals may be so."""
    return text != b"" and b"\n" not in text[-2:] and not is_journal(text)


class _Place(NamedTuple):
    part: int
    line: int


def merged(parts: Sequence[TablePart]) -> list[Line]:
    """The lines of all parts, as these come one after another, each as its part has it.

    Parts whose names differ in numbers alone come in natural order where the first of them is.

    A line that is in several is there once, in the place where the longest of them has it. A case
    that has failed in one and not in another, as after `--only-failed`, is as in the other. Raises
    VoxLogicaError where parts have other results for one case.
    """
    kinds = [*dict.fromkeys(_NUMBERS.sub("#", part.name) for part in parts)]
    parts = sorted(
        parts, key=lambda p: (kinds.index(_NUMBERS.sub("#", p.name)), natural_key(p.name))
    )
    swept = _swept(parts)
    # The lines by their places, a part and a number there; and these by case and combination.
    placed: dict[_Place, Line] = {}
    of_run: dict[tuple[str, ...], list[_Place]] = {}
    for number, part in sorted(enumerate(parts), key=lambda one: -len(one[1].lines)):
        for at, line in enumerate(part.lines):
            run = case_name(line), *(_text(line, name) for name in swept)
            place, there = _Place(number, at), of_run.setdefault(run, [])
            others = [other for other in there if other.part != number]
            same = next((other for other in others if _is_same(placed[other], line)), None)
            if same is None:
                if others:
                    where = parts[others[0].part].name, part.name
                    raise _contradiction(where, placed[others[0]], line, swept)
                there.append(place)
                placed[place] = line
            elif placed[same][ERROR] is not None:
                placed[same] = line
    return [placed[place] for place in sorted(placed)]


def _swept(parts: Sequence[TablePart]) -> list[str]:
    """The columns by which combinations are told apart, where a part has several lines of a case.

    A table does not say which those are, but in its order they come before what is printed. So they
    are the first columns that tell the lines of each case in each part apart, without those of the
    cases themselves, which are the same in all lines of one; and among these, or right after, what
    is one value in each part that has combinations: another job may have swept the next value.
    """
    found: list[str] = []
    combined = [part for part in parts if not _are_apart([part], found)]
    if not combined:
        return found
    rest = [part for part in parts if part not in combined]
    for name in columns_of(line for part in parts for line in part.lines):
        if name in (CASE, EMPTY, ERROR):
            continue
        values = [{_text(line, name) for line in part.lines} for part in combined]
        others = {_text(line, name) for part in rest for line in part.lines}
        is_one_a_part = max(map(len, values)) == 1 and others <= set[str]().union(*values)
        if not is_one_a_part and _are_apart(parts, found):
            break
        if is_one_a_part or not all(_is_of_cases(part, name) for part in parts):
            found.append(name)
    return found


def _are_apart(parts: Sequence[TablePart], columns: Sequence[str]) -> bool:
    """Whether in each part columns tell the lines of each case apart that are not the same."""
    for part in parts:
        of_run: dict[tuple[str, ...], Line] = {}
        for line in part.lines:
            run = case_name(line), *(_text(line, name) for name in columns)
            if of_run.setdefault(run, line) != line:
                return False
    return True


def _is_of_cases(part: TablePart, name: str) -> bool:
    """Whether in a part a column has one value a case."""
    values = {(case_name(line), _text(line, name)) for line in part.lines}
    return len(values) == len({case_name(line) for line in part.lines})


def _text(line: Line, name: str) -> str:
    return compared(text_of(line.get(name)))


def lacking(parts: Sequence[TablePart]) -> Iterator[str]:
    """What there is to say of parts that lack columns which others have, or the form of a text."""
    columns = columns_of(line for part in parts for line in part.lines)
    for part in parts:
        if any(_STRAY.search(text_of(cell)) for line in part.lines for cell in line.values()):
            yield f"{part.name} has bytes that are no text in UTF-8: they stay as they are"
        own = {name for line in part.lines for name in line}
        none = [name for name in columns if name not in own]
        # A case that fails prints nothing, not even columns.
        if none and any(line[ERROR] is None for line in part.lines):
            what = "column" if len(none) == 1 else "columns"
            yield f"{part.name} has no {what} {listed(in_code(none), _SHOWN)}"


def _is_same(one: Line, other: Line) -> bool:
    """Whether two lines are of one case, and of one combination; and do not contradict each other.

    A case that failed has nothing but its name and columns.
    """
    if one[ERROR] is not None:
        return _has(other, one)
    if other[ERROR] is not None:
        return _has(one, other)
    return _has(one, other) and _has(other, one)


def _has(line: Line, known: Line) -> bool:
    return all(
        not _differs(line, known, name)
        for name, value in known.items()
        if value is not None and name not in (EMPTY, ERROR)
    )


def _contradiction(
    where: tuple[str, str], one: Line, other: Line, swept: Sequence[str]
) -> VoxLogicaError:
    known = [line for line in (one, other) if line[ERROR] is not None] or [one, other]
    names = (n for line in known for n, v in line.items() if v is not None and n != ERROR)
    name = next(name for name in names if _differs(one, other, name))
    before, now = (text_of(line.get(name)) or "nothing" for line in (one, other))
    combination = "".join(f" {each}={text_of(other.get(each))}" for each in swept)
    which = case_name(other) + (combination and f" with{combination}")
    return complaint(
        f"the case {which} is in {where[0]} and in {where[1]}, and `{name}` is not the"
        f" same: {before} and {now}",
        "leave out the part that does not hold any longer",
    )


def _differs(one: Line, other: Line, name: str) -> bool:
    return _text(one, name) != _text(other, name)
