"""Which of several combinations is the best by a criterion, with all cases and without some."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.batch.criterion import Criterion

Matrix = NDArray[np.float64]


def chosen(values: Matrix, criterion: Criterion) -> int:
    """The best combination: the first of those that are. `values` has a row for each.

    They are finite, and there is at least one row and one column, which is a case.
    """
    everyone = np.zeros(values.shape[1], np.int64)
    return next(_choices(values, criterion, everyone, [-1]))


def chosen_without(values: Matrix, criterion: Criterion, groups: Sequence[int]) -> list[int]:
    """As `chosen`, without the cases of each group in turn; `groups` has each case's, from 0 on.

    There are at least two groups. Exactly what leaving them out one by one would give. For a mean
    O(values), with exact sums; for others O(values) a group, after sorting.
    """
    of = np.array(groups, np.int64)
    return [*_choices(values, criterion, of, range(int(of.max()) + 1))]


def _choices(
    values: Matrix, criterion: Criterion, groups: NDArray[np.int64], left_out: Sequence[int]
) -> Iterator[int]:
    ways = _sums if criterion.statistic == "mean" else _ordered
    for scores in ways(values, criterion, groups, left_out):
        # The first of several that are equal.
        yield int(np.argmin(scores) if criterion.least else np.argmax(scores))


def _sums(
    values: Matrix, criterion: Criterion, groups: NDArray[np.int64], left_out: Sequence[int]
) -> Iterator[NDArray[Any]]:
    """The sums of the others, as whole numbers: all have as many of them, so means order alike."""
    exact = _whole(values)
    totals = exact.sum(axis=1)
    for group in left_out:
        yield totals - exact[:, groups == group].sum(axis=1)


def _whole(values: Matrix) -> NDArray[Any]:
    """The numbers times a power of two, so that they are whole, and sums of them exact."""
    parts, exponents = (of.ravel().tolist() for of in np.frexp(values))
    lowest = min(exponents)
    whole = np.empty(values.size, object)
    pairs = zip(parts, exponents, strict=True)
    whole[:] = [int(part * 2**53) << (exponent - lowest) for part, exponent in pairs]
    return whole.reshape(values.shape)


def _ordered(
    values: Matrix, criterion: Criterion, groups: NDArray[np.int64], left_out: Sequence[int]
) -> Iterator[Matrix]:
    """The statistic of the others: they stay in order."""
    order = np.argsort(values, axis=1, kind="stable")
    in_order, of = np.take_along_axis(values, order, axis=1), groups[order]
    for group in left_out:
        rest = in_order[of != group].reshape(len(values), -1)
        yield _STATISTICS[criterion.statistic](rest, criterion.share)


def _median(rest: Matrix, share: float) -> Matrix:
    half = rest.shape[1] // 2
    low: Matrix = rest[:, half - 1 + rest.shape[1] % 2]
    return (low + rest[:, half]) / 2


def _quantile(rest: Matrix, share: float) -> Matrix:
    """As `kernels.quantiles.interpolated`, of each row."""
    place = (rest.shape[1] - 1) * share
    below = math.floor(place)
    low, high = rest[:, below], rest[:, min(below + 1, rest.shape[1] - 1)]
    between = place - below
    found: Matrix = (
        low + (high - low) * between if between < 0.5 else high - (high - low) * (1 - between)
    )
    return found


_STATISTICS: dict[str, Callable[[Matrix, float], Matrix]] = {
    "median": _median,
    "min": lambda rest, share: rest[:, 0],
    "max": lambda rest, share: rest[:, -1],
    "quantile": _quantile,
}
