"""Values sorted into equal bins, and counted."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.kernel import compiled, readable

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

    O(voxels), no memory beyond the result.
    """
    numbers = np.empty(values.size, np.uint16)
    flat = readable(values.reshape(-1), np.float32)
    limits = float(lowest), float(highest)
    slabs.over(
        values.size,
        lambda first, end: _bin_numbers(flat[first:end], *limits, bins, closed, numbers[first:end]),
        at_least=slabs.FEWEST_VOXELS,
    )
    return numbers.reshape(values.shape)


def histogram(numbers: Bins, region: NDArray[np.bool_], bins: int) -> NDArray[np.int64]:
    """How many voxels of the region are in each bin; int64 of length `bins`.

    O(voxels), with memory for the counts of each core.
    """
    flat = readable(numbers.reshape(-1), np.uint16)
    inside = readable(region.reshape(-1), np.uint8)
    return tally(
        numbers.size,
        bins + 1,
        lambda first, end, counts: _count(flat[first:end], inside[first:end], counts),
    )[:bins]


def tally(
    size: int, bins: int, count: Callable[[int, int, NDArray[np.int64]], object]
) -> NDArray[np.int64]:
    """What `count(first, end, counts)` adds to the counts, for slabs that together are 0 … size.

    Each thread counts for itself; whole numbers have the same sum in any order.
    """
    counts = np.zeros(bins, np.int64)
    lock = Lock()

    def do(first: int, end: int) -> None:
        own = np.zeros(bins, np.int64)
        count(first, end, own)
        with lock:
            np.add(counts, own, out=counts)

    slabs.over(size, do, at_least=max(slabs.FEWEST_VOXELS, 4 * bins))
    return counts


@compiled("f4[1] f8*2 i8 b1 u2[1]w")
def _bin_numbers(
    values: NDArray[np.float32],
    lowest: float,
    highest: float,
    bins: int,
    closed: bool,
    numbers: Bins,
) -> None:
    for i in range(len(numbers)):
        v = np.float64(values[i])
        number = bins
        if lowest <= v < highest or (closed and v == highest):
            position = (v - lowest) * bins / (highest - lowest)
            # Rounding may reach the upper end; between infinite limits there is no position.
            if not np.isnan(position):
                number = min(int(position), bins - 1)
        numbers[i] = number


@compiled("u2[1] u1[1] i8[1]w")
def _count(
    numbers: Bins,
    region: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> None:
    for i in range(len(numbers)):
        if region[i]:
            counts[numbers[i]] += 1
