"""Otsu's threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.extremes import finite_range
from voxlogica.kernels.histograms import Bins, bin_numbers, histogram
from voxlogica.kernels.kernel import compiled, readable


def above_threshold(
    values: NDArray[np.float32], region: NDArray[np.bool_], bins: int
) -> NDArray[np.bool_]:
    """The region's voxels above the threshold that best parts its values in two.

    `values` is float32, `region` bool; the result is bool, all of one shape. The region's finite
    values are counted in `bins` equal bins between their least and greatest, and parted after the
    bin that leaves most variance between the two sides, the first of those that tie; what lies in
    later bins is above, and so is `+inf`. Nothing is above where there are no two bins to part.

    Variances are compared as exact fractions. N. Otsu, "A threshold selection method from
    gray-level histograms" (1979). O(voxels + bins), with 2 bytes of memory a voxel.
    """
    flat = readable(values.reshape(-1), np.float32)
    inside = readable(region.reshape(-1), np.uint8)
    lowest, highest, _ = finite_range(flat, inside)
    if lowest > highest:
        return np.zeros(region.shape, np.bool_)
    numbers = bin_numbers(flat, lowest, highest, bins, closed=True)
    last_below = best_split(histogram(numbers, inside.view(np.bool_), bins))
    if last_below is None:
        return np.zeros(region.shape, np.bool_)
    result = np.empty(flat.size, np.bool_)
    into = result.view(np.uint8)
    slabs.over(
        flat.size,
        lambda first, end: _in_later_bins(
            flat[first:end],
            inside[first:end],
            numbers[first:end],
            last_below,
            bins,
            into[first:end],
        ),
        at_least=slabs.FEWEST_VOXELS,
    )
    return result.reshape(region.shape)


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


@compiled("f4[1] u1[1] u2[1]w i8*2 u1[1]w")
def _in_later_bins(
    values: NDArray[np.float32],
    inside: NDArray[np.uint8],
    numbers: Bins,
    last_below: int,
    bins: int,
    result: NDArray[np.uint8],
) -> None:
    for i in range(len(result)):
        later = last_below < numbers[i] < bins or values[i] == np.inf
        result[i] = inside[i] != 0 and later
