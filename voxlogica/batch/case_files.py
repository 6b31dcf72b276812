"""Which files cases read and save, as far as programs' texts tell it, without planning.

In names of files, a variable is what a case sets, else what is set for all, a parameter's default,
or what tells of the program. Those of saved sequences are numbered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from voxlogica.batch.checking import GivenToCases, Outlines, exactly
from voxlogica.language.definitions import Definitions
from voxlogica.language.goals import numbered
from voxlogica.language.parameters import Constant, Parameter, RefusedError, plain
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.printer import value_text
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case
    from voxlogica.language.programs import FileName, Outline


class CaseFiles(NamedTuple):
    """What cases load, and the folders of what they save."""

    loads: frozenset[str]
    folders: frozenset[Path]


def files_of_cases(
    programs: Sequence[Source],
    cases: Sequence[Case],
    definitions: Mapping[str, object],
    dialect: Dialect | None,
) -> CaseFiles:
    """The files of cases, where definitions hold in all of them; none of one that is wrong."""
    fixed = plain(definitions)
    outlines = Outlines(programs, dialect, frozenset())
    known: dict[tuple[int, frozenset[str]], _Files] = {}
    loads, saves = set[str](), set[str]()
    for case in cases:
        try:
            outline = outlines.of({**fixed, **plain(case.definitions)})
        except VoxLogicaError:  # which is told as that case's fault
            continue
        key = id(outline), frozenset(case.columns)
        files = known.get(key)
        if files is None:
            files = known[key] = _Files(
                outline, FileNames(outline, GivenToCases(by_hand=fixed), case.columns)
            )
        if files.is_new(case):
            loads.update(files.names.path(file, case, case.sets) for file in outline.loads)
            saves.update(files.names.path(file, case, case.sets) for file in outline.saves)
    return CaseFiles(frozenset(loads), frozenset(Path(path).absolute().parent for path in saves))


class _Files:
    """The files of an outline, whose id stays its own as long as it is here, and their names."""

    def __init__(self, outline: Outline, names: FileNames) -> None:
        self._outline, self.names = outline, names
        files = (*outline.loads, *outline.saves)
        self._varying = sorted({name for file in files for name in names.varying(file)})
        self._seen: set[tuple[object, ...]] = set()

    def is_new(self, case: Case) -> bool:
        """Whether no case before had the same files, as combinations of a sweep often have."""
        values = tuple([repr(case.columns[n]) if n in case.sets else None for n in self._varying])
        before = len(self._seen)
        self._seen.add(values)
        return len(self._seen) > before


class FileNames:
    """Names of files in programs, as cases fill them in."""

    def __init__(self, outline: Outline, given: GivenToCases, columns: Iterable[str]) -> None:
        self._fixed = given.fixed
        self._parameters = {p.name: p for p in reversed(outline.parameters)}
        known = [*outline.own, *self._fixed, *columns, *given.swept, *self._parameters]
        self._pieces = cache(Definitions(dict.fromkeys(known, "")).pieces)
        # With what tells 1, 1.0 and true from each other, or 0.0 and -0.0, which are equal.
        self._shown = cache(self._as_set)

    def path(self, file: FileName, case: Case, which: frozenset[str]) -> str:
        """What a file is called for a case, which sets some names."""
        return self._filled(file.text.value, case.columns, which, file.own, None)

    def varying(self, file: FileName) -> set[str]:
        """The names that a file's name rests on, by way of defaults too."""
        found: set[str] = set()
        waiting = [file.text.value]
        while waiting:
            for _, name, _ in self._pieces(waiting.pop()):
                if name and name not in found:
                    found.add(name)
                    parameter = self._parameters.get(name)
                    if parameter is not None and parameter.default is not None:
                        waiting.append(value_text(parameter.default))
        return found

    def _filled(
        self,
        text: str,
        cells: Mapping[str, Constant],
        which: frozenset[str],
        own: Mapping[str, str],
        default_of: Parameter | None,
    ) -> str:
        """A text with its variables replaced; in a default, those that are declared before it."""
        parts: list[str] = []
        for before, name, written in self._pieces(text):
            parts.append(before)
            parameter = self._parameters.get(name)
            if name in which:
                parts.append(self._written(name, cells[name]))
            elif name in self._fixed:
                parts.append(self._written(name, self._fixed[name]))
            elif parameter and (default := _default(parameter, default_of)) is not None:
                parts.append(self._filled(default, cells, which, own, parameter))
            else:
                parts.append(own.get(name, written))
        return "".join(parts)

    def _written(self, name: str, value: Constant) -> str:
        return self._shown(name, value, exactly(value))

    def _as_set(self, name: str, value: Constant, _: str) -> str:
        """What a name stands for when it is set: of a parameter, the value as `print` shows it."""
        parameter = self._parameters.get(name)
        try:
            return value_text(value if parameter is None else parameter.given(value))
        except RefusedError:  # told where values are checked
            return value_text(value)


def _default(parameter: Parameter, in_default_of: Parameter | None) -> str | None:
    """The default of a parameter, as a text, where it has one and is declared before another."""
    if in_default_of is not None:
        here, there = in_default_of.span, parameter.span
        if here.source is there.source and there.start >= here.start:
            return None
    return None if parameter.default is None else value_text(parameter.default)


Owner = TypeVar("Owner")

_DIGITS = r"(\d{3,}(?:_\d{3,})*)"


def one_of(path: str) -> str:
    """The first file of a sequence that is saved to a path."""
    return numbered(path, "000")


class NumberedFiles(Generic[Owner]):
    """For whom a file may be one of a sequence, by the name of the file."""

    def __init__(self) -> None:
        # By what is before the number: what comes after it, and whose it is.
        self._known: defaultdict[str, list[tuple[str, Owner]]] = defaultdict(list)

    def add(self, path: str, owner: Owner) -> None:
        """Note that somebody may save a sequence to a path."""
        before, *after = numbered(path, "{}").split("{}")
        self._known[before].append((r"\1".join(map(re.escape, after)), owner))

    def owners(self, path: str) -> Iterator[Owner]:
        """Who may have a file of that name in a sequence."""
        for digits in re.finditer(r"(?=\d{3})", path):
            for after, owner in self._known.get(path[: digits.start()], ()):
                if re.fullmatch(_DIGITS + after, path[digits.start() :]):
                    yield owner
