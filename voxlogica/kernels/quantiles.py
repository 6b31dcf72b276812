"""A region's values by their rank: quantiles, and where ranks pass a threshold; unsorted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

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
    if not np.count_nonzero(region):
        return math.nan
    flat, inside = _gathered(values, region)
    wanted = _Threshold(correction, threshold, strict)
    counted = whole_numbers(flat, inside)
    if counted is None:
        return _of_any_numbers(flat.view(np.uint32), inside, wanted)
    lowest, counts = counted
    found = wanted.first(np.cumsum(counts) - counts, counts, int(counts.sum()))
    return math.nan if found is None else lowest + found


@dataclass(frozen=True, slots=True, eq=False)
class CountedValues:
    """A region's values, counted: those of each rank are found in one more pass, or none.

    Of whole numbers in a small range it is known how many of each there are, from `lowest` on. Of
    others, how many share the upper half of their bits, of the values in `bits` where `inside` is.
    """

    counts: Counts
    lowest: float | None
    bits: NDArray[np.uint32]
    inside: NDArray[np.uint8]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return self.counts, self.bits, self.inside

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> CountedValues:
        """The same with arrays equal to its own."""
        counts, bits, inside = arrays
        bits, inside = readable(bits, np.uint32), readable(inside, np.uint8)
        return CountedValues(counts, self.lowest, bits, inside)


_NO_BITS, _NOWHERE = np.empty(0, np.uint32), np.empty(0, np.uint8)


def ranked(values: NDArray[np.float32], region: NDArray[np.bool_]) -> CountedValues:
    """A region's values, counted. O(voxels)."""
    flat, inside = _gathered(values, region)
    if not flat.size:
        return CountedValues(np.zeros(1, np.int64), 0.0, _NO_BITS, _NOWHERE)
    counted = whole_numbers(flat, inside)
    if counted is not None:
        return CountedValues(counted[1], counted[0], _NO_BITS, _NOWHERE)
    bits = flat.view(np.uint32)
    return CountedValues(_by_upper_half(bits, inside), None, bits, inside)


def quantile(among: CountedValues, share: float) -> float:
    """The value below which this share of the values is, from 0 to 1.

    Of n values in their order, counted from 0, it is at place (n − 1) · share, and between two of
    them in a line, in float64; `nan` where there is none, or one of them is. It is what numpy has
    for float64.
    """
    return interpolated(*_around(among, share))


def median(among: CountedValues) -> float:
    """The value in the middle, of an even number the mean of the two; as `quantile` else.

    A line between the two is rounded more often, so `quantile` may have another last bit.
    """
    low, high, between = _around(among, 0.5)
    return (low + high) / 2 if between else low


def _around(among: CountedValues, share: float) -> tuple[float, float, float]:
    """The values below and above a share, and how far between them it is; `nan` of none."""
    ends = np.cumsum(among.counts)
    count = int(ends[-1])
    if not count or (among.lowest is None and among.counts[_NAN]):
        return math.nan, math.nan, 0.0
    place = (count - 1) * share
    at = min(int(place), count - 1)
    return *_of_ranks(among, ends, (at, min(at + 1, count - 1))), place - at


def interpolated(low: float, high: float, between: float) -> float:
    """What is in a line between two values, of which the first is the lesser; as numpy has it."""
    if low == high or not between:
        return low
    if math.isinf(low) or math.isinf(high):
        return low * (1 - between) + high * between
    if between < 0.5:
        return low + (high - low) * between
    return high - (high - low) * (1 - between)


def _of_ranks(among: CountedValues, ends: Counts, ranks: tuple[int, int]) -> tuple[float, float]:
    """The values that have so many before them."""
    first, last = np.searchsorted(ends, ranks, side="right").tolist()
    if among.lowest is not None:
        return among.lowest + first, among.lowest + last
    found: list[float] = []
    counts: dict[int, Counts] = {}
    for rank, upper in zip(ranks, (first, last), strict=True):
        if upper not in counts:
            counts[upper] = np.cumsum(_by_lower_half(among.bits, among.inside, upper))
        before = int(ends[upper] - among.counts[upper])
        lower = int(np.searchsorted(counts[upper], rank - before, side="right"))
        found.append(_value(upper << _HALF | lower))
    return found[0], found[1]


def _gathered(
    values: NDArray[np.float32], region: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Values, and where they count: those that are few are taken out, to be gone through again."""
    count = np.count_nonzero(region)
    if count * _FEW < region.size:
        values = values[region]
        region = np.ones(count, np.bool_)
    return readable(values.reshape(-1), np.float32), readable(region.reshape(-1), np.uint8)


def _by_upper_half(bits: NDArray[np.uint32], inside: NDArray[np.uint8]) -> Counts:
    return tally(
        bits.size,
        _COUNTS,
        lambda first, end, counts: _count_upper(bits[first:end], inside[first:end], counts),
    )


def _by_lower_half(bits: NDArray[np.uint32], inside: NDArray[np.uint8], upper: int) -> Counts:
    """Of those with an upper half, how many have each lower one."""
    return tally(
        bits.size,
        _COUNTS,
        lambda first, end, counts: _count_lower(bits[first:end], inside[first:end], upper, counts),
    )


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
    counts = _by_upper_half(bits, inside)
    ends = np.cumsum(counts)
    total = int(ends[-1])
    # None of those that are counted together ranks higher; nor, in general, any of the next lower.
    highest = shares(ends, counts, total, max(wanted.correction - 1, 0.0))
    passes = wanted.passed(highest) & (counts > 0)
    passes[_NAN] = False
    for upper in np.flatnonzero(passes).tolist():
        same = _by_lower_half(bits, inside, upper)
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
