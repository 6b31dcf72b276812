"""The yardstick for `crossCorrelation`: sliding hyperfaces, as published.

One histogram is kept, of the box around the voxel at hand. A step along x takes away the face of
the box that is left behind and adds the one that comes in; then Pearson's correlation is computed
from scratch. O(voxels · (radius² + bins)) in 3-D, on one core. After G. Belmonte, V. Ciancia,
D. Latella and M. Massink, "VoxLogicA: a spatial model checker for declarative image analysis"
(2019).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sliding_hyperfaces(
    values: NDArray[np.float32],
    region: NDArray[np.bool_],
    radius: int,
    low: float,
    high: float,
    bins: int,
) -> NDArray[np.float32]:
    """The correlation at each voxel of `values`, over (z, y, x), with those of the region."""
    depth, height, width = values.shape
    result = np.empty(values.shape, np.float32)
    scale = bins / (high - low)
    target = np.zeros(bins, np.int64)
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                if region[z, y, x] and low <= values[z, y, x] < high:
                    target[int((values[z, y, x] - low) * scale)] += 1
    histogram = np.zeros(bins, np.int64)
    target_mean = target.sum() / bins
    target_spread = 0.0
    for b in range(bins):
        target_spread += (target[b] - target_mean) ** 2
    for z in range(depth):
        z0, z1 = max(z - radius, 0), min(z + radius + 1, depth)
        for y in range(height):
            y0, y1 = max(y - radius, 0), min(y + radius + 1, height)
            histogram[:] = 0
            for x in range(-radius, width):
                leaving, entering = x - radius - 1, x + radius
                if leaving >= 0:
                    for k in range(z0, z1):
                        for j in range(y0, y1):
                            v = values[k, j, leaving]
                            if low <= v < high:
                                histogram[int((v - low) * scale)] -= 1
                if entering < width:
                    for k in range(z0, z1):
                        for j in range(y0, y1):
                            v = values[k, j, entering]
                            if low <= v < high:
                                histogram[int((v - low) * scale)] += 1
                if x < 0:
                    continue
                count = 0
                for b in range(bins):
                    count += histogram[b]
                mean = count / bins
                product, spread = 0.0, 0.0
                for b in range(bins):
                    difference = histogram[b] - mean
                    product += difference * (target[b] - target_mean)
                    spread += difference * difference
                if spread > 0 and target_spread > 0:
                    result[z, y, x] = product / np.sqrt(spread * target_spread)
                else:
                    result[z, y, x] = spread == target_spread
    return result
