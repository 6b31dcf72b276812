"""From plan to report: what a run of programs and an input of a session have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from functools import cache as once
from queue import SimpleQueue
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.engine.memory import Memory
    from voxlogica.engine.results import Report
    from voxlogica.engine.run import Reached
    from voxlogica.engine.store import Store
    from voxlogica.engine.telling import Telling
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.planning import Finished, Planned
    from voxlogica.language.programs import OpenImage
    from voxlogica.language.workplan import WorkPlan

# What opens the store of a run when it is first wanted, if there is to be one.
Stored = Callable[[], "Store | None"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How plans are carried out; see `api.run`.

    `warned` has what other threads warn of, to be told in the calling one.
    """

    jobs: int | None
    cache: bool | str | os.PathLike[str]
    memory: Memory
    warned: SimpleQueue[str]
    rewrites: bool = True
    compression: int | None = None
    strict: bool = False

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


def carry_out(
    planning: Callable[[Stored], Planned],
    finishing: Callable[[Planned], Finished],
    settings: Settings,
    observe: Observer | None,
    cancellation: Future[None] | None,
) -> Report:
    """Plan, and carry out: see `api.run`.

    `planning` makes a plan, of which `finishing` makes the one that is carried out, if it is right.
    """
    from voxlogica.engine.futures import Cancelled
    from voxlogica.engine.results import Report, RunError
    from voxlogica.engine.telling import Telling
    from voxlogica.images import readers

    cancellation = cancellation or Future()
    tell = Telling(observe, settings.warned, settings.strict)
    try:
        with ExitStack() as closing:
            closing.callback(tell.tell_of_the_store)
            closing.enter_context(readers.kept())
            closing.enter_context(readers.cancelled_by(cancellation))
            reached = _reached(planning, finishing, settings, tell, cancellation, closing)
    except VoxLogicaError as failed:
        if cancellation.done():
            raise CancelledError from None
        said = (*tell.said, *tell.doubts, *failed.diagnostics)
        raise RunError(Report((), (), said, tell.tally.stats())) from failed.__cause__
    except Cancelled:
        raise CancelledError from None
    said, stats = tuple(tell.said), tell.tally.stats()
    return Report(
        reached.prints,
        reached.layers,
        said,
        stats,
        reached.values,
        asserts=reached.asserts,
        tables=reached.tables,
        empty=reached.empty,
    )


def _reached(
    planning: Callable[[Stored], Planned],
    finishing: Callable[[Planned], Finished],
    settings: Settings,
    tell: Telling,
    cancellation: Future[None],
    closing: ExitStack,
) -> Reached:
    from voxlogica.engine.batches import of_numbers
    from voxlogica.engine.events import Warned
    from voxlogica.engine.run import Run
    from voxlogica.engine.threads import Threads
    from voxlogica.images.levels import DEFAULT_LEVEL
    from voxlogica.language.readings import reading_warnings

    @once
    def opened() -> Store | None:
        if settings.cache is False:
            return None
        from voxlogica.engine.store_opening import cache_folder, open_store

        folder = cache_folder(None if settings.cache is True else os.fspath(settings.cache))
        store = open_store(folder, warn=settings.warned.put)
        return None if store is None else closing.enter_context(store)

    planned = planning(opened)
    warnings = [d for d in planned.diagnostics if d.severity == "warning"]
    for message in [*reading_warnings(planned.differences, every=False), *warnings]:
        tell(Warned(message))
    tell.permit(planned.errors)
    # Of numbers alone nothing is kept.
    is_quick = not planned.is_staged and of_numbers(planned.plan, planned.plan.needed())
    jobs, keeper = 1 if is_quick else settings.threads, None
    store = None if is_quick else opened()
    if store is not None:
        from voxlogica.engine.keeping import Keeper

        keeper = closing.enter_context(Keeper(store, settings.warned.put, meanwhile=jobs > 1))
    level = DEFAULT_LEVEL if settings.compression is None else settings.compression
    backend = Threads(jobs, keeper, settings.memory)
    run = closing.enter_context(Run(backend, tell, cancellation, level, tell.permit))
    if planned.is_staged:
        planned = planned.resumed(run, settings.rewrites)
        for message in planned.diagnostics:
            if message.severity == "warning" and message not in warnings:
                tell(Warned(message))
        tell.permit(planned.errors)
    finished = finishing(planned)
    return run.conclude(finished.plan, finished.doubts)


def opened_with(stored: Stored) -> OpenImage:
    """How image files are opened: with a store, one that has not changed is not read for it."""

    def opened(path: str) -> ImageFile:
        from voxlogica.images.reading import open_image

        store = stored()
        return open_image(path, remembered=store.file_digest) if store else open_image(path)

    return opened


def no_store() -> None:
    """The store where none is to be used."""


def right(planned: Planned) -> Planned:
    """The same, if nothing is wrong with it. Raises VoxLogicaError."""
    if planned.errors:
        raise VoxLogicaError(planned.errors)
    return planned


def both_plans(planned: Planned) -> tuple[WorkPlan, WorkPlan]:
    """A plan as it is written, and as it is computed by default. Raises VoxLogicaError."""
    from voxlogica.language.planning import finished

    return right(planned).plan, finished(planned.plan, rewrites=True)[0]
