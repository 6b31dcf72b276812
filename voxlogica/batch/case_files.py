"""Which files cases read, and in which folders they save, as far as programs' texts tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.batch.checking import Given, Outlines
from voxlogica.batch.file_names import Names
from voxlogica.language.parameters import plain
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case
    from voxlogica.language.outlines import Outline


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
            files = known[key] = _Files(outline, Names(outline, Given(by_hand=fixed), case.columns))
        if files.is_new(case):
            loads.update(files.names.path(file, case, case.sets) for file in outline.loads)
            saves.update(files.names.path(file, case, case.sets) for file in outline.saves)
    return CaseFiles(frozenset(loads), frozenset(Path(path).absolute().parent for path in saves))


class _Files:
    """The files of an outline, whose id stays its own as long as it is here, and their names."""

    def __init__(self, outline: Outline, names: Names) -> None:
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
