"""How far a region extends along each axis, and where its middle is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels import slabs
from voxlogica.kernels.kernel import compiled, readable

# What is found of a plane: how many voxels, the sums of their x and y, the least and greatest.
_FOUND = 7
_MOST = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class Extent:
    """How many voxels a region has; along each axis, x first, sum, least and greatest index."""

    count: int
    sums: tuple[int, ...]
    least: tuple[int, ...]
    greatest: tuple[int, ...]


def extent(region: NDArray[np.bool_]) -> Extent | None:
    """Where a region's voxels are; None for an empty one. Exact, O(voxels)."""
    planes = readable(region.reshape((-1, *region.shape[-2:])), np.uint8)
    found = np.empty((len(planes), _FOUND), np.int64)
    slabs.over(
        len(planes),
        lambda first, end: _planes(planes[first:end], found[first:end]),
        at_least=-(-slabs.FEWEST_VOXELS // max(planes[0].size, 1)),
    )
    (at,) = np.nonzero(found[:, 0])
    if not at.size:
        return None
    there = found[at]
    axes = region.ndim
    sums = (int(there[:, 1].sum()), int(there[:, 2].sum()), int((there[:, 0] * at).sum()))
    least = (int(there[:, 3].min()), int(there[:, 5].min()), int(at[0]))
    greatest = (int(there[:, 4].max()), int(there[:, 6].max()), int(at[-1]))
    return Extent(int(there[:, 0].sum()), sums[:axes], least[:axes], greatest[:axes])


@compiled("u1[3] i8[2]w", unrolled=False)
def _planes(planes: NDArray[np.uint8], found: NDArray[np.int64]) -> None:
    for z in range(len(planes)):
        count, of_x, of_y = 0, 0, 0
        left, right, top, bottom = _MOST, -1, _MOST, -1
        for y in range(planes.shape[1]):
            row = planes[z, y]
            here, along = 0, 0
            for x in range(len(row)):
                here += int(row[x])
                along += x * int(row[x])
            if here:
                count += here
                of_x += along
                of_y += y * here
                top = min(top, y)
                bottom = y
                first = 0
                while not row[first]:
                    first += 1
                last = len(row) - 1
                while not row[last]:
                    last -= 1
                left = min(left, first)
                right = max(right, last)
        found[z, 0], found[z, 1], found[z, 2] = count, of_x, of_y
        found[z, 3], found[z, 4], found[z, 5], found[z, 6] = left, right, top, bottom
