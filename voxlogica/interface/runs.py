"""Programs run, checked and planned from Python."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeAlias

from voxlogica import running
from voxlogica.interface.done import Done
from voxlogica.interface.inputs import sorted_out, together
from voxlogica.interface.telling import warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.interface.wrong_arguments import (
    as_voxel,
    options_suggested,
    program_paths,
    refuse_as_name,
    refuse_options,
    refuse_path_as_text,
    suggesting_options,
)
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.engine.results import Report
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.images.given import GivenImage
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.parameters import Parameter
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.syntax.ast import Dialect

# Images that were saved stay in memory up to so many bytes; others are read from their files.
KEPT = 1 << 30

Path: TypeAlias = str | os.PathLike[str]
Program: TypeAlias = Path | Iterable[Path]


class Plan:
    """The operations that a run would carry out, and for which goals.

    As a text it has a line for each operation, and in a notebook it is a drawing.
    """

    def __init__(self, plan: WorkPlan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan)

    def __str__(self) -> str:
        from voxlogica.report.plan_text import plan_text

        return plan_text(self._plan).rstrip()

    def __repr__(self) -> str:
        return f"<Plan of {len(self)} operations for {len(self._plan.goals)} goals>"

    def to_dict(self) -> dict[str, Any]:
        """What `voxlogica plan --format json` writes: `operations` by their `id`, and `goals`."""
        from voxlogica.report.plan_json import plan_json

        found: dict[str, Any] = json.loads(plan_json(self._plan))
        return found

    def _repr_svg_(self) -> str:
        from voxlogica.report.plan_svg import plan_svg

        return plan_svg(self._plan)


@short
def run(
    program: Program | None = None,
    /,
    *,
    text: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    jobs: int | None = None,
    cache: bool | Path = True,
    memory_limit: int | None = None,
    compression: int | None = None,
    strict: bool = False,
    progress: bool | None = None,
    **named: Any,
) -> Done:
    """Run a program: a file, several as one, or a `text`. Files that it saves are written.

    A keyword that is none of these options sets a parameter or a variable of that name; given an
    image, an array, or a path, it stands for a `load` of that name, or for a name that the program
    does not declare. Names of options, too, can be set by `inputs`.

    `dialect` is the reading of operator expressions, 1 or 2; otherwise each file's own. `jobs` is
    how many threads compute, by default one for each core. `cache` is the folder of the store that
    results are read from and kept in; True is the user's own, False none. `memory_limit` bounds
    the bytes of results in memory. `compression` is how hard `.nii.gz` files are compressed, 0 to
    9. `strict` makes errors of warnings. `progress` shows what is under way; by default it is shown
    where somebody is likely to look, once a second has passed.

    An assertion that is false is in `asserts` of what is returned, and is no error. Raises RunError
    when a program is wrong or an operation fails: then nothing is written.
    """
    options = {"jobs": jobs, "cache": cache, "memory_limit": memory_limit}
    options |= {"compression": compression, "strict": strict}
    return _done(*_run(program, text, inputs, named, dialect, options, progress, None))


@short
async def run_async(
    program: Program | None = None,
    /,
    *,
    text: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    jobs: int | None = None,
    cache: bool | Path = True,
    memory_limit: int | None = None,
    compression: int | None = None,
    strict: bool = False,
    **named: Any,
) -> Done:
    """`run`, beside other tasks of an event loop; cancelling the task stops the run."""
    options = {"jobs": jobs, "cache": cache, "memory_limit": memory_limit}
    options |= {"compression": compression, "strict": strict}
    found = await running.beside(
        lambda stop: _run(program, text, inputs, named, dialect, options, False, stop)
    )
    return _done(*found)


def _run(
    program: Program | None,
    text: str | None,
    inputs: Mapping[str, Any] | None,
    named: Mapping[str, Any],
    dialect: Dialect | None,
    options: dict[str, Any],
    progress: bool | None,
    cancellation: Future[None] | None,
) -> tuple[Report, list[GivenImage | ImageFile]]:
    from voxlogica.interface.progress import watched

    refuse_options(inputs=inputs, dialect=dialect, progress=progress, **options)
    sources = program_texts(program, text)
    definitions, given = sorted_out(together(inputs, named), sources, dialect)
    with options_suggested(named), watched(progress) as observe:
        report = running.run(
            sources,
            definitions=definitions,
            given=given,
            dialect=dialect,
            cancellation=cancellation,
            keeps_images=KEPT,
            observe=observe,
            **options,
        )
    return report, [image for image in given.images.values() if not isinstance(image, str)]


def _done(report: Report, given: list[GivenImage | ImageFile]) -> Done:
    """What came of a run; its warnings are told in the thread that has asked for it."""
    warn(report.diagnostics)
    return Done(report, given)


@short
def check(
    program: Program | None = None,
    /,
    *,
    text: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    strict: bool = False,
    **named: Any,
) -> tuple[Diagnostic, ...]:
    """All that can be said about a program without running it, in program order.

    It may be run if nothing of it is an error. Arguments are as for `run`.
    """
    refuse_options(inputs=inputs, dialect=dialect, strict=strict)
    try:
        sources = program_texts(program, text)
        definitions, given = sorted_out(together(inputs, named), sources, dialect)
    except VoxLogicaError as unreadable:
        return tuple(map(in_python, unreadable.diagnostics))
    told = running.check(
        sources, definitions=definitions, given=given, dialect=dialect, strict=strict
    )
    return tuple(in_python(diagnostic) for diagnostic in map(suggesting_options(named), told))


@short
def plan(
    program: Program | None = None,
    /,
    *,
    text: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    **named: Any,
) -> Plan:
    """The operations that `run` with the same arguments would carry out, and for which goals.

    Raises Error when the program is wrong.
    """
    refuse_options(inputs=inputs, dialect=dialect)
    sources = program_texts(program, text)
    definitions, given = sorted_out(together(inputs, named), sources, dialect)
    with options_suggested(named):
        found = running.plan(sources, definitions=definitions, given=given, dialect=dialect)
    return Plan(found)


@short
def why(
    program: Program | None,
    name: str,
    voxel: Sequence[int],
    /,
    *,
    text: str | None = None,
    inside: bool = False,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    jobs: int | None = None,
    cache: bool | Path = True,
    memory_limit: int | None = None,
    **named: Any,
) -> Explanation:
    """Why an image of a program has its value at a voxel, `(x, y)` or `(x, y, z)`.

    As text it is a tree; `value`, `says`, `because`, `claim` and `to_json()` are for programs. With
    `inside`, functions of the library are looked into. The other arguments are as for `run`; what
    the program prints and saves, it does not. Raises Error where the name is none of an image, or
    the voxel is outside of it.
    """
    options: dict[str, Any] = {"jobs": jobs, "cache": cache, "memory_limit": memory_limit}
    refuse_options(inputs=inputs, dialect=dialect, **options)
    refuse_as_name(name)
    at = as_voxel(voxel)
    sources = program_texts(program, text)
    if len(sources) != 1:
        raise TypeError("`why` takes one program")
    definitions, given = sorted_out(together(inputs, named), sources, dialect)
    with (
        options_suggested(named),
        running.explaining(
            sources[0],
            definitions=definitions,
            given=given,
            dialect=dialect,
            inside=inside,
            **options,
        ) as explaining,
    ):
        return explaining.explain(name, at)


@short
def params(
    program: Program | None = None,
    /,
    *,
    text: str | None = None,
    dialect: Dialect | None = None,
) -> tuple[Parameter, ...]:
    """The parameters of a program and of the libraries that it imports, in their order.

    Each has a `name`, a `type`, a `default` or None, bounds `low` and `high`, and a `comment`.
    Raises Error where the text cannot be read, or a parameter is declared wrongly.
    """
    refuse_options(dialect=dialect)
    return running.parameters(program_texts(program, text), dialect=dialect)


def program_texts(program: Program | None, text: str | None) -> list[Source]:
    """The texts of programs. Raises VoxLogicaError where one cannot be read, TypeError."""
    if text is not None:
        if program is not None:
            raise TypeError("a program is a file, or a text: one of the two")
        refuse_options(text=text)
        refuse_path_as_text(text)
        return [Source("text", text)]
    if program is None:
        raise TypeError("no program is given: `run(path)`, or `run(text=…)`")
    return running.read_programs(program_paths(program))
