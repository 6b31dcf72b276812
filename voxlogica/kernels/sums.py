"""Sums whose rounding is the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled, readable


def mean(values: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    """The mean of the region's values, added up in float64, in memory order; `nan` if it is empty.

    numpy's own sums add in an order that depends on the processor.
    """
    flat = readable(values.reshape(-1), np.float32)
    total, count = _sum(flat, readable(region.reshape(-1), np.uint8))
    return total / count if count else float("nan")


@compiled
def _sum(values: NDArray[np.float32], region: NDArray[np.uint8]) -> tuple[float, int]:
    total, count = 0.0, 0
    for i in range(values.size):
        if region[i]:
            total += np.float64(values[i])
            count += 1
    return total, count
