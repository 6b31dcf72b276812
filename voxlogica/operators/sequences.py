"""Numbers that sum up a sequence of numbers, and orders of it."""

from __future__ import annotations

import math
from collections import Counter
from functools import reduce

from voxlogica.operators.scalars import greater, lesser
from voxlogica.operators.signature import (
    Cost,
    Number,
    Numbers,
    NumberTable,
    OperationError,
    Texts,
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


@operator("max", cost=Cost.MOMENT)
def greatest(values: Numbers) -> Number:
    """The greatest of the numbers; `nan` is passed over, unless there is nothing else.

    As `fold max`. An empty sequence has none, and is an error.

    Example: max([1, 2, 6])
    """
    _require(values, "max")
    return reduce(greater, values)


@operator("mean", version=2, cost=Cost.MOMENT)
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


@operator("min", cost=Cost.MOMENT)
def least(values: Numbers) -> Number:
    """The least of the numbers; `nan` is passed over, unless there is nothing else.

    As `fold min`. An empty sequence has none, and is an error.

    Example: min([1, 2, 6])
    """
    _require(values, "min")
    return reduce(lesser, values)


@operator("sort", cost=Cost.MOMENT)
def sort(values: Numbers) -> Numbers:
    """The numbers from the least to the greatest; `nan` comes last. `-sort(-s)` is the other way.

    Example: sort([30, 10, 20])
    """
    return sorted(values, key=lambda value: (math.isnan(value), value))


@operator("sort", cost=Cost.MOMENT)
def sort_texts(texts: Texts) -> Texts:
    """The strings in the order of their characters' numbers in Unicode: "B" comes before "a".

    Example: sort(["b", "a"])
    """
    return sorted(texts)


@operator("stdev", version=3, cost=Cost.MOMENT)
def stdev(values: Numbers) -> Number:
    """The standard deviation of a sample: the divisor is the count less 1; 0 for a single number.

    `nan` where one is not finite. An empty sequence has none, and is an error.

    Example: stdev([1, 2, 6])
    """
    _require(values, "stdev")
    middle = _sum(values) / len(values)
    # No power: that is the system's.
    squares = [(value - middle) * (value - middle) for value in values]
    return math.sqrt(_sum(squares) / max(len(values) - 1, 1))


@operator("sum", cost=Cost.MOMENT)
def sum_(values: Numbers) -> Number:
    """The sum of the numbers, rounded once: `fold +` rounds at each step. 0 where there are none.

    Example: sum([1, 2, 6])
    """
    return _sum(values)


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
    except ValueError:  # of inf and -inf
        return math.nan
    except OverflowError:
        pass
    if not all(map(math.isfinite, values)):
        return sum(value for value in values if not math.isfinite(value))
    from fractions import Fraction

    exact = sum(map(Fraction, values))
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
