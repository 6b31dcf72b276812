"""Numbers that sum up a sequence of numbers, and orders of it."""

from __future__ import annotations

import math
from collections import Counter

from voxlogica.operators.signature import (
    Cost,
    Number,
    Numbers,
    NumberTable,
    OperationError,
    operator,
)


@operator("argmax", cost=Cost.MOMENT)
def argmax(values: Numbers) -> Number:
    """The index of the greatest number; of several, the first.

    A `nan` is never the greatest. An empty sequence has none, and is an error.

    Example: argmax([0.3, 0.9, 0.5])
    """
    _require(values, "argmax")
    return float(max(range(len(values)), key=lambda i: (not math.isnan(values[i]), values[i], -i)))


@operator("argsort", cost=Cost.MOMENT)
def argsort(values: Numbers) -> Numbers:
    """The indices of the numbers from the least to the greatest; equal ones keep their order.

    A `nan` counts as greater than all others.

    Example: argsort([30, 10, 20])
    """
    order = sorted(range(len(values)), key=lambda i: (math.isnan(values[i]), values[i]))
    return [float(i) for i in order]


@operator("mean", cost=Cost.MOMENT)
def mean(values: Numbers) -> Number:
    """The mean of the numbers, their sum rounded once. An empty sequence has none: an error.

    Example: mean([1, 2, 6])
    """
    _require(values, "mean")
    return _sum(values) / len(values)


@operator("median", cost=Cost.MOMENT)
def median(values: Numbers) -> Number:
    """The number in the middle, of an even count the mean of the two; `nan` if there is any.

    An empty sequence has none, and is an error.

    Example: median([1, 2, 6])
    """
    _require(values, "median")
    if any(map(math.isnan, values)):
        return math.nan
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@operator("stdev", cost=Cost.MOMENT)
def stdev(values: Numbers) -> Number:
    """The standard deviation of a sample: the divisor is the count less 1; 0 for a single number.

    An empty sequence has none, and is an error.

    Example: stdev([1, 2, 6])
    """
    _require(values, "stdev")
    if len(values) == 1:
        return 0.0
    middle = _sum(values) / len(values)
    return math.sqrt(_sum([(value - middle) ** 2 for value in values]) / (len(values) - 1))


@operator("tally", cost=Cost.MOMENT)
def tally(values: Numbers) -> NumberTable:
    """How often each number occurs: `[number, count]` for each, from the least to the greatest.

    Example: tally([3, 1, 3])
    """
    counts = Counter(values)
    return [[value, float(counts[value])] for value in sorted(counts)]


def _require(values: list[float], name: str) -> None:
    if not values:
        raise OperationError(f"`{name}` of an empty sequence has no value")


def _sum(values: list[float]) -> float:
    """The sum, rounded once; as IEEE arithmetic has it where numbers are not finite."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)
