"""A plan as text, one operation a line."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import (
    COMPUTED,
    STAGED,
    WRITTEN,
    Shown,
    goal_text,
    goals,
    heading,
    is_staged,
    only_in,
    operations,
)

# Longer expressions push the rest of their line to the right, not that of all lines.
_WIDEST_ALIGNED = 56


def plan_text(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """Lines such as `%3 = near(%2)  : valuation(bool)  1f6a90c2d4  glioma.imgql:12`, then goals.

    With the plan as written, that one first: lines that only it has begin with `-`, lines that are
    new in the plan with `+`. What is not known before the program runs is told at the end.
    """
    computed = operations(plan)
    note = f"\n{STAGED}\n" if is_staged(computed) else ""
    if written is None:
        return "".join(f"{line}\n" for line in _lines(plan, computed)) + note
    before = operations(written)
    several = (
        "".join(f"{line}\n" for line in (f"{heading(called, shown)}:", *marked))
        for called, shown, marked in (
            (WRITTEN, before, _marked(written, before, only_in(before, computed), "-")),
            (COMPUTED, computed, _marked(plan, computed, only_in(computed, before), "+")),
        )
    )
    return "\n".join(several) + note


def _marked(
    plan: WorkPlan, shown: Sequence[Shown], numbers: Collection[int], mark: str
) -> list[str]:
    return [
        f"{mark if number in numbers else ' '} {line}"
        for number, line in enumerate(_lines(plan, shown))
    ]


def _lines(plan: WorkPlan, shown: Sequence[Shown]) -> list[str]:
    rows = [
        (
            f"%{operation.number} = {operation.expression([f'%{a}' for a in operation.arguments])}",
            f": {operation.node.type}",
            operation.short_id,
            operation.where,
        )
        for operation in shown
    ]
    first = max((len(r[0]) for r in rows if len(r[0]) <= _WIDEST_ALIGNED), default=0)
    second = max((len(r[1]) for r in rows), default=0)
    lines = [f"{a:{first}}  {b:{second}}  {c}  {d}" for a, b, c, d in rows]
    return lines + [
        f"{goal_text(goal)} %{operation.number}" for goal, operation in goals(plan, shown)
    ]
