"""A plan as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import (
    COMPUTED,
    WRITTEN,
    Shown,
    goal_text,
    goals,
    heading,
    operations,
)


def plan_dot(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """A directed graph from arguments to readers; literals stand inside their readers.

    With the plan as written, each of the two is a cluster of the graph.
    """
    if written is None:
        inside = _lines(plan, operations(plan), "")
    else:
        inside = [
            line
            for key, called, shown_plan in (("w", WRITTEN, written), ("c", COMPUTED, plan))
            for line in _cluster(key, called, shown_plan)
        ]
    return "\n".join(
        ["digraph plan {", "  node [shape=box, fontname=monospace];", *inside, "}", ""]
    )


def _cluster(key: str, called: str, plan: WorkPlan) -> list[str]:
    shown = operations(plan)
    label = f"  label={_label(heading(called, shown))};"
    return [f"  subgraph cluster_{key} {{", label, *_lines(plan, shown, key), "  }"]


def _lines(plan: WorkPlan, shown: Sequence[Shown], key: str) -> list[str]:
    asked = goals(plan, shown)
    goal_numbers = {operation.number for _, operation in asked}
    drawn = {o.number for o in shown if not o.is_literal or o.number in goal_numbers}
    lines: list[str] = []
    for operation in shown:
        if operation.number not in drawn:
            continue
        name = f"{key}n{operation.number}"
        texts = ["·" if a in drawn else shown[a].expression([]) for a in operation.arguments]
        label = _label(operation.expression(texts), str(operation.node.type))
        tip = _label(f"{operation.where}  {operation.short_id}")
        lines.append(f"  {name} [label={label}, tooltip={tip}];")
        lines += [f"  {key}n{a} -> {name};" for a in operation.arguments if a in drawn]
    for index, (goal, operation) in enumerate(asked):
        lines.append(f"  {key}g{index} [label={_label(goal_text(goal))}, style=bold];")
        lines.append(f"  {key}n{operation.number} -> {key}g{index};")
    return lines


def _label(*rows: str) -> str:
    escaped = (row.replace("\\", "\\\\").replace('"', '\\"') for row in rows)
    return '"' + "\\n".join(escaped) + '"'
