"""Which files a case saves and reads, as its plan has it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.language.knowledge import Knowledge
from voxlogica.language.planning import PlannedPrograms, Template
from voxlogica.language.workplan import Save
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import Purity
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.parameters import Constant
    from voxlogica.syntax.ast import Dialect
    from voxlogica.syntax.source import Source

_COMPUTED = re.compile(r"\b(Read|Write)Image\b")


def may_be_computed(texts: Sequence[str]) -> bool:
    """Whether texts have operators that read or write files, whose names may be any strings."""
    return any(map(_COMPUTED.search, texts))


class NamedFile(NamedTuple):
    """A file as a program names it, and where.

    If the program has the name as a text, that is the `template`, and the names that it rests on
    are `varying`.
    """

    path: str
    span: Span | None
    template: str = ""
    varying: frozenset[str] = frozenset()


class FilesOfCase(NamedTuple):
    """What a case saves and reads; what more of that only the run can tell, if it is not whole."""

    saves: tuple[NamedFile, ...]
    loads: tuple[NamedFile, ...]
    is_whole: bool


def files_of(planned: PlannedPrograms) -> FilesOfCase:
    """The files in a plan, of which some may be of stages, or have names that are computed."""
    plan = planned.plan
    knowledge = Knowledge(plan, None)
    saves = [NamedFile(goal.path, goal.span) for goal in plan.goals if isinstance(goal, Save)]
    loaded: dict[str, Span] = {}
    is_whole = not planned.is_staged
    for position, kind in enumerate(plan.kinds):
        if kind.operator is LOAD:
            loaded.setdefault(kind.constants[0].path, plan.places[position].span)  # type: ignore[union-attr]
        elif kind.operator.purity is Purity.EFFECT:
            name = knowledge.now(plan.arguments(position)[1])
            is_whole &= isinstance(name, str)
            if isinstance(name, str):
                saves.append(NamedFile(name, plan.places[position].span))
        elif kind.operator.purity is not Purity.PURE:
            is_whole = False
    loads = [
        NamedFile(part, loaded.get(image.path))
        for image in planned.images
        for part in dict.fromkeys((image.path, *(name for name, _ in image.files)))
    ]
    loads += [NamedFile(path, None) for path in planned.unread]
    return FilesOfCase((*saves,), (*loads,), is_whole)


class PlannedFiles:
    """The files of cases, each planned when it is asked for. No content of images is read."""

    def __init__(
        self, programs: Sequence[Source], fixed: Mapping[str, Constant], dialect: Dialect | None
    ) -> None:
        self._programs, self._fixed, self._dialect = programs, fixed, dialect
        self._known: dict[int, FilesOfCase] = {}

    @cached_property
    def _template(self) -> Template:
        return Template(self._programs, self._dialect)

    def of(self, case: Case) -> FilesOfCase:
        """What a case saves and reads; one whose plan is wrong saves nothing."""
        if case.number not in self._known:
            self._known[case.number] = self._of(case)
        return self._known[case.number]

    def _of(self, case: Case) -> FilesOfCase:
        try:
            planned = self._template.planned({**self._fixed, **case.definitions}, _header)
        except VoxLogicaError:
            return FilesOfCase((), (), True)
        found = files_of(planned)
        return FilesOfCase((), found.loads, True) if planned.errors else found


def _header(path: str) -> ImageFile:
    from voxlogica.images.reading import open_image

    # What takes time is the content's digest, on which no name of a file rests.
    return open_image(path, lambda part, _: hashlib.sha256(str(part).encode()).digest())
