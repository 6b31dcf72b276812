"""The borders of regions, and how far two of them are apart.

A border is the voxels of a region with a face neighbour outside it; beyond the image is outside.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.distance import distances_to
from voxlogica.kernels.extents import extent
from voxlogica.kernels.quantiles import interpolated

Region = NDArray[np.bool_]
Distances = NDArray[np.float64]
Index = tuple[int, ...]


def box(region: Region) -> tuple[slice, ...] | None:
    """The smallest box with all true voxels in it; None for an empty region."""
    found = extent(region)
    if found is None:
        return None
    ends = zip(found.least[::-1], found.greatest[::-1], strict=True)
    return tuple(slice(first, last + 1) for first, last in ends)


def border(region: Region) -> Region:
    """The voxels of the region that have a neighbour across a face that is not in it."""
    inside = region.copy()
    for axis in range(region.ndim):
        along, of = np.moveaxis(inside, axis, 0), np.moveaxis(region, axis, 0)
        along[1:] &= of[:-1]
        along[:-1] &= of[1:]
        along[0] = along[-1] = False
    found: Region = region & ~inside
    return found


def between(
    one: Region, start: Index, other: Region, start_of_other: Index, spacing: tuple[float, ...]
) -> tuple[Distances, Distances]:
    """Of each true voxel, the distance to the nearest of the other; for both, in memory order.

    Each has at least one, and begins at an index of one grid, whose spacing is in the order of
    axes. Only the smallest box with both is looked at. Exact, rounded once (`distances_to`).
    """
    pairs = ((one, start), (other, start_of_other))
    low = tuple(map(min, zip(start, start_of_other, strict=True)))
    ends = [[n + length for n, length in zip(at, of.shape, strict=True)] for of, at in pairs]
    shape = tuple(max(both) - n for n, *both in zip(low, *ends, strict=True))
    seeds = []
    for of, at in pairs:
        seeds.append(np.zeros(shape, np.bool_))
        place = zip(at, low, of.shape, strict=True)
        seeds[-1][tuple(slice(n - m, n - m + length) for n, m, length in place)] = of
    there, back = seeds
    return (
        distances_to(back, spacing, np.flatnonzero(there)),
        distances_to(there, spacing, np.flatnonzero(back)),
    )


def quantile(values: Distances, share: float) -> float:
    """The value below which a share of some lies, interpolated linearly between the nearest two.

    As numpy's, to the last bit. O(values).
    """
    place = share * (values.size - 1)
    below = math.floor(place)
    above = min(below + 1, values.size - 1)
    ordered = np.partition(values, (below, above))
    return interpolated(float(ordered[below]), float(ordered[above]), place - below)
