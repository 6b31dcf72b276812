"""What numbers of cases are like: their mean and how sure it is, and how far they spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, median, stdev
from typing import NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.kernels.quantiles import interpolated
from voxlogica.report.bootstrap import interval_of_mean


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
