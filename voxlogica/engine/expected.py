"""What a plan says of a result, held against what a store has under the operation's id.

The digest of a stored result tells that it is what was put, not that it is what the operation
gives: whoever can write to a store may put an image of another size, and kernels would read beyond
it. So a result from the store is used only if it is of the type, the grid and the components that
the plan knows of. The grid of what a filter gives is not known beforehand: there, what is on one
grid according to the plan must be so when it comes together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voxlogica.engine.store_values import ImageForm, Value
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.operations import Kind
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
    Type,
)

_SCALARS: dict[Type, type] = {NUMBER: float, BOOL: bool, STRING: str}
# The dtype of an image of each type; a model's is its file's or filter's own.
_DTYPES = {REGION: "bool", VALUATION: "float32"}


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
