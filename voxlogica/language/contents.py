"""What the voxels of an image hold by its making: how many values, labels, a colour."""

from __future__ import annotations

from typing import Any, NamedTuple

from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import ALIGN, FIT, HELD, LOAD, NUMBER_LITERAL
from voxlogica.operators.signature import AS_TYPED, MODEL, VALUATION, Voxels
from voxlogica.operators.whole_numbers import LARGEST

_LABELS = Voxels(labels=True)


class Facts(NamedTuple):
    """What the voxels of an image hold, beside what its type says: as in `Voxels`."""

    components: int | None = 1
    colour: bool = False
    labels: bool = False
    whole: bool = False


def facts(plan: WorkPlan, node: int) -> Facts:
    """What the voxels of an operation's result hold by all that it is made of."""
    if not plan.kinds[node].is_image:
        return Facts()
    return Facts(
        components=values_per_voxel(plan, node),
        colour=holds_colour(plan, node),
        labels=holds_labels(plan, node, in_floats=False),
        whole=holds_labels(plan, node, in_floats=True),
    )


def values_per_voxel(plan: WorkPlan, node: int) -> int | None:
    """How many values a voxel of an image has; None where only running the program tells."""
    found = plan.kinds[node]
    if found.operator in (ALIGN, FIT):
        return values_per_voxel(plan, plan.arguments(node)[0])
    if found.operator is LOAD:
        file: Any = found.constants[0]
        return int(file.components)
    if found.type == MODEL:
        return found.operator.voxels.components
    return 1


def holds_labels(plan: WorkPlan, node: int, in_floats: bool | None = None) -> bool:
    """Whether an operation gives labels by its making, or keeps those of others.

    What was cast to whole numbers has its own type, which is kept as it is; only where it became
    floats on its way, as in `mask`, it counts as labels: whether it did, its type says by default.
    """
    waiting, seen, found = [node], {node}, False
    if in_floats is None:
        in_floats = plan.kinds[node].type == VALUATION
    while waiting:
        current = waiting.pop()
        held = _held(plan, current)
        if held.labels or (in_floats and held.whole):
            found = True
            continue
        if _is_whole_number(plan, current):
            continue
        kept = plan.arguments(current)[held.kept]
        if not kept:
            return False
        waiting += [one for one in kept if one not in seen]
        seen.update(kept)
    return found


def _held(plan: WorkPlan, node: int) -> Voxels:
    """What the voxels of an operation hold: nothing known where that rests on its last argument."""
    kind = plan.kinds[node]
    if kind.operator is LOAD:
        file: Any = kind.constants[0]
        return _LABELS if file.holds_labels else AS_TYPED
    held = kind.operator.voxels
    return held if not held.where or _said_last(plan, node) in held.where else AS_TYPED


def _said_last(plan: WorkPlan, node: int) -> object:
    """The name of SimpleITK's that an operation has for its last argument, which may be a text."""
    last = plan.kinds[plan.arguments(node)[-1]]
    said = last.constants[0] if last.constants else last.operator.name
    return said.removeprefix("simpleitk.") if isinstance(said, str) else None


def _is_whole_number(plan: WorkPlan, node: int) -> bool:
    """Whether an image has one whole number everywhere, as stands in the program."""
    if plan.kinds[node].operator.name != "constant":
        return False
    number = plan.kinds[plan.arguments(node)[0]]
    value = number.constants[0] if number.operator is NUMBER_LITERAL else None
    return isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST


def holds_colour(plan: WorkPlan, node: int) -> bool:
    """Whether the components of an image, where it has several, are red, green and blue."""
    while plan.kinds[node].operator in (ALIGN, FIT):
        node = plan.arguments(node)[0]
    kind = plan.kinds[node]
    if kind.operator is LOAD or kind.operator is HELD:
        of: Any = kind.constants[0]
        return bool(of.is_colour)
    return kind.operator.voxels.colour
