"""A plan as text, one operation a line."""

from __future__ import annotations

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import goal_text, goals, operations

# Longer expressions push the rest of their line to the right, not that of all lines.
_WIDEST_ALIGNED = 56


def plan_text(plan: WorkPlan) -> str:
    """Lines such as `%3 = near(%2)  : valuation(bool)  1f6a90c2d4  glioma.imgql:12`, then goals."""
    shown = operations(plan)
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
    lines += [f"{goal_text(goal)} %{operation.number}" for goal, operation in goals(plan, shown)]
    return "".join(f"{line}\n" for line in lines)
