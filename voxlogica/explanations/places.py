"""Voxels as users count them, lengths in words, and what a voxel's surroundings are made once for.

Geometry works on indices in the order of an array's axes, (z, y, x); claims have voxels, (x, y, z).
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from voxlogica.explanations.context import Argument, Context
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.nearest import Nearest, nearest, nearest_edge
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry


def spacing_of(geometry: Geometry) -> tuple[float, ...]:
    """The spacing in the order of an array's axes."""
    return geometry.spacing[::-1]


def nearest_to(context: Context, region: NDArray[Any]) -> tuple[Voxel | None, float]:
    """The voxel of a region nearest to the one that is explained, and how far it is."""
    return _found(nearest(region, spacing_of(context.geometry), context.voxel[::-1]))


def nearest_edge_to(context: Context, region: NDArray[Any]) -> tuple[Voxel | None, float]:
    """The same of a region's edge, for a voxel that is in the region."""
    return _found(nearest_edge(region, spacing_of(context.geometry), context.voxel[::-1]))


def _found(found: Nearest | None) -> tuple[Voxel | None, float]:
    return (None, math.inf) if found is None else (found.at[::-1], found.distance)


def next_to(context: Context, region: NDArray[np.bool_], voxel: Voxel) -> Voxel | None:
    """The nearest voxel of a region that is at most a step from one."""
    return next((at for at in around(voxel, context.geometry) if region[at[::-1]]), None)


def around(voxel: Voxel, geometry: Geometry) -> list[Voxel]:
    """The voxel and those next to it, the nearest first, of equal ones in raster order."""
    found = []
    for way in product((-1, 0, 1), repeat=len(voxel)):
        at = tuple(n + step for n, step in zip(voxel, way[::-1], strict=True))
        if all(0 <= n < side for n, side in zip(at, geometry.size, strict=True)):
            pairs = zip(way[::-1], geometry.spacing, strict=True)
            found.append((sum((step * long) ** 2 for step, long in pairs), at))
    return [at for _, at in sorted(found, key=lambda one: one[0])]


def length(number: float, unit: str) -> str:
    """A length in words: three digits, and the unit."""
    return f"{float(f'{number:.3g}'):g} {unit}"


def region_and_number(context: Context) -> tuple[Argument, Argument]:
    """The two arguments of `smoothen` and its like, which take them in either order."""
    one, other = context.arguments
    return (one, other) if context.is_image(one) else (other, one)


def brightness_at(context: Context, image: Argument) -> float:
    """The number that an image, or a number, is at the voxel; a colour counts by its brightness."""
    found = context.at(image)
    if isinstance(found, tuple):
        found = context.at(context.applied("intensity", image))
    return float(found)


def numbers_of(context: Context, image: Argument) -> NDArray[np.float32]:
    """The numbers of an image, float32: of a model as it is loaded, its intensity."""
    array = context.value(image)
    if array.ndim > context.geometry.dimension or array.dtype != np.float32:
        array = context.value(context.applied("intensity", image))
    found: NDArray[np.float32] = array
    return found
