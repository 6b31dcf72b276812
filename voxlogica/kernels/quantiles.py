"""The value at which ranks among a region's values pass a threshold, without an image of ranks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.histograms import tally
from voxlogica.kernels.kernel import compiled, readable
from voxlogica.kernels.ranks import ordered, shares, whole_numbers

# Values are counted by the upper half of their bits, then some by the lower.
_HALF = 16
_COUNTS = 1 << _HALF
# Where `nan` is counted, and nothing else.
_NAN = _COUNTS - 1
_SIGN = 1 << 31

# One voxel in so many is few.
_FEW = 8

Counts = NDArray[np.int64]


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

    O(voxels). Whole numbers in a small range are counted. Of others, the upper half of their bits
    is, then the lower half of those among which ranks begin to pass: as radix sort does, without
    sorting. Memory: a count of each number, or 65,536 of them, on each core.
    """
    count = np.count_nonzero(region)
    if not count:
        return math.nan
    if count * _FEW < region.size:
        # Gone through several times: so few are taken out first.
        values = values[region]
        region = np.ones(count, np.bool_)
    flat = readable(values.reshape(-1), np.float32)
    inside = readable(region.reshape(-1), np.uint8)
    wanted = _Threshold(correction, threshold, strict)
    counted = whole_numbers(flat, inside)
    if counted is None:
        return _of_any_numbers(flat.view(np.uint32), inside, wanted)
    lowest, counts = counted
    found = wanted.first(np.cumsum(counts) - counts, counts, int(counts.sum()))
    return math.nan if found is None else lowest + found


@dataclass(frozen=True, slots=True)
class _Threshold:
    correction: float
    number: float
    strict: bool

    def passed(self, ranks: NDArray[np.float32]) -> NDArray[np.bool_]:
        with np.errstate(all="ignore"):
            number = np.float32(self.number)
        passed: NDArray[np.bool_] = ranks > number if self.strict else ranks >= number
        return passed

    def first(self, smaller: Counts, same: Counts, total: int) -> int | None:
        """The first of which there are any and whose rank passes."""
        passes = self.passed(shares(smaller, same, total, self.correction)) & (same > 0)
        first = int(np.argmax(passes))
        return first if passes[first] else None


def _of_any_numbers(
    bits: NDArray[np.uint32], inside: NDArray[np.uint8], wanted: _Threshold
) -> float:
    def by_upper(first: int, end: int, counts: Counts) -> None:
        _count_upper(bits[first:end], inside[first:end], counts)

    counts = tally(bits.size, _COUNTS, by_upper)
    ends = np.cumsum(counts)
    total = int(ends[-1])
    # None of those that are counted together ranks higher; nor, in general, any of the next lower.
    highest = shares(ends, counts, total, max(wanted.correction - 1, 0.0))
    passes = wanted.passed(highest) & (counts > 0)
    passes[_NAN] = False
    for upper in np.flatnonzero(passes).tolist():

        def by_lower(first: int, end: int, counts: Counts, upper: int = upper) -> None:
            _count_lower(bits[first:end], inside[first:end], upper, counts)

        same = tally(bits.size, _COUNTS, by_lower)
        smaller = np.cumsum(same) - same + (ends[upper] - counts[upper])
        found = wanted.first(smaller, same, total)
        if found is not None:
            return _value(upper << _HALF | found)
    return math.nan


def _value(order: int) -> float:
    """The float32 of such a place in the order of all."""
    bits = order ^ _SIGN if order & _SIGN else order ^ 0xFFFF_FFFF
    return float(np.uint32(bits).view(np.float32))


@compiled("u4[1] u1[1] i8[1]w")
def _count_upper(bits: NDArray[np.uint32], inside: NDArray[np.uint8], counts: Counts) -> None:
    for i in range(len(bits)):
        if inside[i]:
            counts[ordered(np.int64(bits[i])) >> _HALF] += 1


@compiled("u4[1] u1[1] i8 i8[1]w")
def _count_lower(
    bits: NDArray[np.uint32], inside: NDArray[np.uint8], upper: int, counts: Counts
) -> None:
    for i in range(len(bits)):
        order = ordered(np.int64(bits[i]))
        if inside[i] and order >> _HALF == upper:
            counts[order & (_COUNTS - 1)] += 1
