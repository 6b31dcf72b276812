"""Comparisons of loaded whole numbers with a number, without rounding them to float32 before."""

from __future__ import annotations

from typing import Any

from voxlogica.language.workplan import Place, WorkPlan
from voxlogica.primitives.literals import ALIGN, LOAD, NUMBERS_OF
from voxlogica.primitives.signature import MODEL, NUMBER, Operator
from voxlogica.primitives.whole_numbers import EXACT


def exactly(
    plan: WorkPlan, overloads: tuple[Operator, ...], values: tuple[int, ...], place: Place
) -> int | None:
    """The comparison as an exact one; None where it is none of a loaded image of whole numbers.

    Its operator is one of those in EXACT.
    """
    operator = EXACT[overloads[0].name]
    if len(values) != len(operator.parameters):
        return None
    numbers = tuple(v for v in values if plan.kinds[v].type == NUMBER)
    images = [v for v in values if plan.kinds[v].type != NUMBER]
    if len(images) != 1:
        return None
    model = _model(plan, images[0], place)
    if model is None:
        return None
    return plan.add(operator, (*numbers, model), (), plan.kinds[model].space, place)


def _model(plan: WorkPlan, image: int, place: Place) -> int | None:
    """The loaded image of large whole numbers that an image is the intensity of, in its place."""
    space = plan.kinds[image].space
    node = image
    while (kind := plan.kinds[node]).operator is not LOAD:
        converts = kind.operator is NUMBERS_OF or kind.operator.name == "intensity"
        if kind.operator is not ALIGN and not converts:
            return None
        node = plan.arguments(node)[0]
    file: Any = plan.kinds[node].constants[0]
    if not file.may_be_large or file.components != 1 or space is None:
        return None
    if plan.kinds[node].space == space:
        return node
    constants: Any = (space,)
    return plan.add(ALIGN, (node,), constants, space, place, MODEL)
