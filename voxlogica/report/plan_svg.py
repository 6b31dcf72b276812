"""A plan as a drawing: SVG that a browser shows, with details where the pointer rests."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import pairwise

from voxlogica.dataclass import dataclass
from voxlogica.language.workplan import WorkPlan
from voxlogica.report.layered_layout import layered
from voxlogica.report.plan_view import PlanView, goal_name, goal_text, views
from voxlogica.report.short_numbers import short_text

_CHARACTER = 7.25
_PADDING = 10.0
_BOX_HEIGHT = 38.0
_LAYER_HEIGHT = 84.0
_MARGIN = 20.0
_HEADING_HEIGHT = 24.0
_LONGEST_TEXT = 44
_MOST_ARGUMENTS = 6

# Fill by the type of the result, so that regions, numbers and images are told apart at a glance.
_FILLS = {
    "model": "#ece4f7",
    "valuation(number)": "#dcebfb",
    "valuation(bool)": "#dcf3e1",
    "number": "#fdf1d3",
    "bool": "#fde3d7",
    "string": "#f1f1f1",
}
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;fill:#222}"
    ".t{font-size:10px;fill:#667}"
    ".h{font-weight:bold;text-anchor:start}"
    "rect{stroke:#889;stroke-width:1}"
    ".g{stroke:#222;stroke-width:2;fill:#fff}"
    "path{fill:none;stroke:#99a;stroke-width:1.2}"
)


def plan_svg(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """The plan from its inputs, at the top, to its goals; literals stand inside their readers.

    With the plan as written, that one is drawn above it.
    """
    drawings = [(view.title, _drawn(view)) for view in views(plan, written)]
    above = _HEADING_HEIGHT if written is not None else 0.0
    width = max(drawing.width for _, drawing in drawings)
    height = sum(drawing.height + above for _, drawing in drawings)
    lines = [
        _element(width, height),
        f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>',
    ]
    y = 0.0
    for called, drawing in drawings:
        if called:
            lines.append(f'<text class="h" x="{_MARGIN:.0f}" y="{y + 24:.0f}">{called}</text>')
        lines += [f'<g transform="translate(0 {y + above:.0f})">', *drawing.lines, "</g>"]
        y += drawing.height + above
    return "\n".join([*lines, "</svg>", ""])


def plan_drawing(plan: WorkPlan, told: Callable[[str], str]) -> str:
    """The same of one plan as an element of a page, whose style sheet has its look.

    Classes are `t` for types, `g` for goals. Texts are as they are `told`.
    """
    (view,) = views(plan, None)
    drawing = _drawn(view, told)
    return "\n".join([_element(drawing.width, drawing.height), *drawing.lines, "</svg>"])


def _element(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}">'
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The elements of a drawing, and how much room they take."""

    lines: list[str]
    width: float
    height: float


def _drawn(view: PlanView, told: Callable[[str], str] = str) -> _Drawing:
    boxes = view.boxes
    index = {number: i for i, number in enumerate(boxes)}
    texts: list[tuple[str, str, str, str]] = []
    edges: list[tuple[int, int]] = []
    slots: list[float] = []
    for box, operation in enumerate(boxes.values()):
        inside = view.texts(operation, boxes)
        if len(inside) > _MOST_ARGUMENTS:
            inside = [f"… {len(inside)} …"]
        kind = str(operation.node.type)
        tip = f"{operation.node.operator.signature}\n{operation.where}\n{operation.id}"
        expression = short_text(told(operation.expression(inside)), _LONGEST_TEXT)
        texts.append((expression, kind, told(tip), _FILLS.get(kind, "#f1f1f1")))
        for nth, argument in enumerate(operation.arguments, 1):
            if argument in index:
                edges.append((index[argument], box))
                slots.append(nth / (len(operation.arguments) + 1) - 0.5)
    for goal, operation in view.goals:
        name, rest = goal_text(goal).split(" ", 1)
        edges.append((index[operation.number], len(texts)))
        slots.append(0.0)
        texts.append((short_text(told(rest), _LONGEST_TEXT), name, told(goal_name(goal)), ""))

    widths = [max(len(a), len(b) * 0.85) * _CHARACTER + 2 * _PADDING for a, b, _, _ in texts]
    layout = layered(widths, edges)
    width = layout.width + 2 * _MARGIN
    height = max(layout.layer, default=0) * _LAYER_HEIGHT + _BOX_HEIGHT + 2 * _MARGIN

    lines: list[str] = []
    for (source, target), lanes, slot in zip(edges, layout.lanes, slots, strict=True):
        points = [(layout.x[source], _top(layout.layer[source]) + _BOX_HEIGHT)]
        for nth, x in enumerate(lanes, layout.layer[source] + 1):
            points += [(x, _top(nth)), (x, _top(nth) + _BOX_HEIGHT)]
        points.append((layout.x[target] + slot * widths[target], _top(layout.layer[target])))
        lines.append(f'<path d="{_curve(points)}"/>')
    for box, (first, second, tip, fill) in enumerate(texts):
        x, y = layout.x[box] + _MARGIN, _top(layout.layer[box])
        look = f'fill="{fill}"' if fill else 'class="g"'
        lines.append(
            f"<g><title>{_xml(tip)}</title>"
            f'<rect x="{x - widths[box] / 2:.1f}" y="{y:.1f}" width="{widths[box]:.1f}"'
            f' height="{_BOX_HEIGHT:.0f}" rx="5" {look}/>'
            f'<text x="{x:.1f}" y="{y + 16:.1f}">{_xml(first)}</text>'
            f'<text class="t" x="{x:.1f}" y="{y + 30:.1f}">{_xml(second)}</text></g>'
        )
    return _Drawing(lines, width, height)


def _top(layer: int) -> float:
    return _MARGIN + layer * _LAYER_HEIGHT


def _curve(points: list[tuple[float, float]]) -> str:
    """Down through the points: straight beside boxes, bent in the space between layers."""
    moved = [(x + _MARGIN, y) for x, y in points]
    path = f"M{moved[0][0]:.1f} {moved[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(moved):
        if x0 == x1:
            path += f"V{y1:.1f}"
        else:
            middle = (y0 + y1) / 2
            path += f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
    return path


def _xml(text: str) -> str:
    """Escaped, without the control characters that XML has no way to write."""
    if text.isprintable():
        return escape(text)
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))
