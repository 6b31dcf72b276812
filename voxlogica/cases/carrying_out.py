"""Carrying out programs for many cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future

from voxlogica.engine.cases import Case, Row
from voxlogica.engine.events import CaseDone, CaseStarted, Observer
from voxlogica.engine.results import RunError
from voxlogica.language.planning import Planned, plan_programs
from voxlogica.running import Settings, Stored, carry_out, opened_with
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.source import Source


def run_cases(
    programs: Sequence[Source],
    cases: Sequence[Case],
    settings: Settings,
    dialect: Dialect | None = None,
    cancellation: Future[None] | None = None,
    definitions: Mapping[str, object] | None = None,
    observe: Observer | None = None,
) -> Iterator[Row]:
    """What comes of the programs for each case, as each is done.

    A case that fails gives a row with its faults, and does not stop the others. Raises
    CancelledError when `cancellation` is settled. `definitions` hold in all cases where a case sets
    nothing else. `observe` is told of each case that starts and is done, and of nothing else.
    """
    observe = observe or (lambda event: None)
    for case in cases:
        observe(CaseStarted(case))

        def planned(store: Stored, case: Case = case) -> Planned:
            return plan_programs(
                programs,
                definitions={**(definitions or {}), **case.definitions},
                dialect=dialect,
                open_image=opened_with(store),
            )

        try:
            report = carry_out(
                planned,
                lambda planned: planned.finished(settings.rewrites),
                settings,
                None,
                cancellation,
            )
        except RunError as failed:
            report = failed.report
        row = Row.of(case, report)
        observe(CaseDone(row))
        yield row
