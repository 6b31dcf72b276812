"""The value at which ranks among a region's values pass a threshold, without an image of ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled, readable

# Whole numbers that span no more than this are counted rather than sorted.
_WIDEST_COUNT = 1 << 20


def least_ranked(
    values: NDArray[np.float32],
    region: NDArray[np.bool_],
    correction: float,
    threshold: float,
    strict: bool,
) -> float:
    """The least of the region's values whose rank is at least, or if strict above, a threshold.

    Ranks are those of `ranks.percentile_ranks`, in float32, as is the threshold; `nan` is passed
    over, and is what is found where no rank passes. With a correction from 0 to 1, ranks grow with
    the values: so the voxels whose rank passes are those whose value is not below what is found.

    O(voxels) for whole numbers in a small range, as scanners give them; else the region's values
    are sorted. Memory: the region's values.
    """
    inside = np.empty(np.count_nonzero(region), np.float32)
    _pick(readable(values.reshape(-1), np.float32), readable(region.reshape(-1), np.uint8), inside)
    numbers = inside[~np.isnan(inside)]
    if not numbers.size:
        return float("nan")
    distinct, counts = _distinct(numbers)
    smaller = np.cumsum(counts) - counts
    with np.errstate(all="ignore"):
        ranks = ((smaller + correction * counts) / inside.size).astype(np.float32)
        limit = np.float32(threshold)
    passing = ranks > limit if strict else ranks >= limit
    return float(distinct[np.argmax(passing)]) if passing.any() else float("nan")


def _distinct(
    numbers: NDArray[np.float32],
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """The different numbers in ascending order, and how many there are of each. −0 is 0."""
    lowest, highest = float(numbers.min()), float(numbers.max())
    with np.errstate(all="ignore"):
        whole = highest - lowest < _WIDEST_COUNT and bool((np.floor(numbers) == numbers).all())
    if not whole:
        distinct, times = np.unique(numbers + np.float32(0), return_counts=True)
        return distinct, times.astype(np.int64)
    every = np.bincount((numbers.astype(np.float64) - lowest).astype(np.int64))
    present = np.flatnonzero(every)
    return present + lowest, every[present].astype(np.int64)


@compiled("f4[1] u1[1] f4[1]w")
def _pick(
    values: NDArray[np.float32], region: NDArray[np.uint8], inside: NDArray[np.float32]
) -> None:
    count = 0
    for i in range(values.size):
        if region[i]:
            inside[count] = values[i]
            count += 1
