"""Programs run, checked and planned: what both the command line and the Python interface call.

A program is a path, or a `Source` with the text itself. Several programs make one workplan: what
they share is computed once. Every function may be called from several threads at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from voxlogica.dataclass import replace
from voxlogica.language.stopping import Stopped, never
from voxlogica.plan_to_report import (
    Settings,
    all_told,
    both_plans,
    carry_out,
    no_store,
    opened_with,
    right,
)
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, nearest
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.cluster.options import ClusterOptions
    from voxlogica.engine.events import Observer
    from voxlogica.engine.results import Report
    from voxlogica.explaining import Explaining
    from voxlogica.language.given import GivenByName
    from voxlogica.language.parameters import Parameter
    from voxlogica.language.planning import PlannedPrograms
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.plan_to_report import Stored
    from voxlogica.syntax.ast import Dialect

T = TypeVar("T")

Program = str | os.PathLike[str] | Source


def run(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
    rewrites: bool = True,
    jobs: int | None = None,
    cache: bool | str | os.PathLike[str] = True,
    memory_limit: int | None = None,
    compression: int | None = None,
    strict: bool = False,
    printing: str | None = None,
    observe: Observer | None = None,
    cancellation: Future[None] | None = None,
    given: GivenByName | None = None,
    keeps_images: int = 0,
    keeps_origin: bool = False,
    cluster: ClusterOptions | None = None,
) -> Report:
    """Check programs, compute what they print and save, and write the files they save.

    `definitions` set the programs' parameters and variables, by name without the `$`: numbers,
    bools, strings, paths, lists of these, or texts that have them. `dialect` chooses the reading of
    operator expressions, otherwise each file's own; `rewrites=False` computes every operation as
    the program has it. `jobs` is how many threads compute, by default one for each core that the
    process may use. `cache` is the folder of the store that results are read from and kept in; True
    is `$VOXLOGICA_CACHE` or the user's cache folder, False no store. `memory_limit` bounds the
    bytes of results in memory: what is beyond it waits in files. `compression` is how hard
    `.nii.gz` files are compressed, from 0 (not at all) to 9; by default 2. `strict` makes errors of
    warnings about programs and data, not of those about the store. `printing` is a label, as
    written or with its variables replaced, that one `print` must have: else it is an error before
    anything is computed. Some images are `given`, in the place of files. Of the images that are
    saved the report has some, where it `keeps_images` of so many bytes; and what results came from,
    where it `keeps_origin`. A `cluster` carries the plan out, if there is one. `observe` is called
    in the calling thread with each event.

    Runs in several threads at a time share their operations: each is computed once. The run stops
    when `cancellation` is settled, and raises CancelledError of concurrent.futures. Nothing is set
    for the whole process: SimpleITK's filters use as many threads as ITK was told.

    Raises RunError, which is a VoxLogicaError and holds the report, when a program is wrong or an
    operation fails: then nothing is written. KeyboardInterrupt, too, leaves nothing behind; kernels
    that other threads are in the middle of finish on their own.
    """
    from voxlogica.engine.memory import memory_with_warnings

    stop = cancellation or Future()
    return carry_out(
        lambda store: _printing(
            printing,
            _planned(
                read_programs(programs), definitions, dialect, store, given, stopped=stop.done
            ),
        ),
        lambda planned: planned.finished(rewrites),
        Settings(
            jobs,
            cache,
            *memory_with_warnings(memory_limit),
            rewrites,
            compression,
            strict,
            keeps_images=keeps_images,
            keeps_origin=keeps_origin,
            cluster=cluster,
        ),
        observe,
        stop,
    )


async def beside(work: Callable[[Future[None]], T]) -> T:
    """What a function gives, in a thread beside other tasks; it stops when its future is settled.

    A task that is cancelled ends when the function has: nothing of it comes later.
    """
    import asyncio

    cancellation: Future[None] = Future()
    doing = asyncio.ensure_future(asyncio.to_thread(work, cancellation))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        cancellation.set_result(None)
        while not doing.done():
            with suppress(asyncio.CancelledError):  # again: it is being stopped already
                await asyncio.wait([doing])
        if not doing.cancelled():
            doing.exception()  # which is of no use to anyone any more
        raise


def check(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
    strict: bool = False,
    given: GivenByName | None = None,
) -> tuple[Diagnostic, ...]:
    """All that can be said about programs without running them, in program order.

    That is everything `run` checks first: syntax, names, types, files to load and formats to save;
    and where the two readings of ImgQL differ. The programs may be run if none is an error;
    `strict` makes errors of warnings as it does for `run`.
    """
    try:
        return all_told(
            _planned(read_programs(programs), definitions, dialect, given=given), strict
        )
    except VoxLogicaError as unreadable:
        return unreadable.diagnostics


def plan(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
    rewrites: bool = True,
    given: GivenByName | None = None,
) -> WorkPlan:
    """The workplan that `run` with the same arguments would carry out.

    Raises VoxLogicaError when a program is wrong.
    """
    from voxlogica.language.planning import finished

    planned = _planned(read_programs(programs), definitions, dialect, given=given)
    return finished(right(planned).plan, rewrites)[0]


def plans(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
) -> tuple[WorkPlan, WorkPlan]:
    """The workplan as the programs have it, and as `run` would carry it out by default.

    What both have in common has the same ids. Raises VoxLogicaError when a program is wrong.
    """
    return both_plans(_planned(read_programs(programs), definitions, dialect))


def explaining(
    program: Program,
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
    jobs: int | None = None,
    cache: bool | str | os.PathLike[str] = True,
    memory_limit: int | None = None,
    inside: bool = False,
    given: GivenByName | None = None,
    observe: Observer | None = None,
    cancellation: Future[None] | None = None,
) -> Explaining:
    """What tells why images of a program have their values at voxels; to be left as a context.

    With `inside`, functions of the library are looked into; what else it takes is as for `run`. The
    program prints and saves nothing. Raises VoxLogicaError where it is wrong.
    """
    from voxlogica.engine.memory import memory_with_warnings
    from voxlogica.explaining import Explaining

    return Explaining(
        lambda store: _planned(
            read_programs(program), definitions, dialect, store, given, keeps_code=True
        ),
        Settings(jobs, cache, *memory_with_warnings(memory_limit)),
        inside=inside,
        observe=observe,
        cancellation=cancellation,
    )


def parameters(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, object] | None = None,
    dialect: Dialect | None = None,
) -> tuple[Parameter, ...]:
    """The parameters of programs and of the libraries that they import, in their order.

    Each has a `name`, a `type`, a `default` or None, bounds `low` and `high`, and a `comment`. What
    the programs load is not looked at, and what `definitions` set counts for what they import only.
    Raises VoxLogicaError when a text cannot be read, or a parameter is declared wrongly.
    """
    from voxlogica.language.parameters import plain
    from voxlogica.language.programs import outline

    return outline(read_programs(programs), plain(definitions or {}), dialect).parameters


def read_program(path: str | os.PathLike[str]) -> Source:
    """The text of a program file. Raises VoxLogicaError when it cannot be read as UTF-8 text."""
    from voxlogica.images.missing import dangling_link, missing
    from voxlogica.language.libraries import UnreadableTextError, source_of

    file = Path(path)
    try:
        return source_of(file.read_bytes(), str(file))
    except (FileNotFoundError, NotADirectoryError):
        why = missing(file)
        if dangling_link(file) is not None:
            problem = error(f"the program {file} {why.said}", hint=why.hint)
        else:
            near = nearest(file.name, _programs_in(file.parent))
            hint = f"did you mean `{file.with_name(near)}`?" if near else None
            reason = why.said.removeprefix("does not exist")
            problem = error(f"there is no program {file}{reason}", hint=hint)
    except IsADirectoryError:
        problem = error(f"{file} is a folder, not a program")
    except UnreadableTextError as unreadable:
        problem = error(str(unreadable), hint="save it as UTF-8 text")
    except (OSError, ValueError) as failed:
        reason = (failed.strerror if isinstance(failed, OSError) else None) or str(failed)
        problem = error(f"cannot read the program {file}: {reason.lower()}")
    raise VoxLogicaError([problem])


def _programs_in(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir() if entry.suffix == ".imgql"]
    except OSError:
        return []


def read_programs(programs: Program | Iterable[Program]) -> list[Source]:
    """The texts of programs. Raises VoxLogicaError with all that is wrong with any."""
    several = [programs] if isinstance(programs, str | os.PathLike | Source) else programs
    sources: list[Source] = []
    problems: list[Diagnostic] = []
    for program in several:
        try:
            sources.append(program if isinstance(program, Source) else read_program(program))
        except VoxLogicaError as unreadable:
            problems += unreadable.diagnostics
    if problems:
        raise VoxLogicaError(problems)
    return sources


def _printing(label: str | None, planned: PlannedPrograms) -> PlannedPrograms:
    """What was planned, with an error where it is right and no `print` has a label, or several."""
    from voxlogica.language.goals import wrong_label

    wrong = None if label is None or planned.errors else wrong_label(planned.plan, label)
    return planned if wrong is None else replace(planned, diagnostics=(*planned.diagnostics, wrong))


def _planned(
    sources: list[Source],
    definitions: Mapping[str, object] | None,
    dialect: Dialect | None,
    store: Stored = no_store,
    given: GivenByName | None = None,
    keeps_code: bool = False,
    stopped: Stopped = never,
) -> PlannedPrograms:
    from voxlogica.images.readers import kept
    from voxlogica.language.planning import plan_programs

    with kept():
        return plan_programs(
            sources,
            definitions=definitions or {},
            dialect=dialect,
            open_image=opened_with(store),
            given=given,
            keeps_code=keeps_code,
            stopped=stopped,
        )
