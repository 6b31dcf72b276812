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
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from functools import cache as once
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from voxlogica.dataclass import replace
from voxlogica.syntax.diagnostics import (
    Diagnostic,
    VoxLogicaError,
    error,
    nearest,
    strictly,
)
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.engine.futures import Session as TableSession
    from voxlogica.engine.memory import Memory
    from voxlogica.engine.results import Report
    from voxlogica.engine.store import Store
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.code import Declared
    from voxlogica.language.knowledge import Stage
    from voxlogica.language.planning import Planned
    from voxlogica.language.programs import OpenImage
    from voxlogica.language.values import Value
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.primitives.signature import Type
    from voxlogica.syntax.ast import Dialect
    from voxlogica.syntax.ast import Program as Syntax

Program = str | os.PathLike[str] | Source
# What opens the store of a run when it is first wanted, if there is to be one.
Stored = Callable[[], "Store | None"]
# The values of so many expressions stay at hand in a session.
_KEPT_VALUES = 8


class RunOptions(TypedDict, total=False):
    """What `run` takes beside programs."""

    definitions: Mapping[str, str] | None
    dialect: Dialect | None
    rewrites: bool
    jobs: int | None
    cache: bool | str | os.PathLike[str]
    memory_limit: int | None
    compression: int | None
    strict: bool
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
    strict: bool = False,
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
    (not at all) to 9; by default 2. `strict` makes errors of warnings about programs and data, not
    of those about the store. `observe` is called in the calling thread with each event.

    Runs in several threads at a time share their operations: each is computed once. The run stops
    when `cancellation` is settled, and raises CancelledError of concurrent.futures.

    Nothing is set for the whole process: SimpleITK's filters use as many threads as ITK was told.

    Raises RunError, which is a VoxLogicaError and holds the report, when a program is wrong or an
    operation fails: then nothing is written. KeyboardInterrupt, too, leaves nothing behind; kernels
    that other threads are in the middle of finish on their own.
    """
    from voxlogica.engine.memory import Memory

    @once
    def sources() -> list[Source]:
        return _read(programs)

    def planning(store: Stored, stage: Stage | None) -> Planned:
        return _planned(sources(), definitions, dialect, store, stage, rewrites)

    warned: SimpleQueue[str] = SimpleQueue()
    return _run(
        planning,
        rewrites=rewrites,
        jobs=_checked(jobs),
        cache=cache,
        memory=Memory(memory_limit, warned.put),
        compression=_checked_level(compression),
        strict=strict,
        warned=warned,
        observe=observe,
        cancellation=cancellation or Future(),
    )


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
    strict: bool = False,
) -> tuple[Diagnostic, ...]:
    """All that can be said about programs without running them, in program order.

    That is everything `run` checks first: syntax, names, types, files to load and formats to save;
    and where the two readings of ImgQL differ. The programs may be run if none is an error;
    `strict` makes errors of warnings as it does for `run`.
    """
    from voxlogica.language.readings import reading_warnings

    try:
        planned = _planned(_read(programs), definitions, dialect)
    except VoxLogicaError as unreadable:
        return unreadable.diagnostics
    told = (*reading_warnings(planned.differences, every=True), *planned.diagnostics)
    return tuple(map(strictly, told)) if strict else told


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


class Session:
    """Commands and expressions, one input after another: each sees what those before it declared.

        with api.Session(cache=False) as session:
            session.enter('load flair = "flair.nii.gz"')
            session.enter("let bright = intensity(flair) >. 100")
            (shown,) = session.enter("volume(bright)").values

    An input is commands, or an expression, whose value is then among the report's `values`. What it
    declares, loads and imports is kept if the whole input succeeds. Nothing is computed by a
    declaration; what is computed of constants, of loaded images and of the last expressions stays
    in memory, so that no later input computes it again. `memory_limit` bounds the bytes of that,
    half of the machine's memory by default: what is beyond it waits in files.

    The reading of operator expressions is `dialect`; without one, that of ImgQL 2, and from the
    first `load` on that of ImgQL 1, as for files. What was declared keeps the reading it had.

    The other arguments are as for `run`. One thread at a time may use a session; leaving it, as a
    context manager, forgets everything.
    """

    def __init__(
        self,
        *,
        definitions: Mapping[str, str] | None = None,
        dialect: Dialect | None = None,
        rewrites: bool = True,
        jobs: int | None = None,
        cache: bool | str | os.PathLike[str] = True,
        memory_limit: int | None = None,
    ) -> None:
        from voxlogica.images.readers import kept

        self._definitions = dict(definitions or {})
        self._given_dialect = dialect
        self._rewrites = rewrites
        self._jobs = _checked(jobs)
        self._cache = cache
        self._memory_limit = memory_limit or _half_of_memory()
        self._warned: SimpleQueue[str] = SimpleQueue()
        self._memory: Memory | None = None
        self._kept: TableSession | None = None
        self._count = 0
        self._readers = ExitStack()
        self._readers.enter_context(kept())
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self._readers.close()

    @property
    def dialect(self) -> Dialect:
        """The reading of what is entered next."""
        return self._dialect

    @property
    def inputs(self) -> int:
        """How many inputs there have been: places in the third are told as `input 3:1:5`."""
        return self._count

    def is_unfinished(self, text: str) -> bool:
        """Whether a text is right as far as it goes, but ends too early to be an input."""
        return self._parsed(text).is_unfinished

    def enter(
        self,
        text: str,
        *,
        observe: Observer | None = None,
        cancellation: Future[None] | None = None,
    ) -> Report:
        """Carry out an input. Raises as `run` does; then nothing of it is kept."""
        return self._carry_out(self._parsed(text), observe, cancellation)

    def load(self, name: str, path: str | os.PathLike[str]) -> None:
        """Load an image, whatever the reading, which stays as it is. Raises RunError."""
        text = f'load {name} = "{os.fspath(path)}"'
        self._carry_out(self._parsed(text, self._dialect), None, None)

    def type_of(self, expression: str) -> str:
        """The type of an expression, which is not computed. Raises VoxLogicaError."""
        from voxlogica.language.code import Declared
        from voxlogica.syntax.ast import Declaration, Show

        entered = self._parsed(expression)
        match entered.commands:
            case (Show(body, span),):
                name = " "  # which no program can declare
                meant = Declaration(name, (), body, span, span)
            case _:
                raise VoxLogicaError(entered.problems or [error("this is not an expression")])
        planned = self._planned(replace(entered, commands=(meant,)))
        plan, bound = _finished(planned, False), planned.names[name]
        assert isinstance(bound, Declared)
        return str(_type_of(plan, bound.value))

    def plans(self, text: str) -> tuple[WorkPlan, WorkPlan]:
        """What entering a text would carry out: as written, and as computed by default.

        Raises VoxLogicaError.
        """
        planned = self._planned(self._parsed(text))
        return _finished(planned, False), _finished(planned, True)

    def declared(self) -> dict[str, str]:
        """What was declared and loaded: `dice(a, b)`, or a name and the type of its value."""
        planned = self._planned(self._parsed(""))
        return {
            name: bound.signature
            if bound.parameters
            else f"{name}: {_type_of(planned.plan, bound.value)}"
            for name, bound in _own(planned)
        }

    def names(self) -> list[str]:
        """All names and operators that an expression may use, in no order."""
        return list(self._planned(self._parsed("")).names)

    def importable(self) -> list[str]:
        """The libraries and namespaces that an `import` finds here."""
        from voxlogica.language.libraries import known_libraries
        from voxlogica.primitives import namespaces

        return [*known_libraries(Source("", "")), *namespaces()]

    def reset(self) -> None:
        """Forget what was declared, loaded and computed."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._forget()

    def _forget(self) -> None:
        self._dialect: Dialect = self._given_dialect or 2
        self._accepted: list[Syntax] = []
        self._opened: dict[str, ImageFile] = {}
        self._shown: deque[bytes] = deque(maxlen=_KEPT_VALUES)

    def _parsed(self, text: str, dialect: Dialect | None = None) -> Syntax:
        from voxlogica.syntax.parser import dialect_of, parse_input

        calls_for_1 = self._given_dialect is None and dialect_of(text) == 1
        reading = dialect or (1 if calls_for_1 else self._dialect)
        return parse_input(Source(f"input {self._count + 1}", text), reading)

    def _carry_out(
        self, entered: Syntax, observe: Observer | None, cancellation: Future[None] | None
    ) -> Report:
        from voxlogica.engine.memory import Memory
        from voxlogica.syntax.ast import Declaration, Import, Load

        self._count += 1
        if self._memory is None:
            self._memory = Memory(self._memory_limit, self._warned.put)
        report = _run(
            partial(self._planned, entered),
            rewrites=self._rewrites,
            jobs=self._jobs,
            cache=self._cache,
            memory=self._memory,
            compression=_checked_level(None),
            strict=False,
            warned=self._warned,
            observe=observe,
            cancellation=cancellation or Future(),
            before=self._keep,
        )
        lasting = [c for c in entered.commands if isinstance(c, Declaration | Load | Import)]
        if lasting:
            self._accepted.append(replace(entered, commands=tuple(lasting)))
        self._dialect = entered.dialect
        return report

    def _planned(
        self, entered: Syntax, store: Stored = lambda: None, stage: Stage | None = None
    ) -> Planned:
        from voxlogica.images.errors import ImageFileError
        from voxlogica.language.planning import plan_session

        if entered.problems:
            raise VoxLogicaError(entered.problems)
        opening = _opening(store)

        def open_image(path: str) -> ImageFile:
            try:
                found = opening(path)
            except ImageFileError:
                # What was loaded once does not stand in the way of all else when it is gone.
                if path not in self._opened:
                    raise
                return self._opened[path]
            self._opened[path] = found
            return found

        return plan_session(
            [*self._accepted, entered],
            definitions=self._definitions,
            dialect=self._given_dialect,
            open_image=open_image,
            stage=stage,
            rewrites=self._rewrites,
        )

    def _keep(self, planned: Planned) -> None:
        """Have the table of futures keep the results of constants, and of the last expressions."""
        from voxlogica.engine.executor import TABLE
        from voxlogica.language.workplan import Show

        plan = planned.plan
        shown = [goal for goal in plan.goals if isinstance(goal, Show)]
        constants = [
            Show("", position, bound.span)
            for _, bound in _own(planned)
            for position in _operations(bound.value)
            if plan.kinds[position].space is not None or not plan.kinds[position].is_image
        ]
        # Under the ids that they are computed by.
        finished = _rewritten(replace(plan, goals=[*shown, *constants]), self._rewrites)
        ids = [finished.ids[goal.node] for goal in finished.goals]
        self._shown += ids[: len(shown)]
        kept = TABLE.enter(dict.fromkeys([*self._shown, *ids], 1))
        if self._kept is not None:
            self._kept.close()
        self._kept = kept


def _own(planned: Planned) -> Iterator[tuple[str, Declared]]:
    """The names that the user's own texts declare."""
    from voxlogica.language.code import Declared

    for name, bound in planned.names.items():
        if isinstance(bound, Declared) and not bound.span.source.shipped:
            yield name, bound


def _operations(value: Value | None) -> Iterator[int]:
    """The operations that a value consists of, as far as it is reduced."""
    from voxlogica.language.values import Elements

    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Elements):
            waiting += item.made.values()
        elif isinstance(item, int):
            yield item


def _type_of(plan: WorkPlan, value: Value) -> Type:
    from voxlogica.language.values import Elements
    from voxlogica.primitives.signature import FUNCTION, sequence_of

    if isinstance(value, Elements):
        return sequence_of(value.type)
    return plan.kinds[value].type if isinstance(value, int) else FUNCTION


def _half_of_memory() -> int | None:
    """Half the bytes of memory that the machine has, None where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return None


def read_program(path: str | os.PathLike[str]) -> Source:
    """The text of a program file. Raises VoxLogicaError when it cannot be read as UTF-8 text."""
    from voxlogica.images.missing import dangling_link, missing
    from voxlogica.language.libraries import UnreadableTextError, decoded

    file = Path(path)
    try:
        return Source(str(file), decoded(file.read_bytes(), str(file)))
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


def _checked(jobs: int | None) -> int | None:
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    return jobs


def _checked_level(compression: int | None) -> int:
    from voxlogica.images.levels import DEFAULT_LEVEL, LEVELS

    if compression is None:
        return DEFAULT_LEVEL
    if compression not in LEVELS:
        raise ValueError(f"compression must be from 0 to 9, not {compression}")
    return compression


def _run(
    planning: Callable[[Stored, Stage | None], Planned],
    *,
    rewrites: bool,
    jobs: int | None,
    cache: bool | str | os.PathLike[str],
    memory: Memory,
    compression: int,
    strict: bool,
    warned: SimpleQueue[str],
    observe: Observer | None,
    cancellation: Future[None],
    before: Callable[[Planned], None] = lambda planned: None,
) -> Report:
    """Plan, and carry out: see `run`.

    `warned` has what other threads warn of, to be told in this one. `before` is called with a plan
    that is right and whole, before it is carried out. What is doubtful in a `strict` run is wrong.
    """
    from voxlogica.engine.batches import of_numbers
    from voxlogica.engine.events import Warned
    from voxlogica.engine.futures import Cancelled
    from voxlogica.engine.results import Report, RunError
    from voxlogica.engine.run import Run
    from voxlogica.engine.telling import Telling
    from voxlogica.engine.threads import Threads
    from voxlogica.images import readers
    from voxlogica.kernels.slabs import available
    from voxlogica.language.readings import reading_warnings

    jobs = jobs or available()
    tell = Telling(observe, warned, strict)
    try:
        with ExitStack() as closing:
            closing.callback(tell.tell_of_the_store)
            closing.enter_context(readers.kept())
            closing.enter_context(readers.cancelled_by(cancellation))

            @once
            def opened() -> Store | None:
                if cache is False:
                    return None
                from voxlogica.engine.store_opening import cache_folder, open_store

                folder = cache_folder(None if cache is True else os.fspath(cache))
                store = open_store(folder, warn=warned.put)
                return None if store is None else closing.enter_context(store)

            planned = planning(opened, None)
            warnings = [d for d in planned.diagnostics if d.severity == "warning"]
            for message in [*reading_warnings(planned.differences, every=False), *warnings]:
                tell(Warned(message))
            tell.permit(_errors(planned))
            keeper = None
            # Of numbers alone nothing is kept.
            is_quick = not planned.is_staged and of_numbers(planned.plan, planned.plan.needed())
            store = None if is_quick else opened()
            if store is not None:
                from voxlogica.engine.keeping import Keeper

                keeper = closing.enter_context(Keeper(store, warned.put, meanwhile=jobs > 1))
            backend = Threads(jobs, keeper, memory)
            run = closing.enter_context(Run(backend, tell, cancellation, compression, tell.permit))
            if planned.is_staged:
                planned = planning(opened, run)
                for message in planned.diagnostics:
                    if message.severity == "warning" and message not in warnings:
                        tell(Warned(message))
                tell.permit(_errors(planned))
            before(planned)
            reached = run.conclude(*planned.to_run(rewrites))
    except VoxLogicaError as failed:
        if cancellation.done():
            raise CancelledError from None
        said = (*tell.said, *tell.doubts, *failed.diagnostics)
        raise RunError(Report((), (), said, tell.tally.stats())) from failed.__cause__
    except Cancelled:
        raise CancelledError from None
    said, stats = tuple(tell.said), tell.tally.stats()
    return Report(reached.prints, reached.layers, said, stats, reached.values)


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
    store: Stored = lambda: None,
    stage: Stage | None = None,
    rewrites: bool = True,
) -> Planned:
    from voxlogica.images.readers import kept
    from voxlogica.language.planning import plan_programs

    with kept():
        return plan_programs(
            sources,
            definitions=definitions or {},
            dialect=dialect,
            open_image=_opening(store),
            stage=stage,
            rewrites=rewrites,
        )


def _opening(stored: Stored) -> OpenImage:
    """How image files are opened: with a store, one that has not changed is not read for it."""

    def opened(path: str) -> ImageFile:
        from voxlogica.images.reading import open_image

        store = stored()
        return open_image(path, remembered=store.file_digest) if store else open_image(path)

    return opened


def _finished(planned: Planned, rewrites: bool) -> WorkPlan:
    """The plan, once more as fast where that is wanted. Raises VoxLogicaError for its errors."""
    from voxlogica.language.planning import finished

    _require_no_errors(planned)
    return finished(planned.plan, rewrites)


def _require_no_errors(planned: Planned) -> None:
    errors = _errors(planned)
    if errors:
        raise VoxLogicaError(errors)


def _errors(planned: Planned) -> list[Diagnostic]:
    return [d for d in planned.diagnostics if d.severity == "error"]


def _rewritten(plan: WorkPlan, rewrites: bool) -> WorkPlan:
    from voxlogica.language.rewrites import rewrite

    return rewrite(plan) if rewrites else plan
