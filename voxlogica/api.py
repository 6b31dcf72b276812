"""The Python interface: run, check and plan ImgQL programs.

    from voxlogica import api

    report = api.run("glioma.imgql", definitions={"NAME": "case_001"})
    for printed in report.prints:
        print(printed.name, printed.value)

A program is a path, or a `Source` with the text itself. Several programs make one workplan: what
they share is computed once. Every function may be called from several threads at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypedDict, Unpack

from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, nearest, warning
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.engine.events import Event, Observer
    from voxlogica.engine.results import Report
    from voxlogica.engine.store import Store
    from voxlogica.language.planning import Planned
    from voxlogica.language.stages import Stage
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.syntax.ast import Dialect

Program = str | os.PathLike[str] | Source


class RunOptions(TypedDict, total=False):
    """What `run` takes beside programs."""

    definitions: Mapping[str, str] | None
    dialect: Dialect | None
    rewrites: bool
    jobs: int | None
    cache: bool | str | os.PathLike[str]
    memory_limit: int | None
    compression: int | None
    observe: Observer | None


def run(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, str] | None = None,
    dialect: Dialect | None = None,
    rewrites: bool = True,
    jobs: int | None = None,
    cache: bool | str | os.PathLike[str] = True,
    memory_limit: int | None = None,
    compression: int | None = None,
    observe: Observer | None = None,
    cancellation: Future[None] | None = None,
) -> Report:
    """Check programs, compute what they print and save, and write the files they save.

    `definitions` are the program variables, by name without the `$`. `dialect` chooses the reading
    of operator expressions, otherwise each file's own; `rewrites=False` computes every operation as
    the program has it. `jobs` is how many threads compute, all cores by default. `cache` is the
    folder of the store that results are read from and kept in; True is `$VOXLOGICA_CACHE` or the
    user's cache folder, False no store. `memory_limit` bounds the bytes of results in memory: what
    is beyond it waits in files. `compression` is how hard `.nii.gz` files are compressed, from 0
    (not at all) to 9; by default 2. `observe` is called in the calling thread with each event.

    Runs in several threads at a time share their operations: each is computed once. The run stops
    when `cancellation` is settled, and raises CancelledError of concurrent.futures.

    Raises RunError, which is a VoxLogicaError and holds the report, when a program is wrong or an
    operation fails: then nothing is written. KeyboardInterrupt, too, leaves nothing behind; kernels
    that other threads are in the middle of finish on their own.
    """
    from voxlogica.engine.events import Compiling, Warned
    from voxlogica.engine.executor import Means
    from voxlogica.engine.futures import Cancelled
    from voxlogica.engine.memory import Memory
    from voxlogica.engine.results import Report, RunError
    from voxlogica.engine.run import Run
    from voxlogica.engine.tally import Tally
    from voxlogica.images.deflating import DEFAULT_LEVEL, LEVELS
    from voxlogica.images.library import use_threads
    from voxlogica.kernels.compilers import telling
    from voxlogica.kernels.slabs import available
    from voxlogica.language.planning import reading_warnings

    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    jobs = jobs or available()
    if compression is None:
        compression = DEFAULT_LEVEL
    if compression not in LEVELS:
        raise ValueError(f"compression must be from 0 to 9, not {compression}")
    tally = Tally()
    said: list[Diagnostic] = []
    told: set[type[Event]] = set()
    # From other threads; told in this one.
    warned: SimpleQueue[str] = SimpleQueue()
    compiling: SimpleQueue[None] = SimpleQueue()

    def watch(event: Event) -> None:
        if not compiling.empty() and Compiling not in told:
            told.add(Compiling)
            watch(Compiling())
        tally(event)
        if isinstance(event, Warned):
            said.append(event.diagnostic)
        if observe is not None:
            observe(event)

    def tell() -> None:
        while not warned.empty():
            watch(Warned(warning(warned.get())))

    try:
        with ExitStack() as closing:
            closing.callback(tell)
            closing.enter_context(telling(partial(compiling.put, None)))
            store = None
            if cache is not False:
                from voxlogica.engine.store import cache_folder, open_store

                folder = cache_folder(None if cache is True else os.fspath(cache))
                store = open_store(folder, warn=warned.put)
            if store is not None:
                closing.enter_context(store)
            sources = _read(programs)
            planned = _planned(sources, definitions, dialect, store)
            warnings = [d for d in planned.diagnostics if d.severity == "warning"]
            for message in [*reading_warnings(planned.differences, every=False), *warnings]:
                watch(Warned(message))
            _require_no_errors(planned)
            use_threads(jobs)
            memory = Memory(memory_limit, warned.put)
            keeper = None
            if store is not None:
                from voxlogica.engine.keeping import Keeper

                keeper = closing.enter_context(Keeper(store, warned.put, meanwhile=jobs > 1))
            means = Means(keeper, memory, cancellation or Future())
            prepare = _faster if rewrites else _as_it_is
            run = closing.enter_context(Run(jobs, watch, means, compression, prepare))
            if planned.is_staged:
                planned = _planned(sources, definitions, dialect, store, run)
                for message in planned.diagnostics:
                    if message.severity == "warning" and message not in warnings:
                        watch(Warned(message))
                _require_no_errors(planned)
            prints, layers = run.conclude(planned.plan)
    except VoxLogicaError as failed:
        said += failed.diagnostics
        raise RunError(Report((), (), tuple(said), tally.stats())) from failed.__cause__
    except Cancelled:
        raise CancelledError from None
    return Report(prints, layers, tuple(said), tally.stats())


async def run_async(programs: Program | Iterable[Program], **options: Unpack[RunOptions]) -> Report:
    """`run`, beside other tasks of an event loop; cancelling the task stops the run.

    `observe` is called in a thread of the run's own.
    """
    import asyncio

    cancellation: Future[None] = Future()
    try:
        return await asyncio.to_thread(run, programs, cancellation=cancellation, **options)
    except asyncio.CancelledError:
        cancellation.set_result(None)
        raise


def check(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, str] | None = None,
    dialect: Dialect | None = None,
) -> tuple[Diagnostic, ...]:
    """All that can be said about programs without running them, in program order.

    That is everything `run` checks first: syntax, names, types, files to load and formats to save;
    and where the two readings of ImgQL differ. The programs may be run if none is an error.
    """
    from voxlogica.language.planning import reading_warnings

    try:
        planned = _planned(_read(programs), definitions, dialect)
    except VoxLogicaError as unreadable:
        return unreadable.diagnostics
    return (*reading_warnings(planned.differences, every=True), *planned.diagnostics)


def plan(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, str] | None = None,
    dialect: Dialect | None = None,
    rewrites: bool = True,
) -> WorkPlan:
    """The workplan that `run` with the same arguments would carry out.

    Raises VoxLogicaError when a program is wrong.
    """
    return _finished(_planned(_read(programs), definitions, dialect), rewrites)


def plans(
    programs: Program | Iterable[Program],
    *,
    definitions: Mapping[str, str] | None = None,
    dialect: Dialect | None = None,
) -> tuple[WorkPlan, WorkPlan]:
    """The workplan as the programs have it, and as `run` would carry it out by default.

    What both have in common has the same ids. Raises VoxLogicaError when a program is wrong.
    """
    planned = _planned(_read(programs), definitions, dialect)
    return _finished(planned, False), _finished(planned, True)


def read_program(path: str | os.PathLike[str]) -> Source:
    """The text of a program file. Raises VoxLogicaError when it cannot be read as UTF-8 text."""
    from voxlogica.language.libraries import UnreadableTextError, decoded

    file = Path(path)
    try:
        return Source(str(file), decoded(file.read_bytes(), str(file)))
    except FileNotFoundError:
        near = nearest(file.name, _programs_in(file.parent))
        hint = f"did you mean `{file.with_name(near)}`?" if near else None
        problem = error(f"there is no program {file}", hint=hint)
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


def _read(programs: Program | Iterable[Program]) -> list[Source]:
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


def _planned(
    sources: Sequence[Source],
    definitions: Mapping[str, str] | None,
    dialect: Dialect | None,
    store: Store | None = None,
    stage: Stage | None = None,
) -> Planned:
    from voxlogica.images.reading import open_image
    from voxlogica.language.planning import plan_programs

    return plan_programs(
        sources,
        definitions=definitions or {},
        dialect=dialect,
        open_image=partial(open_image, remembered=store.file_digest) if store else open_image,
        stage=stage,
    )


def _finished(planned: Planned, rewrites: bool) -> WorkPlan:
    """The plan, once more as fast where that is wanted. Raises VoxLogicaError for its errors."""
    _require_no_errors(planned)
    return _faster(planned.plan) if rewrites else planned.plan


def _require_no_errors(planned: Planned) -> None:
    errors = [d for d in planned.diagnostics if d.severity == "error"]
    if errors:
        raise VoxLogicaError(errors)


def _as_it_is(plan: WorkPlan) -> WorkPlan:
    return plan


def _faster(plan: WorkPlan) -> WorkPlan:
    from voxlogica.language.fusion import fuse
    from voxlogica.language.rewrites import rewrite

    return fuse(rewrite(plan))
