"""Operations that rewriting makes: comparing a distance, or a rank, without computing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.primitives.signature import Number, Region, Valuation, operator

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from voxlogica.images.geometry import Geometry


@operator("dtAtLeast")
def dt_at_least(number: Number, region: Region) -> Region:
    """The voxels where the signed distance `dt` is at least the number.

    Example: dtAtLeast(5, a)
    """
    from voxlogica.kernels.bounded_distance import at_least

    return _compared(at_least, number, region)


@operator("dtAtMost")
def dt_at_most(number: Number, region: Region) -> Region:
    """The voxels where the signed distance `dt` is at most the number.

    Example: dtAtMost(5, a)
    """
    from voxlogica.kernels.bounded_distance import at_most

    return _compared(at_most, number, region)


@operator("dtAbove")
def dt_above(number: Number, region: Region) -> Region:
    """The voxels where the signed distance `dt` is more than the number.

    Example: dtAbove(5, a)
    """
    from voxlogica.kernels.bounded_distance import above

    return _compared(above, number, region)


@operator("dtBelow")
def dt_below(number: Number, region: Region) -> Region:
    """The voxels where the signed distance `dt` is less than the number.

    Example: dtBelow(5, a)
    """
    from voxlogica.kernels.bounded_distance import below

    return _compared(below, number, region)


@operator("pdtAtLeast")
def pdt_at_least(number: Number, region: Region) -> Region:
    """The voxels where the distance `pdt`, which is 0 in the region, is at least the number.

    Example: pdtAtLeast(5, a)
    """
    rounded = _float32(number)
    return _everywhere(region, True) if rounded <= 0 else dt_at_least(rounded, region)


@operator("pdtAtMost")
def pdt_at_most(number: Number, region: Region) -> Region:
    """The voxels where the distance `pdt`, which is 0 in the region, is at most the number.

    Example: pdtAtMost(5, a)
    """
    rounded = _float32(number)
    return dt_at_most(rounded, region) if rounded >= 0 else _everywhere(region, False)


@operator("pdtAbove")
def pdt_above(number: Number, region: Region) -> Region:
    """The voxels where the distance `pdt`, which is 0 in the region, is more than the number.

    Example: pdtAbove(5, a)
    """
    rounded = _float32(number)
    return _everywhere(region, True) if rounded < 0 else dt_above(rounded, region)


@operator("pdtBelow")
def pdt_below(number: Number, region: Region) -> Region:
    """The voxels where the distance `pdt`, which is 0 in the region, is less than the number.

    Example: pdtBelow(5, a)
    """
    rounded = _float32(number)
    return dt_below(rounded, region) if rounded > 0 else _everywhere(region, False)


@operator("percentileAtLeast")
def percentile_at_least(
    number: Number, values: Valuation, region: Region, correction: Number
) -> Number:
    """The least of the region's values whose rank, as of `percentiles`, is at least the number.

    `nan` where there is none.

    Example: percentileAtLeast(0.95, v, brain, 0)
    """
    from voxlogica.kernels.quantiles import least_ranked

    return least_ranked(values.array, region.array, correction, number, strict=False)


@operator("percentileAbove")
def percentile_above(
    number: Number, values: Valuation, region: Region, correction: Number
) -> Number:
    """The least of the region's values whose rank, as of `percentiles`, is more than the number.

    `nan` where there is none.

    Example: percentileAbove(0.95, v, brain, 0)
    """
    from voxlogica.kernels.quantiles import least_ranked

    return least_ranked(values.array, region.array, correction, number, strict=True)


# What it costs to compare a distance that is at hand, in full transforms.
COST_AT_HAND = 0.05


def cost_of_comparison(number: float | None, space: Geometry) -> float:
    """What comparing a distance with a number costs at most, if it is not at hand.

    In full transforms. The number may be known only when the program runs.
    """
    if number is None:
        return 1.0
    from voxlogica.kernels.bounded_distance import cost

    return cost(space.shape, space.spacing[::-1], number)


def _compared(
    compare: Callable[[NDArray[np.bool_], tuple[float, ...], float], NDArray[np.bool_]],
    number: float,
    region: Region,
) -> Region:
    return region.with_array(compare(region.array, region.geometry.spacing[::-1], number))


def _everywhere(region: Region, value: bool) -> Region:
    import numpy as np

    return region.with_array(np.full(region.geometry.shape, value, np.bool_))


def _float32(number: float) -> float:
    """Signs are told of what is compared with: rounding may lead to 0."""
    import numpy as np

    with np.errstate(all="ignore"):
        return float(np.float32(number))
