"""Numbers that sum up an image, and values seen against all others."""

from __future__ import annotations

from voxlogica import kernels
from voxlogica.images.arrays import np
from voxlogica.images.image import Image
from voxlogica.kernels.voxelwise import COUNT, GREATEST, LEAST, MEAN
from voxlogica.operators.signature import (
    Cost,
    Number,
    OperationError,
    Region,
    Valuation,
    Voxels,
    operator,
)
from voxlogica.operators.summaries import STATISTICS, median_of, quantile_of, ranked_of, summary_of


@operator("volume", "vol", step=COUNT, cost=Cost.PASS, of_not_zero=True)
def volume(region: Region) -> Number:
    """How many voxels are in the region.

    A count: `mm3` and `ml` have physical units. Of an image of one number a voxel that was loaded,
    or that a filter gave, those are counted that are not 0.

    Example: volume(intensity(img) >. 0)
    """
    return float(np.count_nonzero(region.array))


@operator("min", step=LEAST, cost=Cost.PASS, voxels=Voxels(kept=slice(1)))
def minimum(values: Valuation) -> Number:
    """The least value of the image.

    Voxels that are `nan` are not counted; `nan` if all are.

    Example: v -. min(v)
    """
    return _extreme(np.fmin, values)


@operator("max", step=GREATEST, cost=Cost.PASS, voxels=Voxels(kept=slice(1)))
def maximum(values: Valuation) -> Number:
    """The greatest value of the image.

    Voxels that are `nan` are not counted; `nan` if all are.

    Example: v /. max(v)
    """
    return _extreme(np.fmax, values)


@operator("avg", version=2, step=MEAN, cost=Cost.PASS)
def avg(values: Valuation, region: Region) -> Number:
    """The mean of the values over the region.

    Added up in float64. `nan` for an empty region, or where a voxel of the region is `nan`.

    Example: avg(intensity(img), a)
    """
    return kernels.blocks.mean(values.array, region.array)


@operator("sum", cost=Cost.PASS)
def total_over(values: Valuation, region: Region) -> Number:
    """The sum of the values over the region.

    Added up in float64, as `avg` does. `nan` for an empty region, or where a voxel of the region is
    `nan`.

    Example: sum(intensity(img), a)
    """
    return _summary(values, region, "sum")


@operator("stdev", cost=Cost.PASS)
def deviation_over(values: Valuation, region: Region) -> Number:
    """The standard deviation of the values over the region: of a sample, with n − 1.

    In float64; 0 for a single voxel. `nan` for an empty region, or where a voxel of the region is
    `nan`.

    Example: stdev(intensity(img), a)
    """
    return _summary(values, region, "deviation")


@operator("min", cost=Cost.PASS)
def minimum_over(values: Valuation, region: Region) -> Number:
    """The least value over the region.

    `nan` for an empty region, or where a voxel of the region is `nan`, which `min(v)` passes over.

    Example: min(intensity(img), a)
    """
    return _summary(values, region, "least")


@operator("max", cost=Cost.PASS)
def maximum_over(values: Valuation, region: Region) -> Number:
    """The greatest value over the region.

    `nan` for an empty region, or where a voxel of the region is `nan`, which `max(v)` passes over.

    Example: max(intensity(img), a)
    """
    return _summary(values, region, "greatest")


@operator("median")
def median_over(values: Valuation, region: Region) -> Number:
    """The value in the middle of those over the region; of an even number, the mean of the two.

    `nan` for an empty region, or where a voxel of the region is `nan`.

    Example: median(intensity(img), a)
    """
    return median_of(ranked_of(values, region))


@operator("quantile")
def quantile(values: Valuation, region: Region, share: Number) -> Number:
    """The value below which a share of the region's values is, from 0, the least, to 1.

    Of n values in their order, counted from 0, it is the one at place (n − 1) · share; between two,
    what is in line between them, in float64. `nan` for an empty region, or where a voxel of the
    region is `nan`. The other way round, `percentiles` gives each voxel its rank: an image.

    Example: quantile(intensity(img), brain, 0.95)
    """
    return quantile_of(ranked_of(values, region), share)


@operator("percentiles", cost=Cost.PASSES)
def percentiles(values: Valuation, region: Region, correction: Number) -> Valuation:
    """For each voxel of the region, the share of the region's voxels that have a smaller value.

    From 0 to 1. Those that have the same value, the voxel itself included, count `correction` each:
    0 ranks a value by what is below it, 1 by what is not above it, 0.5 half-way between. −1 outside
    the region. Exact, ties included. A voxel that is `nan` has nothing below it and no equal, and
    counts among the region's voxels. The value that has a rank, a number, is `quantile`'s.

    Example: percentiles(intensity(img), brain, 0) >=. 0.95
    """
    return values.with_array(kernels.ranks.percentile_ranks(values.array, region.array, correction))


@operator("otsu", cost=Cost.PASSES)
def otsu(values: Valuation, region: Region, bins: Number) -> Region:
    """The voxels of the region above Otsu's threshold of its values.

    The region's values are counted in `bins` equal bins, between the least and the greatest of
    them, and parted after the bin that leaves the most variance between the two parts, the first of
    those that tie. True in the region for the values in later bins. `inf` is above any threshold;
    `-inf` and `nan` are not; none of them counts in finding it. Empty where the region's values
    are all the same. `bins` is a whole number from 1 to 65,535.

    Example: otsu(intensity(img), tt, 256)
    """
    return values.with_array(
        kernels.otsu.above_threshold(values.array, region.array, whole_bins("otsu", bins))
    )


def whole_bins(name: str, bins: float) -> int:
    """The number of bins that operator `name` was given; OperationError where it can't be one."""
    most = kernels.histograms.MOST_BINS
    if not (1 <= bins <= most and bins.is_integer()):
        raise OperationError(
            f"{name} got {bins:g} bins: expected a whole number from 1 to {most}",
            "100 bins suit most images",
        )
    return int(bins)


def _summary(values: Image, region: Image, statistic: str) -> float:
    return summary_of(values, region)[STATISTICS.index(statistic)]


def _extreme(chosen: np.ufunc, values: Image) -> float:
    # The sum turns −0 into 0: which of the two numpy finds depends on the processor.
    return float(chosen.reduce(values.array, axis=None)) + 0.0
