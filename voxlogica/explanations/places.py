"""Voxels as users count them, lengths in words, and what a voxel's surroundings are made once for.

Geometry works on indices in the order of an array's axes, (z, y, x); claims have voxels, (x, y, z).
"""

from __future__ import annotations

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


def nearest_to(
    context: Context, region: NDArray[Any], voxel: Voxel | None = None
) -> Nearest | None:
    """The voxel of a region nearest to the one that is explained, or to another; as a voxel."""
    start = (voxel or context.voxel)[::-1]
    found = nearest(region, spacing_of(context.geometry), start)
    return None if found is None else Nearest(found.at[::-1], found.distance)


def nearest_edge_to(context: Context, region: NDArray[Any]) -> Nearest | None:
    """The voxel of a region's edge nearest to the one that is explained, which is in the region."""
    found = nearest_edge(region, spacing_of(context.geometry), context.voxel[::-1])
    return None if found is None else Nearest(found.at[::-1], found.distance)


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


def numbers_of(context: Context, image: Argument) -> NDArray[np.float32]:
    """The numbers of an image, float32: of a model as it is loaded, its intensity."""
    array = context.value(image)
    if array.ndim > context.geometry.dimension or array.dtype != np.float32:
        array = context.value(context.applied("intensity", image))
    found: NDArray[np.float32] = array
    return found
