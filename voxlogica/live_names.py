"""What of a live program can be shown: what a run needs must succeed, other names need not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.workplan import Goal, Save, Show
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.engine.plain_values import ShownValue
    from voxlogica.engine.results import Report
    from voxlogica.language.planning import PlannedPrograms
    from voxlogica.language.workplan import WorkPlan

# Which goals of a plan are carried out.
Chosen = Callable[[Goal], bool]


@dataclass(slots=True)
class Attempt:
    """A plan that is made and carried out: what it has come to."""

    planned: PlannedPrograms | None = None
    # The plan as it is written, without what is saved, and of that the goals to be carried out.
    plan: WorkPlan | None = None
    chosen: tuple[Goal, ...] = ()
    # What it shows of names, and what a run would save.
    shown: tuple[Show, ...] = ()
    saves: tuple[Save, ...] = ()

    def begin(self, planned: PlannedPrograms, chosen: Chosen) -> PlannedPrograms:
        """The plan with the goals that are chosen, to be finished."""
        goals: list[Goal] = [goal for goal in planned.plan.goals if not isinstance(goal, Save)]
        self.planned, self.plan = planned, replace(planned.plan, goals=goals)
        self.saves = tuple(goal for goal in planned.plan.goals if isinstance(goal, Save))
        self.shown = tuple(goal for goal in goals if isinstance(goal, Show))
        self.chosen = tuple(filter(chosen, goals))
        return replace(planned, plan=replace(self.plan, goals=[*self.chosen]))


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a plan: a report, the values of names, and of which there are none."""

    report: Report
    values: Mapping[str, ShownValue]
    failing: Mapping[str, Diagnostic] = field(default_factory=dict)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the report has to say, and once for each cause which names are not shown."""
        causes: dict[_Said, tuple[list[str], Diagnostic]] = {}
        for name, cause in self.failing.items():
            causes.setdefault(_said(cause), ([], cause))[0].append(name)
        return (*self.report.diagnostics, *(_not_shown(*one) for one in causes.values()))


def reached(
    carried_out: Callable[[Chosen], Report], attempt: Attempt, doubtful: Collection[str]
) -> Reached:
    """All that a run reaches, and the values of the names that have one.

    `carried_out` is told what to choose of the goals, and changes `attempt`; names are `doubtful`
    that had no value the last time. Raises VoxLogicaError where a run would not come to its end.
    """

    def with_values(chosen: Chosen) -> tuple[Report, dict[str, ShownValue]]:
        report = carried_out(chosen)
        shown = (goal.label for goal in attempt.chosen if isinstance(goal, Show))
        return report, {n: one.value for n, one in zip(shown, report.values, strict=True)}

    try:
        report, values = with_values(
            lambda goal: not isinstance(goal, Show) or goal.label not in doubtful
        )
    except VoxLogicaError:
        if attempt.plan is None:
            raise
        # Whether it was for a name only that it failed.
        needed = _saved(attempt)
        report, values = with_values(lambda goal: not isinstance(goal, Show) or goal.node in needed)
    said = {_said(one): one for one in report.diagnostics}
    failing: dict[str, Diagnostic] = {}
    for one in attempt.shown:
        if one.label in values:
            continue
        try:
            more, found = with_values(lambda goal, shown=one: _is_of(goal, shown))  # type: ignore[misc]
        except VoxLogicaError as wrong:
            failing[one.label] = next(d for d in wrong.diagnostics if d.severity == "error")
        else:
            values |= found
            for one_more in more.diagnostics:
                said.setdefault(_said(one_more), one_more)
    return Reached(replace(report, diagnostics=(*said.values(),)), values, failing)


# What is the same for who reads it.
_Said = tuple[str, str, object]


def _said(one: Diagnostic) -> _Said:
    return one.severity, one.message, one.span and (one.span.source.name, one.span.start)


def _is_of(goal: Goal, shown: Show) -> bool:
    return isinstance(goal, Show) and goal.label == shown.label


def _saved(attempt: Attempt) -> frozenset[int]:
    """The operations that a run needs for what it saves: these are no goals here."""
    assert attempt.plan is not None
    return frozenset(replace(attempt.plan, goals=[*attempt.saves]).needed())


def _not_shown(names: Iterable[str], cause: Diagnostic) -> Diagnostic:
    *others, last = (f"`{name}`" for name in names)
    listed = f"{', '.join(others)} and {last}" if others else last
    return replace(cause, severity="warning", message=f"{listed} cannot be shown: {cause.message}")
