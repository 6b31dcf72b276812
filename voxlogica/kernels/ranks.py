"""Ranks of values among those of a region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled, readable

# Whole numbers that span no more than this are counted rather than sorted.
_WIDEST_COUNT = 1 << 20
# What `nan` is sorted as: above the bits of any number.
_NAN_KEY = 0xFFFF_FFFF


def percentile_ranks(
    values: NDArray[np.float32], region: NDArray[np.bool_], correction: float
) -> NDArray[np.float32]:
    """For each voxel of the region, the share of it that has a smaller value.

    Those with the same value, itself included, count `correction` each. Outside the region, −1.
    `values` is float32, `region` bool; the result is float32, all of one shape. A share is a
    quotient of float64, rounded once. `nan` is neither smaller nor the same as anything, but one
    of the region's voxels all the same.

    O(voxels) for whole numbers in a small range, as scanners give them; else the region's values
    are sorted.
    """
    result = np.full(values.size, -1, np.float32)
    flat = readable(values.reshape(-1), np.float32)
    inside = readable(region.reshape(-1), np.uint8)
    lowest, highest, whole = _range_of_whole_numbers(flat, inside)
    if whole and 0 <= highest - lowest < _WIDEST_COUNT:
        counts = np.zeros(int(highest - lowest) + 1, np.int64)
        _rank_by_counting(flat, inside, lowest, counts, float(correction), result)
    else:
        keys = np.empty(np.count_nonzero(inside), np.uint64)
        _sort_keys(flat, inside, keys)
        keys.sort()
        _rank_sorted(keys, float(correction), result)
    return result.reshape(values.shape)


@compiled
def _range_of_whole_numbers(
    values: NDArray[np.float32], inside: NDArray[np.uint8]
) -> tuple[float, float, bool]:
    """The least and greatest value, and whether all are whole numbers, as far as they were read."""
    lowest, highest = np.inf, -np.inf
    for i in range(values.size):
        if inside[i]:
            v = np.float64(values[i])
            # An infinity less itself is no number, so neither it nor nan passes for whole.
            if v - np.floor(v) != 0:
                return lowest, highest, False
            lowest, highest = min(lowest, v), max(highest, v)
    return lowest, highest, True


@compiled
def _rank_by_counting(
    values: NDArray[np.float32],
    inside: NDArray[np.uint8],
    lowest: float,
    counts: NDArray[np.int64],
    correction: float,
    result: NDArray[np.float32],
) -> None:
    total = 0
    for i in range(values.size):
        if inside[i]:
            counts[int(values[i] - lowest)] += 1
            total += 1
    ranks = np.empty(len(counts), np.float32)
    smaller = 0
    for k in range(len(counts)):
        ranks[k] = np.float32((smaller + correction * counts[k]) / total)
        smaller += counts[k]
    for i in range(values.size):
        if inside[i]:
            result[i] = ranks[int(values[i] - lowest)]


@compiled
def _sort_keys(
    values: NDArray[np.float32], inside: NDArray[np.uint8], keys: NDArray[np.uint64]
) -> None:
    """A whole number for each of the region's values: in their order, and with the voxel's place.

    The value's part is in the upper half: the bits of a float, which are in the order of floats
    once those of negative ones are turned over.
    """
    bits = (values + np.float32(0)).view(np.uint32)  # −0 becomes 0: they are the same value
    count = 0
    for i in range(values.size):
        if inside[i]:
            ordered = np.uint64(bits[i])
            if values[i] < 0:
                ordered ^= np.uint64(0xFFFF_FFFF)
            else:
                ordered |= np.uint64(0x8000_0000)
            if np.isnan(values[i]):
                ordered = np.uint64(_NAN_KEY)
            keys[count] = (ordered << np.uint64(32)) | np.uint64(i)
            count += 1


@compiled
def _rank_sorted(keys: NDArray[np.uint64], correction: float, result: NDArray[np.float32]) -> None:
    total = len(keys)
    first = 0
    while first < total:
        value = keys[first] >> np.uint64(32)
        end = first + 1
        while end < total and keys[end] >> np.uint64(32) == value:
            end += 1
        smaller, same = first, end - first
        if value == np.uint64(_NAN_KEY):
            smaller, same = 0, 0
        rank = np.float32((smaller + correction * same) / total)
        for k in range(first, end):
            result[keys[k] & np.uint64(0xFFFF_FFFF)] = rank
        first = end
