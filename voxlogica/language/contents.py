"""What the voxels of an image hold by its making: how many values, labels, a colour."""

from __future__ import annotations

from typing import Any

from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import ALIGN, FIT, LOAD, NUMBERS_OF
from voxlogica.operators.signature import MODEL

# How many values a voxel has in the result of an operator that gives a model.
COMPONENTS = {"rgb": 3, "rgba": 4, "overlay": 3, "channel": 1}


def values_per_voxel(plan: WorkPlan, node: int) -> int | None:
    """How many values a voxel of an image has; None where only running the program tells."""
    found = plan.kinds[node]
    if found.operator in (ALIGN, FIT):
        return values_per_voxel(plan, plan.arguments(node)[0])
    if found.operator is LOAD:
        file: Any = found.constants[0]
        known: int = file.components
        return known
    if found.type == MODEL:
        return COMPONENTS.get(found.operator.name)
    return 1


def holds_labels(plan: WorkPlan, node: int) -> bool:
    """Whether an operation gives labels by its making, or keeps those of another."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        operator = plan.kinds[current].operator
        keeping = _KEEPING.get(operator.name, slice(0, 0))
        kept = plan.arguments(current)[keeping]
        if not operator.labels and not kept:
            return False
        waiting += kept if not operator.labels else ()
    return True


# Which arguments of an operator its result has all its values from, but for 0.
_KEEPING = {
    "mask": slice(0, 1),
    "intensity": slice(0, 1),
    "select": slice(1, 3),
    **{operator.name: slice(0, 1) for operator in (ALIGN, FIT, NUMBERS_OF)},
}


_COLOURS = frozenset(
    {"rgb", "rgba", "overlay"}
    | {
        f"simpleitk.{name}"
        for name in (
            "LabelMapContourOverlay",
            "LabelMapOverlay",
            "LabelMapToRGB",
            "LabelOverlay",
            "LabelToRGB",
            "ScalarToRGBColormap",
        )
    }
)


def holds_colour(plan: WorkPlan, node: int) -> bool:
    """Whether the components of an image, where it has several, are red, green and blue."""
    while plan.kinds[node].operator in (ALIGN, FIT):
        node = plan.arguments(node)[0]
    kind = plan.kinds[node]
    if kind.operator is LOAD:
        file: Any = kind.constants[0]
        return bool(file.is_colour)
    return kind.operator.name in _COLOURS
