"""What the voxels of an image hold by its making: how many values, labels, a colour."""

from __future__ import annotations

from typing import Any

from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import ALIGN, FIT, LOAD, NUMBER_LITERAL, NUMBERS_OF
from voxlogica.operators.signature import MODEL, VALUATION
from voxlogica.operators.whole_numbers import LARGEST

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
    """Whether an operation gives labels by its making, or keeps those of others.

    What was cast to whole numbers has its own type, which is kept as it is; only where it became
    floats on its way, as in `mask`, it counts as labels.
    """
    waiting, seen, found = [node], {node}, False
    in_floats = plan.kinds[node].type == VALUATION
    while waiting:
        current = waiting.pop()
        if plan.kinds[current].operator.labels or (in_floats and _is_made_whole(plan, current)):
            found = True
            continue
        if _is_whole_number(plan, current):
            continue
        kept = _kept(plan, current)
        if not kept:
            return False
        waiting += [one for one in kept if one not in seen]
        seen.update(kept)
    return found


# Which arguments of an operator its result has all its values from, but for 0; or sums of them.
_KEEPING = {
    "mask": slice(0, 1),
    "intensity": slice(0, 1),
    "select": slice(1, 3),
    **dict.fromkeys(("+", "-", "min", "max"), slice(0, 2)),
    **{operator.name: slice(0, 1) for operator in (ALIGN, FIT, NUMBERS_OF)},
    # Those that only say where voxels are.
    **{
        f"simpleitk.{name}": slice(0, 1)
        for name in (
            "Crop",
            "CyclicShift",
            "DICOMOrient",
            "Extract",
            "Flip",
            "MirrorPad",
            "PermuteAxes",
            "RegionOfInterest",
            "Shrink",
            "Slice",
            "WrapPad",
            "ZeroFluxNeumannPad",
        )
    },
}
_NEAREST = "sitkNearestNeighbor"
_WHOLE_TYPES = frozenset(f"sitk{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32))
# Filters that take nothing but whole numbers, and give such.
_OF_WHOLE_NUMBERS = frozenset({"simpleitk.ChangeLabel", "simpleitk.LabelContour"})


def _is_made_whole(plan: WorkPlan, node: int) -> bool:
    """Whether an operation makes whole numbers of what is none: it casts to a type of such."""
    name = plan.kinds[node].operator.name
    return name in _OF_WHOLE_NUMBERS or (
        name == "simpleitk.Cast" and _said_last(plan, node) in _WHOLE_TYPES
    )


def _said_last(plan: WorkPlan, node: int) -> object:
    """The name of SimpleITK's that an operation has for its last argument, which may be a text."""
    last = plan.kinds[plan.arguments(node)[-1]]
    said = last.constants[0] if last.constants else last.operator.name
    return said.removeprefix("simpleitk.") if isinstance(said, str) else None


def _kept(plan: WorkPlan, node: int) -> tuple[int, ...]:
    """The arguments that the result of an operation has its values from."""
    name, arguments = plan.kinds[node].operator.name, plan.arguments(node)
    if name == "simpleitk.Resample":
        return arguments[:1] if _said_last(plan, node) == _NEAREST else ()
    return arguments[_KEEPING.get(name, slice(0, 0))]


def _is_whole_number(plan: WorkPlan, node: int) -> bool:
    """Whether an image has one whole number everywhere, as stands in the program."""
    if plan.kinds[node].operator.name != "constant":
        return False
    number = plan.kinds[plan.arguments(node)[0]]
    value = number.constants[0] if number.operator is NUMBER_LITERAL else None
    return isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST


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
