"""Whether a program is wrong for all cases alike, seen before any is carried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import TypeAlias

from voxlogica.engine.cases import Case
from voxlogica.engine.image_files import ImageFiles
from voxlogica.engine.telling import Telling
from voxlogica.images import readers
from voxlogica.images.errors import ImageFileError
from voxlogica.images.reading import ImageFile
from voxlogica.language.given import GivenByName
from voxlogica.language.planning import Template
from voxlogica.plan_to_report import no_store, opened_with, tell_of_plan
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError
from voxlogica.syntax.source import Source, Span

# So many are looked at, evenly spread, where there are more.
_MOST = 1_000
# What a message may have of a case: names of files and texts.
_QUOTED = re.compile(r'"[^"]*"')

# Errors by their places and words, which are the same in all cases.
Errors: TypeAlias = dict[tuple[Span | None, str], Diagnostic]


def wrong_in_all(
    programs: Sequence[Source],
    cases: Sequence[Case],
    definitions: Mapping[str, object],
    dialect: Dialect | None,
    *,
    strict: bool,
    given: Callable[[Case], GivenByName | None] = lambda case: None,
) -> list[Diagnostic]:
    """The errors that all cases have at one place, in the same words but for what is in quotes.

    So no case can be carried out, and what is wrong is the program. Files that cannot be read are
    no such error, and hide others: where a case has some, it is asked only if all have. One case
    that is right ends the search, so that it costs a plan.
    """
    template = Template(programs, dialect)
    files = ImageFiles(opened_with(no_store))
    unreadable: set[str] = set()

    def opened(path: str) -> ImageFile:
        try:
            return files.open(path)
        except ImageFileError as problem:
            unreadable.add(problem.message)
            raise

    # Of the cases whose files can be read, and of the others.
    common: dict[bool, Errors] = {}
    chosen = range(min(len(cases), _MOST))
    with readers.kept():
        for case in (cases[number * len(cases) // len(chosen)] for number in chosen):
            unreadable.clear()
            tell = Telling(None, SimpleQueue(), strict)
            said: Sequence[Diagnostic] = ()
            try:
                own_definitions = {**definitions, **case.definitions}
                tell_of_plan(template.planned(own_definitions, opened, given(case)), tell)
            except VoxLogicaError as problem:
                said = problem.diagnostics
            told = [d for d in said if d.message not in unreadable]
            own = {(d.span, _QUOTED.sub('""', d.message)): d for d in told}
            is_read = not unreadable
            known = common.get(is_read, own)
            common[is_read] = {key: known[key] for key in known if key in own}
            if is_read and not common[True]:
                break
    return [*common.get(True, common.get(False, {})).values()]
