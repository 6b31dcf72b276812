"""Sums of the values of a block, in an order that is the same everywhere, and of all blocks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.extremes import INFINITE, MAGNITUDE, value_at
from voxlogica.kernels.kernel import compiled

# Voxels of a block: a handful of blocks of float32 fit the first cache. Sums depend on it.
BLOCK = 4096
# Of a block are kept: the sum; of a summary the squares of deviations too, the least and greatest.
KEPT = 4


def mean_of(totals: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """The mean, of the sums of blocks and how many values of each are in them."""
    number = int(counts.sum())
    return _added(totals[:, 0]) / number if number else float("nan")


def _added(numbers: NDArray[np.float64]) -> float:
    # numpy's own sums add in an order that depends on the processor; accumulating has but one.
    with np.errstate(all="ignore"):
        return float(np.add.accumulate(numbers)[-1])


def summary_of(totals: NDArray[np.float64], counts: NDArray[np.int64]) -> list[float]:
    """Number, sum, mean, deviation, least and greatest, of what is kept of each block."""
    (there,) = np.nonzero(counts)
    if not there.size:
        return [0.0, *[math.nan] * 5]
    found, of_block = totals[there], counts[there].astype(np.float64)
    number, least, greatest = int(counts.sum()), found[:, 2].min(), found[:, 3].max()
    if least < -INFINITE - 1 or greatest > INFINITE:
        return [float(number), *[math.nan] * 5]
    # Blocks without a voxel of the region are 0, and change no sum.
    added = _added(totals[:, 0])
    middle = added / number
    with np.errstate(all="ignore"):
        apart = found[:, 0] / of_block - middle
        apart_squared = _added(found[:, 1]) + _added(apart * apart * of_block)
    deviation = math.sqrt(apart_squared / (number - 1)) if number > 1 else apart_squared
    bounds = value_at(int(least)), value_at(int(greatest))
    return [float(number), added, middle, deviation, *bounds]


@compiled()
def count(region: NDArray[np.uint8], n: int) -> int:
    """How many voxels of a block are true."""
    count = 0
    for i in range(n):
        count += int(region[i])
    return count


@compiled()
def total(
    values: NDArray[np.float32],
    region: NDArray[np.uint8],
    n: int,
    sums: NDArray[np.float64],
) -> float:
    """The region's values, added up: what is outside is 0, and the block folded in halves."""
    for i in range(n):
        one = np.float64(values[i])
        sums[i] = one if region[i] else 0.0
    return _folded(sums, n)


@compiled()
def squares(
    values: NDArray[np.float32],
    region: NDArray[np.uint8],
    n: int,
    middle: float,
    sums: NDArray[np.float64],
) -> float:
    """The squares of what the region's values are apart from a number, added up."""
    for i in range(n):
        apart = np.float64(values[i]) - middle
        sums[i] = apart * apart if region[i] else 0.0
    return _folded(sums, n)


@compiled()
def _folded(sums: NDArray[np.float64], n: int) -> float:
    for i in range(n, BLOCK):
        sums[i] = 0.0
    half = BLOCK // 2
    while half:
        front, back = sums[:half], sums[half : 2 * half]
        for i in range(half):
            front[i] += back[i]
        half //= 2
    return float(sums[0])


@compiled()
def extremes(
    bits: NDArray[np.int32], region: NDArray[np.uint8], n: int, found: NDArray[np.float64]
) -> None:
    """The least and greatest of the region's values, as places in the order of all floats.

    The bits of floats are in that order once those of negative ones are turned over: whole numbers
    have a least in vectors, and `nan` is beyond the infinities.
    """
    least, greatest = MAGNITUDE, -MAGNITUDE - 1
    for i in range(n):
        pattern = int(bits[i])
        order = pattern if pattern >= 0 else pattern ^ MAGNITUDE
        low = order if region[i] else MAGNITUDE
        high = order if region[i] else -MAGNITUDE - 1
        least, greatest = min(least, low), max(greatest, high)
    found[2], found[3] = least, greatest
