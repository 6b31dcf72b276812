"""A plan as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import goal_text, goals, operations


def plan_dot(plan: WorkPlan) -> str:
    """A directed graph from arguments to readers; literals stand inside their readers."""
    shown = operations(plan)
    asked = goals(plan, shown)
    goal_numbers = {operation.number for _, operation in asked}
    drawn = {o.number for o in shown if not o.is_literal or o.number in goal_numbers}
    lines = ["digraph plan {", "  node [shape=box, fontname=monospace];"]
    for operation in shown:
        if operation.number not in drawn:
            continue
        texts = ["·" if a in drawn else shown[a].expression([]) for a in operation.arguments]
        label = _label(operation.expression(texts), str(operation.node.type))
        tip = _label(f"{operation.where}  {operation.short_id}")
        lines.append(f"  n{operation.number} [label={label}, tooltip={tip}];")
        lines += [f"  n{a} -> n{operation.number};" for a in operation.arguments if a in drawn]
    for index, (goal, operation) in enumerate(asked):
        lines.append(f"  g{index} [label={_label(goal_text(goal))}, style=bold];")
        lines.append(f"  n{operation.number} -> g{index};")
    return "\n".join([*lines, "}", ""])


def _label(*rows: str) -> str:
    escaped = (row.replace("\\", "\\\\").replace('"', '\\"') for row in rows)
    return '"' + "\\n".join(escaped) + '"'
