"""What a plan says of results in a store: which are worth their place, and what they can be.

The digest of a stored result tells that it is what was put, not that it is what the operation
gives: whoever can write to a store may put an image of another size, and kernels would read beyond
it. So a result from the store is used only if it is of the type, the grid and the components that
the plan knows of. The grid of what a filter gives is not known beforehand: there, what is on one
grid according to the plan must be so when it comes together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from voxlogica.engine.store_values import ImageForm, Value, is_storable
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.operations import Kind
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import ALIGN, FIT
from voxlogica.operators.signature import (
    ANY,
    BOOL,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    VALUE,
    Cost,
    Purity,
    Type,
)

# Why an operation may be worth keeping.
Role = Literal["goal", "costly"]

# Images of fewer voxels are computed faster than they are found; and so is all of a plan whose
# images have fewer in all, and that has so few operations.
_SMALL, _FEW = 50_000, 1_000

# What a put costs a processor, measured on the images of frames.py with compression, digest and
# file: bytes of voxels a second, and the seconds that a row and a file take.
_WRITING, _WRITING_REGIONS = 400e6, 2500e6
_A_ROW, _A_FILE = 100e-6, 500e-6
# What is kept took at least so many times as long to compute as it takes to write. So writing costs
# but a part of a run, even if that has no idle core.
_WORTH = 8

_SCALARS: dict[Type, type] = {NUMBER: float, BOOL: bool, STRING: str}
# The dtype of an image of each type; a model's is its file's or filter's own.
_DTYPES = {REGION: "bool", VALUATION: "float32"}


def worth_keeping(seconds: float, value: object) -> bool:
    """Whether a result that took `seconds` to compute is worth its place in the store.

    It is if computing it took several times as long as writing it will. What cannot be stored, such
    as a sequence of images, is not.
    """
    if not is_storable(value):
        return False
    writing = _A_ROW
    if isinstance(value, Image):
        region = value.array.dtype.name == "bool"
        writing += _A_FILE + value.nbytes / (_WRITING_REGIONS if region else _WRITING)
    return seconds >= _WORTH * writing


def is_costly(kind: Kind) -> bool:
    """Whether an operation gives an image, and takes more time than going over its voxels once."""
    return kind.is_image and kind.operator.cost >= Cost.READING


def roles(plan: WorkPlan, is_one_of_many: bool = False) -> dict[bytes, Role]:
    """Why operations of a plan may be worth keeping: goals are, and what is costly if it was.

    Never what rests on the clock, on files whose names were not known, or on an effect. Of one of
    many cases, whose row is kept, nothing that is done in a moment.

    A goal is what will be asked for again; an image among them is about to be written anyway.
    """
    if is_one_of_many and _is_little(plan):
        return {}
    passing = passing_of(plan)
    found: dict[bytes, Role] = {
        operation: "costly"
        for operation, kind, is_passing in zip(plan.ids, plan.kinds, passing, strict=True)
        if kind.is_image
        and not is_passing
        and kind.operator.cost > Cost.READING
        and kind.space is not None
        # Where the size is not known yet, what it took will tell.
        and (kind.voxels is None or kind.voxels >= _SMALL)
    }
    for goal in plan.goals:
        # Not what stands in the program, or in a file.
        is_given = plan.kinds[goal.node].operator.cost in (Cost.NOTHING, Cost.READING)
        if not passing[goal.node] and (not is_given or plan.arguments(goal.node)):
            found[plan.ids[goal.node]] = "goal"
    return found


def _is_little(plan: WorkPlan) -> bool:
    """Whether a plan is carried out in less time than its results are claimed, kept and found."""
    if len(plan) > _FEW:
        return False
    voxels = 0
    for kind in plan.kinds:
        if kind.operator.cost is Cost.MUCH or (kind.is_image and kind.voxels is None):
            return False
        voxels += kind.voxels or 0
    return voxels < _SMALL


def passing_of(plan: WorkPlan) -> bytearray:
    """At each operation's position, whether its result rests on what may be another next time.

    Nobody would find it again: what is outside makes such an operation one of its run alone.
    """
    passing = bytearray(len(plan))
    if all(kind.operator.purity is Purity.PURE for kind in plan.kinds):
        return passing
    for position, kind in enumerate(plan.kinds):
        passing[position] = kind.operator.purity is not Purity.PURE or any(
            passing[argument] for argument in plan.arguments(position)
        )
    return passing


def is_as_planned(kind: Kind, found: Value | ImageForm) -> bool:
    """Whether something can be the result of operations of this kind."""
    if isinstance(found, ImageForm):
        return _is_image(kind, found)
    return not isinstance(found, Image) and _is_of(kind.type, found)


def lie_together(kind: Kind, values: Iterable[Any]) -> bool:
    """Whether what an operation of this kind combines lies on one grid, where that is the plan."""
    if kind.operator.own_grid or kind.operator in (ALIGN, FIT):
        return True
    # Of images, and of what is computed from one before it is combined, as its components.
    grids = [value.geometry for value in values if hasattr(value, "geometry")]
    return all(grid == grids[0] for grid in grids)


def _is_image(kind: Kind, found: ImageForm) -> bool:
    if kind.type not in (*_DTYPES, MODEL):
        return False
    components = kind.operator.voxels.components if kind.type == MODEL else 1
    return (
        found.dtype == _DTYPES.get(kind.type, found.dtype)
        and found.components == (components or found.components)
        and (not isinstance(kind.space, Geometry) or found.geometry == kind.space)
    )


def _is_of(expected: Type, found: object) -> bool:
    if expected in (ANY, VALUE):
        return True
    if expected.element is not None:
        of = expected.element
        return isinstance(found, list) and all(_is_of(of, item) for item in found)
    return isinstance(found, _SCALARS.get(expected, ()))
