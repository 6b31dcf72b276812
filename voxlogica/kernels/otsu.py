"""Otsu's threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.histograms import bin_numbers, histogram


def above_threshold(
    values: NDArray[np.float32], region: NDArray[np.bool_], bins: int
) -> NDArray[np.bool_]:
    """The region's voxels above the threshold that best parts its values in two.

    `values` is float32, `region` bool; the result is bool, all of one shape. The region's finite
    values are counted in `bins` equal bins between their least and greatest, and parted after the
    bin that leaves most variance between the two sides, the first of those that tie; what lies in
    later bins is above, and so is `+inf`. Nothing is above where there are no two bins to part.

    Variances are compared as exact fractions. N. Otsu, "A threshold selection method from
    gray-level histograms" (1979).
    """
    finite = values[region]
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return np.zeros(region.shape, np.bool_)
    numbers = bin_numbers(values, finite.min(), finite.max(), bins, closed=True)
    counts = histogram(numbers, region, bins)
    last_below = best_split(counts)
    if last_below is None:
        return np.zeros(region.shape, np.bool_)
    later = (numbers > last_below) & (numbers < bins)
    above: NDArray[np.bool_] = region & (later | (values == np.inf))
    return above


def best_split(counts: NDArray[np.int64]) -> int | None:
    """The last bin of the lower class, or None where fewer than two bins have anything in them.

    With weight w and sum of bin numbers m below, W and M in all, the variance between the classes
    is proportional to (M·w − W·m)² / (w·(W − w)).
    """
    filled = np.flatnonzero(counts).tolist()
    heights = counts[filled].tolist()
    whole = sum(heights)
    moment = sum(k * h for k, h in zip(filled, heights, strict=True))
    best: int | None = None
    best_over, best_under = -1, 1
    w = m = 0
    # A split after an empty bin is one after the filled bin before it, which comes first.
    for k, h in zip(filled[:-1], heights, strict=False):
        w += h
        m += k * h
        over, under = (moment * w - whole * m) ** 2, w * (whole - w)
        if over * best_under > best_over * under:
            best, best_over, best_under = k, over, under
    return best
