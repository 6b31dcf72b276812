"""A plan as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import View, goal_text, views


def plan_dot(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """A directed graph from arguments to readers; literals stand inside their readers.

    With the plan as written, each of the two is a cluster of the graph.
    """
    shown = views(plan, written)
    if written is None:
        inside = _lines(shown[0], "")
    else:
        clusters = zip("wc", shown, strict=True)
        inside = [line for key, view in clusters for line in _cluster(key, view)]
    return "\n".join(
        ["digraph plan {", "  node [shape=box, fontname=monospace];", *inside, "}", ""]
    )


def _cluster(key: str, view: View) -> list[str]:
    label = f"  label={_label(view.title)};"
    return [f"  subgraph cluster_{key} {{", label, *_lines(view, key), "  }"]


def _lines(view: View, key: str) -> list[str]:
    boxes, lines = view.boxes, list[str]()
    for number, operation in boxes.items():
        name = f"{key}n{number}"
        expression = operation.expression(view.texts(operation, boxes))
        label = _label(expression, str(operation.node.type))
        tip = _label(f"{operation.where}  {operation.short_id}")
        lines.append(f"  {name} [label={label}, tooltip={tip}];")
        lines += [f"  {key}n{a} -> {name};" for a in operation.arguments if a in boxes]
    for index, (goal, operation) in enumerate(view.goals):
        lines.append(f"  {key}g{index} [label={_label(goal_text(goal))}, style=bold];")
        lines.append(f"  {key}n{operation.number} -> {key}g{index};")
    return lines


def _label(*rows: str) -> str:
    escaped = (row.replace("\\", "\\\\").replace('"', '\\"') for row in rows)
    return '"' + "\\n".join(escaped) + '"'
