"""Values sorted into equal bins, and counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled, readable

# The most bins there may be: a bin's number, and one more for "none", must fit uint16.
MOST_BINS = 65_535

Bins = NDArray[np.uint16]


def bin_numbers(
    values: NDArray[np.float32], lowest: float, highest: float, bins: int, closed: bool = False
) -> Bins:
    """The bin each value falls in, `bins` for none; uint16, of the shape of `values`.

    There are `bins` equal ones over [lowest, highest): a value v is in ⌊(v − lowest) · bins /
    (highest − lowest)⌋, computed in float64. `closed` counts `highest` itself in the last bin.
    `nan` is in none, and nothing is in any where `lowest` is not below `highest`.
    """
    numbers = np.empty(values.size, np.uint16)
    flat = readable(values.reshape(-1), np.float32)
    _bin_numbers(flat, float(lowest), float(highest), bins, closed, numbers)
    return numbers.reshape(values.shape)


def histogram(numbers: Bins, region: NDArray[np.bool_], bins: int) -> NDArray[np.int64]:
    """How many voxels of the region are in each bin; int64 of length `bins`."""
    counts = np.zeros(bins + 1, np.int64)
    _count(numbers.reshape(-1), readable(region.reshape(-1), np.uint8), counts)
    return counts[:bins]


@compiled
def _bin_numbers(
    values: NDArray[np.float32],
    lowest: float,
    highest: float,
    bins: int,
    closed: bool,
    numbers: Bins,
) -> None:
    for i in range(values.size):
        v = np.float64(values[i])
        number = bins
        if lowest <= v < highest or (closed and v == highest):
            position = (v - lowest) * bins / (highest - lowest)
            # Rounding may reach the upper end; between infinite limits there is no position.
            if not np.isnan(position):
                number = min(int(position), bins - 1)
        numbers[i] = number


@compiled
def _count(numbers: Bins, region: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    for i in range(numbers.size):
        if region[i]:
            counts[numbers[i]] += 1
