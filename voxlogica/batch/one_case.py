"""Carrying out one case of many: a run by itself, with what all cases share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from queue import SimpleQueue

from voxlogica.batch.ahead import Ahead
from voxlogica.batch.shared import Shared
from voxlogica.dataclass import replace
from voxlogica.engine.backend import BackendGoneError
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.failures import breakdown
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.run import Run
from voxlogica.engine.telling import Telling
from voxlogica.language.planning import FinishedPlan
from voxlogica.plan_to_report import (
    Settings,
    failed_by,
    is_quick,
    planned_whole,
    report_of,
    tell_of_plan,
    with_origin,
)
from voxlogica.syntax.diagnostics import VoxLogicaError, error, warning

# Bytes of images that a case has saved, which stay until its pictures are drawn.
_MOST_KEPT = 1 << 30


def carry_out(ahead: Ahead, shared: Shared, threads: int, tell_of: Callable[[Row], None]) -> None:
    """Carry out a case on so many threads, and tell of its row when the store has it.

    That is from another thread, and later, where the store writes it. Whatever goes wrong is the
    row's fault. Raises CancelledError when the run is to end, and BackendGoneError where no case
    can be carried out any more.
    """
    # What is told of the store is told of no case.
    tell = Telling(None, SimpleQueue(), shared.settings.strict)
    try:
        _carry_out(ahead, shared, threads, tell, tell_of)
        return
    except Cancelled:
        raise CancelledError from None
    except BackendGoneError:
        if shared.ended.done():
            raise CancelledError from None
        raise
    except VoxLogicaError as problem:
        failed = problem
    except Exception as problem:
        message, hint = breakdown(problem, "the case")
        failed = VoxLogicaError([error(message, hint=hint)])
    # Which counts for more: what it has failed by may be the other case's doing.
    if (wrong := shared.used_files.wrong(ahead.case)) is not None:
        failed = VoxLogicaError([wrong])
    if shared.ended.done():
        raise CancelledError
    tell_of(Row.of(ahead.case, failed_by(failed, tell).report))


def _carry_out(
    ahead: Ahead, shared: Shared, threads: int, tell: Telling, tell_of: Callable[[Row], None]
) -> None:
    settings, planned = shared.settings, ahead.planned
    tell_of_plan(planned, tell)

    def permit() -> None:
        tell.permit()
        if (wrong := shared.used_files.wrong(ahead.case)) is not None:
            raise VoxLogicaError([wrong])

    writer = None if is_quick(planned) else shared.writer
    with ExitStack() as closing:
        cancellation, keeper = closing.enter_context(shared.cancellation()), None
        if writer is not None:
            from voxlogica.engine.keeping import Keeper

            keeper = closing.enter_context(Keeper(writer, is_one_of_many=True))
        comes_again = planned.is_staged or ahead.is_swept
        again = ahead.case.name if comes_again else ""
        backend = shared.backend(threads, keeper, ahead.held, again)
        run = closing.enter_context(
            Run(
                backend,
                tell,
                cancellation,
                settings.level,
                permit,
                settings.below,
                lambda path, use, span: shared.used_files.use(ahead.case, path, use, span),
                keeps_images=_MOST_KEPT if settings.pictures else 0,
            )
        )
        planned = planned_whole(planned, run, tell, settings.rewrites)
        finished = ahead.finished or shared.finishing(planned)
        if writer is None:
            tell_of(_concluded(ahead.case, run, finished, tell, settings))
            return
        from voxlogica.batch.replaying import StoredRows, key_of

        rows = StoredRows(writer, settings.pictures)
        key = key_of(finished, planned.sources, tell.said, settings)
        before = rows.replayed(key, ahead.case, tell.inputs)
        if before is not None:
            permit()
            tell_of(before)
            return
        row = _concluded(ahead.case, run, finished, tell, settings)
        rows.keep(key, row, tell_of)


def _concluded(
    case: Case, run: Run, finished: FinishedPlan, tell: Telling, settings: Settings
) -> Row:
    """What comes of a case: its files are put in place, and what is in them is drawn."""
    report = report_of(run.conclude(finished.plan, finished.doubts), tell)
    if settings.pictures is None:
        return Row.of(case, report)
    from voxlogica.report.case_pictures import drawings, drawings_text

    report = with_origin(report, finished.plan)
    under = {} if report.origin is None else report.origin.under
    try:
        drawn = drawings_text(drawings(report.layers, under, settings.pictures))
    except Exception as problem:  # which is none of the case's: its files are in place
        message, hint = breakdown(problem, "drawing pictures")
        told = (*report.diagnostics, warning(message, hint=hint))
        return Row.of(case, replace(report, diagnostics=told))
    return Row.of(case, report, drawn)
