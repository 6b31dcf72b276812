"""Texture: what the values around a voxel are like."""

from __future__ import annotations

import math

from voxlogica import kernels
from voxlogica.images.arrays import np
from voxlogica.operators.signature import Number, OperationError, Region, Valuation, operator
from voxlogica.operators.statistics import whole_bins


@operator("crossCorrelation")
def cross_correlation(
    rho: Number,
    a: Valuation,
    b: Valuation,
    fb: Region,
    m1: Number,
    m2: Number,
    k: Number,
) -> Valuation:
    """How like the histogram of b over region fb the histogram of a is around each voxel.

    From −1 to 1: Pearson's correlation, across the bins, of the two histograms. Each has k equal
    bins (a whole number from 1 to 65,535) over the values from m1 up to, not including, m2; other
    values and `nan` are not counted, and nothing is where m1 is not below m2. Around a voxel means
    the box whose radius along each axis is `rho`, in physical units, divided by the spacing and
    rounded, half to even, to at least 1 voxel; it is cut at the edge of the image. Where both
    histograms are constant the result is 1, where only one is, 0. Counts are exact; the correlation
    is computed in float64 and rounded to float32.

    Example: crossCorrelation(5, v, v, tumour, min(v), max(v), 100)
    """
    bins = whole_bins("crossCorrelation", k)
    if math.isnan(rho):
        raise OperationError(
            "crossCorrelation got nan for its radius",
            "give a radius in the unit of the image's spacing, such as 3",
        )
    geometry = a.geometry
    radius = tuple(
        round(min(max(rho / step, 1.0), float(side)))
        for step, side in zip(geometry.spacing[::-1], geometry.shape, strict=True)
    )
    with np.errstate(all="ignore"):
        low, high = float(np.float32(m1)), float(np.float32(m2))
    numbers = kernels.histograms.bin_numbers(a.array, low, high, bins)
    # Often the target is a part of the very image.
    numbers_of_b = (
        numbers if b.array is a.array else kernels.histograms.bin_numbers(b.array, low, high, bins)
    )
    target = kernels.histograms.histogram(numbers_of_b, fb.array, bins)
    try:
        return a.with_array(kernels.texture.local_correlation(numbers, target, radius))
    except OverflowError:
        raise OperationError(
            f"crossCorrelation can't count so many voxels exactly in {bins} bins",
            "use a smaller radius or fewer bins",
        ) from None
