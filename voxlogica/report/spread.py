"""What numbers of cases are like: their mean and how sure it is, and how far they spread.

How sure it is, an interval by bootstrap says, the same on every machine.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import NormalDist, mean, median, stdev
from typing import NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.kernels.quantiles import interpolated

# So many samples are drawn, of many cases fewer: all together no more than so many numbers.
_SAMPLES, _LEAST_SAMPLES, _DRAWN = 10_000, 1_000, 10_000_000
_SEED = 0
# Of fewer there is no interval. All means of samples lie between the least and the greatest of n
# values. Where these are spread evenly about their mean, all n are on one side of it with a chance
# of 2^(1-n): of 5 values that is 6.25 %, and whatever is drawn, no interval of 95 % comes of it.
LEAST = 6
# The ends of an interval of 95 %, as shares of the samples.
_ENDS = (0.025, 0.975)
_NORMAL = NormalDist()


class Extreme(NamedTuple):
    """The least or the greatest number, and the first case that has it."""

    value: float
    case: str


@dataclass(frozen=True, slots=True)
class Spread:
    """What `n` finite numbers are like.

    Of fewer than six numbers, or groups of them, there is no `interval` of the mean, and of one no
    standard deviation (which divides by n − 1). `quartiles` are the first and the third, linear
    between two numbers.
    """

    n: int
    mean: float
    interval: tuple[float, float] | None
    stdev: float | None
    median: float
    quartiles: tuple[float, float]
    least: Extreme
    greatest: Extreme

    @staticmethod
    def of(
        values: Sequence[float], cases: Sequence[str], groups: Sequence[int] | None = None
    ) -> Spread:
        """What numbers of cases are like, at least one; `groups` as in `interval_of_mean`."""
        values = [*values]
        n, ordered = len(values), sorted(values)
        least, greatest = values.index(ordered[0]), values.index(ordered[-1])
        return Spread(
            n,
            mean(values),
            interval_of_mean(values, groups),
            _deviation(values) if n > 1 else None,
            median(values),
            (quantile(ordered, 0.25), quantile(ordered, 0.75)),
            Extreme(values[least], cases[least]),
            Extreme(values[greatest], cases[greatest]),
        )


def _deviation(values: Sequence[float]) -> float:
    try:
        return stdev(values)
    except OverflowError:
        return math.inf


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of some is, from 0 to 1, linear between two of them."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return interpolated(ordered[below], ordered[above], place - below)


def interval_of_mean(
    values: Sequence[float], groups: Sequence[int] | None = None
) -> tuple[float, float] | None:
    """The 95 % interval of the mean of finite numbers: BCa, bias-corrected and accelerated.

    Samples are drawn of the values; or of `groups` as wholes, where each value has the number of
    its own, from 0 on: what is measured of one patient belongs together. None of fewer than six
    values, or groups.

    Efron, Better Bootstrap Confidence Intervals, JASA 82 (1987); the ends are samples' means, by
    rank, as in Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 14. Of small
    samples they hold the mean less often than they say (Hesterberg, The American Statistician 69,
    2015). The
    samples are drawn by PCG64 from a fixed seed, whose stream NumPy guarantees, and added up one
    value after another. So only where rounding decides a rank could machines differ.

    O(samples · values): 10,000 samples, of more than 1,000 values fewer. Memory: O(samples).
    """
    # By a power of two, which rounds nothing: their sums must not overflow.
    exponent = math.frexp(max(map(abs, values), default=0.0))[1]
    scaled = [math.ldexp(value, -exponent) for value in values]
    drawn = _units(scaled, groups)
    if len(drawn) < LEAST:
        return None
    total = sum(count for _, count in drawn)
    mean = math.fsum(scaled) / total
    # What is drawn is how far values are from their mean: equal ones have an interval of no width.
    apart = [math.fsum([s, -mean * count]) for s, count in drawn]
    if not any(apart):
        return math.ldexp(mean, exponent), math.ldexp(mean, exponent)
    # What is nought but for rounding, of the mean and of sums.
    nought = (abs(mean) + len(apart) ** 2 * max(map(abs, apart)) / total) * 2.0**-52
    ends = _bca(apart, [count for _, count in drawn], nought)
    low, high = (math.ldexp(mean + end, exponent) for end in ends)
    # But for rounding they are within.
    return max(low, min(values)), min(high, max(values))


def _units(values: Sequence[float], groups: Sequence[int] | None) -> list[tuple[float, int]]:
    """What is drawn: the sum of each group, and of how many values."""
    if groups is None:
        return [(value, 1) for value in values]
    members: dict[int, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        members.setdefault(group, []).append(value)
    return [(math.fsum(of), len(of)) for of in members.values()]


def _bca(apart: Sequence[float], counts: Sequence[int], nought: float) -> tuple[float, float]:
    """The ends of the interval of the mean of some units, whose values' mean is nought."""
    means = _means_of_samples(apart, counts)
    samples = len(means)
    below, above = bisect_left(means, -nought), samples - bisect_right(means, nought)
    share = (below + samples - above) / (2 * samples)
    bias = _NORMAL.inv_cdf(min(max(share, 1 / (samples + 1)), samples / (samples + 1)))
    acceleration = _acceleration(apart, counts)
    ends = []
    for end in _ENDS:
        # The acceleration is at most 1/6, and there are too few samples for a step of 6.
        step = bias + _NORMAL.inv_cdf(end)
        ends.append(_NORMAL.cdf(bias + step / (1 - acceleration * step)))
    lowest = math.floor(ends[0] * (samples + 1))
    highest = samples + 1 - math.floor((1 - ends[1]) * (samples + 1))
    low, high = (means[min(max(rank, 1), samples) - 1] for rank in (lowest, highest))
    return low, high


def _means_of_samples(apart: Sequence[float], counts: Sequence[int]) -> list[float]:
    """The means of samples of units, each as many as there are, in order."""
    import numpy as np
    from numpy.random import PCG64

    number = len(apart)
    samples = min(_SAMPLES, max(_LEAST_SAMPLES, _DRAWN // number))
    of, several = np.array(apart), np.array(counts, np.float64)
    are_single = max(counts) == 1
    sums, sizes = np.zeros(samples), np.zeros(samples)
    stream = PCG64(_SEED)
    for _ in range(number):
        # The upper half of 64 random bits, as a share of the units.
        drawn = (stream.random_raw(samples) >> np.uint64(32)) * np.uint64(number) >> np.uint64(32)
        sums += of[drawn]
        if not are_single:
            sizes += several[drawn]
    means: list[float] = np.sort(sums / (number if are_single else sizes)).tolist()
    return means


def _acceleration(apart: Sequence[float], counts: Sequence[int]) -> float:
    """How fast the mean's standard error changes with it: by leaving out each unit in turn."""
    total = sum(counts)
    without = [-a / (total - count) for a, count in zip(apart, counts, strict=True)]
    middle = math.fsum(without) / len(without)
    steps = [middle - mean for mean in without]
    squares = math.fsum(step * step for step in steps)
    cubes = math.fsum(step * step * step for step in steps)
    return cubes / (6 * squares * math.sqrt(squares)) if squares else 0.0
