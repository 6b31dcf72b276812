"""From plan to report: what a run of programs and an input of a session have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from functools import cache as once
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, replace
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, strictly

if TYPE_CHECKING:
    from voxlogica.cluster.cluster import Workers
    from voxlogica.cluster.options import ClusterOptions
    from voxlogica.engine.backend import Backend
    from voxlogica.engine.events import Observer
    from voxlogica.engine.memory import Memory
    from voxlogica.engine.results import Report, RunError
    from voxlogica.engine.run import ReachedGoals, Run
    from voxlogica.engine.sink import Used
    from voxlogica.engine.store import Store
    from voxlogica.engine.store_writer import StoreWriter
    from voxlogica.engine.telling import Telling
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.libraries import OpenImage
    from voxlogica.language.planning import FinishedPlan, PlannedPrograms
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.report.case_pictures import Size


# What opens the store of a run when it is first wanted, if there is to be one.
Stored = Callable[[], "Store | None"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How plans are carried out; see `running.run`.

    `warned` has what other threads warn of, to be told in the calling one. What is saved goes
    `below` a folder, if there is one, instead of the root, and nowhere unless the run `writes`; the
    report `keeps_images` of it, up to so many bytes, and if so said its origin. What takes a
    `little`, so many nanoseconds, the calling thread does in turn. `pictures` say how large those
    of each case are, if there are to be any. `used` is called before a file is used that only the
    run names, and may raise OperationError. Plans of some weight are carried out by a `cluster`, if
    there is one.
    """

    jobs: int | None
    cache: bool | str | os.PathLike[str]
    memory: Memory
    warned: SimpleQueue[str]
    rewrites: bool = True
    compression: int | None = None
    strict: bool = False
    below: Path | None = None
    keeps_images: int = 0
    writes: bool = True
    used: Used = lambda *_: None
    keeps_origin: bool = False
    little: int | None = None
    pictures: Size | None = None
    cluster: ClusterOptions | None = None

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")
        if self.compression is not None:
            from voxlogica.images.levels import LEVELS

            if self.compression not in LEVELS:
                raise ValueError(f"compression must be from 0 to 9, not {self.compression}")

    @property
    def threads(self) -> int:
        """How many threads compute."""
        if self.jobs is not None:
            return self.jobs
        from voxlogica.allowance import cores

        return cores()

    @property
    def level(self) -> int:
        """How hard files are compressed."""
        from voxlogica.images.levels import DEFAULT_LEVEL

        return DEFAULT_LEVEL if self.compression is None else self.compression


def carry_out(
    planning: Callable[[Stored], PlannedPrograms],
    finishing: Callable[[PlannedPrograms], FinishedPlan],
    settings: Settings,
    observe: Observer | None,
    cancellation: Future[None] | None,
) -> Report:
    """Plan, and carry out: see `running.run`.

    `planning` makes a plan, of which `finishing` makes the one that is carried out, if it is right.
    """
    from voxlogica.engine.futures import Cancelled
    from voxlogica.engine.telling import Telling
    from voxlogica.images import readers

    cancellation = cancellation or Future()
    tell = Telling(observe, settings.warned, settings.strict)
    try:
        with ExitStack() as closing:
            closing.callback(tell.tell_of_the_store)
            closing.enter_context(readers.kept())
            closing.enter_context(readers.cancelled_by(cancellation))
            reached, plan = _reached(planning, finishing, settings, tell, cancellation, closing)
    except VoxLogicaError as failed:
        if cancellation.done():
            raise CancelledError from None
        raise failed_by(failed, tell) from failed.__cause__
    except Cancelled:
        raise CancelledError from None
    report = report_of(reached, tell)
    return with_origin(report, plan) if settings.keeps_origin else report


def with_origin(report: Report, plan: WorkPlan) -> Report:
    """The same with its origin, which has the values that were asked for it alone."""
    from voxlogica.engine.results import Origin, Underlay
    from voxlogica.images.image import Image
    from voxlogica.language.workplan import Ask, Goal, Show
    from voxlogica.report.underlays import asked_for, called

    # One image for all that it is under, though each asked for it.
    images: dict[int, Underlay] = {}
    under: dict[str, Underlay] = {}
    for goal, shown in zip(asked_for(plan), report.values, strict=True):
        if isinstance(shown.value, Image):
            under[goal.label] = images.setdefault(
                goal.node, Underlay(called(plan, goal.node), shown.value)
            )
    # What is asked for beside the program's goals is no part of what it says.
    own: list[Goal] = [goal for goal in plan.goals if not isinstance(goal, Ask | Show)]
    return replace(report, values=(), origin=Origin(replace(plan, goals=own), under))


def report_of(reached: ReachedGoals, tell: Telling) -> Report:
    """What a run that has reached its goals has to tell."""
    from voxlogica.engine.results import Report

    return Report(
        reached.prints,
        reached.layers,
        tuple(tell.said),
        tell.tally.stats(),
        reached.values,
        asserts=reached.asserts,
        tables=reached.tables,
        empty=reached.empty,
        inputs=tell.inputs,
        sources=tell.sources,
    )


def failed_by(failed: VoxLogicaError, tell: Telling) -> RunError:
    """What a run that has failed has to tell."""
    from voxlogica.engine.results import Report, RunError

    said = (*tell.said, *tell.doubts, *failed.diagnostics)
    return RunError(
        Report((), (), said, tell.tally.stats(), inputs=tell.inputs, sources=tell.sources)
    )


def _reached(
    planning: Callable[[Stored], PlannedPrograms],
    finishing: Callable[[PlannedPrograms], FinishedPlan],
    settings: Settings,
    tell: Telling,
    cancellation: Future[None],
    closing: ExitStack,
) -> tuple[ReachedGoals, WorkPlan]:
    from voxlogica.engine.run import Run

    @once
    def opened() -> Store | None:
        store = opened_store(settings)
        return None if store is None else closing.enter_context(store)

    planned = planning(opened)
    tell_of_plan(planned, tell)
    if settings.keeps_origin:
        finishing = asking_for_underlays(finishing)
    finished = None if planned.is_staged else finishing(planned)
    is_little = finished is not None and _is_little(finished)
    if settings.cluster is not None and not is_little:
        from voxlogica.cluster.cluster import Cluster

        backend: Backend = Cluster(workers_of(settings, settings.cluster, closing))
    else:
        backend = on_threads(settings, None if is_little else opened(), closing)
    run = closing.enter_context(
        Run(
            backend,
            tell,
            cancellation,
            settings.level,
            tell.permit,
            settings.below,
            keeps_images=settings.keeps_images,
            writes=settings.writes,
            used=settings.used,
        )
    )
    if finished is None:
        finished = finishing(planned_whole(planned, run, tell, settings.rewrites))
    return run.conclude(finished.plan, finished.doubts), finished.plan


def on_threads(settings: Settings, store: Store | None, closing: ExitStack) -> Backend:
    """The threads of this process, by a run's settings, and a store that is written until then."""
    from voxlogica.engine.batches import LITTLE
    from voxlogica.engine.threads import Threads

    keeper = None
    if store is not None:
        from voxlogica.engine.keeping import Keeper

        keeper = closing.enter_context(Keeper(closing.enter_context(writer_to(store, settings))))
    return Threads(settings.threads, keeper, settings.memory, little=settings.little or LITTLE)


def workers_of(
    settings: Settings, options: ClusterOptions, closing: ExitStack, *, of_many: bool = False
) -> Workers:
    """The workers of a cluster, until then, for one run, or for one `of_many` at a time.

    Raises VoxLogicaError where there are none.
    """
    from voxlogica.cluster.cluster import Workers
    from voxlogica.cluster.connection import Connection
    from voxlogica.cluster.placing import Placing
    from voxlogica.cluster.survey import Survey
    from voxlogica.cluster.words import beginning

    to = Connection.to(options.scheduler, options.workers, settings.jobs, options.tell)
    closing.enter_context(to)
    if not options.is_quiet:
        options.tell(beginning(to, options))
    cache: bool | str = settings.cache is True
    if not isinstance(settings.cache, bool):
        from voxlogica.engine.store_opening import cache_folder

        # The same folder, on each machine's own disk, wherever its workers were started.
        cache = str(cache_folder(os.fspath(settings.cache)) or settings.cache)
    return Workers(
        to,
        Survey(to, options),
        Placing(lambda: to.workers),
        settings.level,
        cache,
        options.fetches_outputs,
        of_many,
        settings.memory,
        settings.warned.put,
    )


def asking_for_underlays(
    finishing: Callable[[PlannedPrograms], FinishedPlan],
) -> Callable[[PlannedPrograms], FinishedPlan]:
    """What finishes plans with the goals to have what saved regions are shown over."""
    from voxlogica.report.underlays import with_underlays

    def asking(planned: PlannedPrograms) -> FinishedPlan:
        plan = replace(planned.plan, goals=with_underlays(planned.plan))
        return finishing(replace(planned, plan=plan))

    return asking


def is_quick(planned: PlannedPrograms) -> bool:
    """Whether a plan is of numbers alone, of which nothing is kept."""
    from voxlogica.engine.batches import of_numbers

    return not planned.is_staged and of_numbers(planned.plan, planned.plan.needed())


def _is_little(finished: FinishedPlan) -> bool:
    """Whether a plan is done before a store is open: of that nothing is looked up, nor kept."""
    from voxlogica.engine.batches import is_little

    return is_little(finished.plan, finished.plan.needed())


def tell_of_plan(planned: PlannedPrograms, tell: Telling) -> None:
    """Tell what there is to say of a plan. Raises VoxLogicaError where it must not be run."""
    from voxlogica.engine.events import Warned
    from voxlogica.language.readings import reading_warnings

    tell.note_inputs(planned)
    for message in [*reading_warnings(planned.differences, every=False), *planned.warnings]:
        tell(Warned(message))
    tell.permit(planned.errors)


def planned_whole(
    planned: PlannedPrograms, run: Run, tell: Telling, rewrites: bool
) -> PlannedPrograms:
    """The plan; one that needs stages planned to its end, by what the run tells."""
    from voxlogica.engine.events import Warned

    if not planned.is_staged:
        return planned
    whole = planned.resumed(run, rewrites)
    tell.note_inputs(whole)
    for message in whole.warnings:
        if message not in planned.warnings:
            tell(Warned(message))
    tell.permit(whole.errors)
    return whole


def opened_store(settings: Settings) -> Store | None:
    """The store that results are read from and kept in, if there is to be one."""
    if settings.cache is False:
        return None
    from voxlogica.engine.store_opening import cache_folder, open_store

    folder = cache_folder(None if settings.cache is True else os.fspath(settings.cache))
    return open_store(folder, warn=settings.warned.put)


def writer_to(store: Store, settings: Settings) -> StoreWriter:
    """What keeps results in a store: beside the run, where several threads compute."""
    from voxlogica.engine.store_writer import StoreWriter

    return StoreWriter(store, settings.warned.put, meanwhile=settings.threads > 1)


def opened_with(stored: Stored) -> OpenImage:
    """How image files are opened: with a store, one that has not changed is not read for it."""

    def opened(path: str) -> ImageFile:
        from voxlogica.images.reading import open_image

        store = stored()
        return open_image(path, remembered=store.file_digest) if store else open_image(path)

    return opened


def no_store() -> None:
    """The store where none is to be used."""


def all_told(planned: PlannedPrograms, strict: bool) -> tuple[Diagnostic, ...]:
    """All that can be said about programs without running them; see `running.check`."""
    from voxlogica.language.asserts import known_false
    from voxlogica.language.readings import reading_warnings

    told = (
        *reading_warnings(planned.differences, every=True),
        *planned.diagnostics,
        *known_false(planned.plan),
    )
    return tuple(map(strictly, told)) if strict else told


def right(planned: PlannedPrograms) -> PlannedPrograms:
    """The same, if nothing is wrong with it. Raises VoxLogicaError."""
    if planned.errors:
        raise VoxLogicaError(planned.errors)
    return planned


def both_plans(planned: PlannedPrograms) -> tuple[WorkPlan, WorkPlan]:
    """A plan as it is written, and as it is computed by default. Raises VoxLogicaError."""
    from voxlogica.language.planning import finished

    return right(planned).plan, finished(planned.plan, rewrites=True)[0]
