"""The two histograms that `crossCorrelation` compares at a voxel, and how like they are.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.histograms import bin_numbers, histogram

Values = NDArray[np.float32]
Index = tuple[int, ...]
Counts = tuple[int, ...]

# Heights of bars, in eighths of a line of text.
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Compared:
    """Counts by bins from `low` up to `high`: `around` the voxel, and of the `target`.

    `box` has the first and the last index of the box around the voxel. The correlation is what
    `crossCorrelation` gives there.
    """

    around: Counts
    target: Counts
    low: float
    high: float
    box: tuple[Index, Index]
    correlation: float


def radius_in_voxels(rho: float, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Index:
    """How far the box around a voxel reaches along each axis, as `crossCorrelation` rounds it."""
    return tuple(
        round(min(max(rho / step, 1.0), float(side)))
        for step, side in zip(spacing, shape, strict=True)
    )


def compared(
    values: Values, target: Counts, low: float, high: float, radius: Index, at: Index
) -> Compared:
    """The histogram of a float32 image around a voxel, beside a target's, which has a count a bin.

    `low` and `high` are rounded to float32, as is the result. O(voxels of the box + bins).
    """
    low, high = float(np.float32(low)), float(np.float32(high))
    first = tuple(max(n - reach, 0) for n, reach in zip(at, radius, strict=True))
    last = tuple(
        min(n + reach, side - 1) for n, reach, side in zip(at, radius, values.shape, strict=True)
    )
    part = values[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))]
    around = counts(part, np.ones(part.shape, np.bool_), low, high, len(target))
    return Compared(around, target, low, high, (first, last), correlation(around, target))


def counts(values: Values, region: NDArray[np.bool_], low: float, high: float, bins: int) -> Counts:
    """How many values of the region are in each of some equal bins from `low` up to `high`."""
    low, high = float(np.float32(low)), float(np.float32(high))
    # Mostly the region is a small part of the image: only its values are counted.
    counted = values[region]
    numbers = bin_numbers(counted, low, high, bins)
    return tuple(histogram(numbers, np.ones(counted.shape, np.bool_), bins).tolist())


def correlation(one: Counts, other: Counts) -> float:
    """Pearson's correlation across bins; 1 where both are constant, 0 where only one is.

    Sums are exact; roots, product and quotient are rounded as by `kernels.texture`.
    """
    bins = len(one)
    spread, target_spread = (
        float(bins * sum(n * n for n in h) - sum(h) ** 2) for h in (one, other)
    )
    if not (spread and target_spread):
        return float(spread == target_spread)
    product = sum(n * (bins * m - sum(other)) for n, m in zip(one, other, strict=True))
    return float(np.float32(product / (math.sqrt(spread) * math.sqrt(target_spread))))


def drawn(heights: Counts, columns: int = 60, lines: int = 1) -> tuple[str, ...]:
    """A histogram in characters, from the top line down: bins that stand together are added."""
    together = -(-len(heights) // columns)
    sums = [sum(heights[i : i + together]) for i in range(0, len(heights), together)]
    most = max(max(sums), 1)
    # What is there is seen: at least an eighth.
    eighths = [-(-8 * lines * n // most) for n in sums]
    return tuple(
        "".join(_BARS[min(max(n - 8 * line, 0), 8)] for n in eighths)
        for line in reversed(range(lines))
    )
