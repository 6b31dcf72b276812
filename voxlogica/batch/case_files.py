"""Which files cases read, and in which folders they save, as far as programs' texts tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.batch.checking import Given, Outlines
from voxlogica.batch.file_names import Names
from voxlogica.language.parameters import plain
from voxlogica.syntax.ast import Dialect
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
    """The files of cases, where definitions hold in all of them. Raises VoxLogicaError."""
    fixed = plain(definitions)
    outlines = Outlines(programs, dialect, frozenset())
    known: dict[tuple[int, frozenset[str]], tuple[Outline, Names]] = {}
    loads, saves = set[str](), set[str]()
    for case in cases:
        outline = outlines.of({**fixed, **plain(case.definitions)})
        key = id(outline), frozenset(case.columns)
        if key not in known:
            # Kept with its names: so no other outline has its id.
            known[key] = outline, Names(outline, Given(by_hand=fixed), case.columns)
        names = known[key][1]
        loads.update(names.path(file, case, case.sets) for file in outline.loads)
        saves.update(names.path(file, case, case.sets) for file in outline.saves)
    return CaseFiles(frozenset(loads), frozenset(Path(path).absolute().parent for path in saves))
