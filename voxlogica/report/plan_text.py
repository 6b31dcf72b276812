"""A plan as text, one operation a line; or as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from voxlogica.language.workplan import WorkPlan
from voxlogica.report.plan_view import STAGED, PlanView, goal_text, views

# Longer expressions push the rest of their line to the right, not that of all lines.
_WIDEST_ALIGNED = 56


def plan_text(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """Lines such as `%3 = near(%2)  : valuation(bool)  1f6a90c2d4  glioma.imgql:12`, then goals.

    With the plan as written, that one first: lines that only it has begin with `-`, lines that are
    new in the plan with `+`. What is not known before the program runs is told at the end.
    """
    shown = views(plan, written)
    before, computed = shown[0], shown[-1]
    note = f"\n{STAGED}\n" if computed.is_staged else ""
    if written is None:
        return "".join(f"{line}\n" for line in _lines(computed)) + note
    marked = [_marked(before, computed, "-"), _marked(computed, before, "+")]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in marked) + note


def _marked(view: PlanView, other: PlanView, mark: str) -> list[str]:
    """The lines of a plan below their heading, marked where the other plan has none such."""
    new = view.not_in(other)
    lines = [f"{mark if n in new else ' '} {line}" for n, line in enumerate(_lines(view))]
    return [f"{view.title}:", *lines]


def _lines(view: PlanView) -> list[str]:
    rows = [
        (
            f"%{operation.number} = {operation.expression([f'%{a}' for a in operation.arguments])}",
            f": {operation.node.type}",
            operation.short_id,
            operation.where,
        )
        for operation in view.operations
    ]
    first = max((len(r[0]) for r in rows if len(r[0]) <= _WIDEST_ALIGNED), default=0)
    second = max((len(r[1]) for r in rows), default=0)
    lines = [f"{a:{first}}  {b:{second}}  {c}  {d}" for a, b, c, d in rows]
    return lines + [f"{goal_text(goal)} %{operation.number}" for goal, operation in view.goals]


# As a graph


def plan_dot(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """A directed graph from arguments to readers; literals stand inside their readers.

    With the plan as written, each of the two is a cluster of the graph.
    """
    shown = views(plan, written)
    if written is None:
        inside = _graph(shown[0], "")
    else:
        clusters = zip("wc", shown, strict=True)
        inside = [line for key, view in clusters for line in _cluster(key, view)]
    return "\n".join(
        ["digraph plan {", "  node [shape=box, fontname=monospace];", *inside, "}", ""]
    )


def _cluster(key: str, view: PlanView) -> list[str]:
    label = f"  label={_label(view.title)};"
    return [f"  subgraph cluster_{key} {{", label, *_graph(view, key), "  }"]


def _graph(view: PlanView, key: str) -> list[str]:
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
