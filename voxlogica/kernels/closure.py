"""Closure and interior of a region, where every voxel is next to all 8 (26) around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]


def near(region: Region) -> Region:
    """The voxels in the region or next to it.

    `region` is bool, of any shape; so is the result. The neighbourhood is a box, so one step along
    each axis in turn reaches all of it: O(voxels), independent of the number of neighbours.
    """
    return _step(region, np.logical_or)


def interior(region: Region) -> Region:
    """The voxels whose neighbours are all in the region; what lies off the grid is no neighbour.

    The dual of `near`: `interior(r) == ~near(~r)`.
    """
    return _step(region, np.logical_and)


def _step(region: Region, combine: np.ufunc) -> Region:
    if region.ndim < 3:
        return _step_within(region, combine)
    # One plane after the other, so that what a plane needs stays in the processor's cache.
    result = np.empty(region.shape, np.bool_)
    last = len(region) - 1
    plane = np.empty(region.shape[1:], np.bool_)
    for z in range(last + 1):
        np.copyto(plane, region[z])
        for neighbour in (z - 1, z + 1):
            if 0 <= neighbour <= last:
                combine(plane, region[neighbour], out=plane)
        result[z] = _step_within(plane, combine)
    return result


def _step_within(region: Region, combine: np.ufunc) -> Region:
    for axis in range(region.ndim):
        result = region.copy()
        # Both ways from the region as it was: a step from where one has led would be a second step.
        before, after = np.moveaxis(region, axis, 0), np.moveaxis(result, axis, 0)
        combine(after[1:], before[:-1], out=after[1:])
        combine(after[:-1], before[1:], out=after[:-1])
        region = result
    return region
