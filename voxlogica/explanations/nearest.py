"""The nearest voxel of a region, and how far it is.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass

Region = NDArray[np.bool_]
Index = tuple[int, ...]
Spacing = tuple[float, ...]

# How many voxels to each side are looked at first.
_FIRST_REACH = 4


@dataclass(frozen=True, slots=True)
class Nearest:
    """A voxel, and the distance to its centre in physical units."""

    at: Index
    distance: float


def nearest(region: Region, spacing: Spacing, start: Index) -> Nearest | None:
    """The true voxel nearest to `start`, the first in raster order of those that tie.

    None for an empty region. The voxel itself where it is true. Squared distances are exact as in
    `kernels.distance.signed_distance`, and the root is rounded to float32, so the distance is what
    `dt` has outside a region.

    Boxes around the voxel are looked at, each twice as wide as the one before, until one has a true
    voxel; then the box that holds the ball that reaches it: O(voxels of that box).
    """
    if region[start]:
        return Nearest(start, 0.0)
    reach = _FIRST_REACH
    while True:
        steps = tuple(max(1, round(reach * min(spacing) / step)) for step in spacing)
        found = _nearest_in_box(region, spacing, start, steps)
        if found is not None:
            whole = tuple(math.floor(found.distance * (1 + 1e-6) / step) for step in spacing)
            return _nearest_in_box(region, spacing, start, whole)
        if all(n >= side for n, side in zip(steps, region.shape, strict=True)):
            return None
        reach *= 2


def distances_from(start: Index, shape: tuple[int, ...], spacing: Spacing) -> NDArray[np.float32]:
    """How far each voxel of a grid is from one, which may lie outside it; rounded as `dt` is."""
    return rounded(squares_from(start, tuple((0, side) for side in shape), spacing), spacing)


def squares_from(
    start: Index, ranges: tuple[tuple[int, int], ...], spacing: Spacing
) -> NDArray[np.float64]:
    """Squared distances to the voxels of a box, exact: in steps where these are all of one length.

    Else (dx·sx)² + (dy·sy)² + (dz·sz)² in float64, added in this order, as `signed_distance` does.
    """
    even = min(spacing) == max(spacing)
    total = np.zeros((1,) * len(ranges), np.float64)
    for axis in reversed(range(len(ranges))):
        first, end = ranges[axis]
        away = np.arange(first, end, dtype=np.float64) - start[axis]
        if not even:
            away *= spacing[axis]
        shape = [1] * len(ranges)
        shape[axis] = -1
        total = total + (away * away).reshape(shape)
    return total


def rounded(squares: NDArray[np.float64], spacing: Spacing) -> NDArray[np.float32]:
    """The distances whose squares `squares_from` has, rounded to float32 as those of `dt`."""
    unit = spacing[0] if min(spacing) == max(spacing) else 1.0
    return (unit * np.sqrt(squares)).astype(np.float32)


def _nearest_in_box(
    region: Region, spacing: Spacing, start: Index, steps: tuple[int, ...]
) -> Nearest | None:
    """The nearest true voxel of those at most so many steps away along each axis."""
    ranges = tuple(
        (max(n - reach, 0), min(n + reach + 1, side))
        for n, reach, side in zip(start, steps, region.shape, strict=True)
    )
    part = region[tuple(slice(first, end) for first, end in ranges)]
    if not part.any():
        return None
    squares = np.where(part, squares_from(start, ranges, spacing), np.inf)
    place = np.unravel_index(int(squares.argmin()), squares.shape)
    at = tuple(int(n) + first for n, (first, _) in zip(place, ranges, strict=True))
    return Nearest(at, float(rounded(squares[place], spacing)))
