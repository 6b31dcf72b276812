"""Operations that rewriting makes: comparing a distance, or a rank, without computing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import ge, gt, le, lt
from typing import NamedTuple

from voxlogica import kernels
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.signature import (
    NUMBER,
    REGION,
    Cost,
    Number,
    Operator,
    OperatorParameter,
    Region,
    Valuation,
    operator,
    register,
)


class _Comparison(NamedTuple):
    """How distances are compared with a number: what the operator's name ends with, and in words.

    `holds` compares one distance. It is of what is near, `strict` or not, or where it is `far`, of
    what is not: then it holds for whatever is far enough.
    """

    ending: str
    words: str
    strict: bool
    far: bool
    holds: Callable[[float, float], bool]


_COMPARISONS = (
    _Comparison("AtLeast", "at least", True, True, ge),
    _Comparison("AtMost", "at most", False, False, le),
    _Comparison("Above", "more than", False, True, gt),
    _Comparison("Below", "less than", True, False, lt),
)


def _signed(comparison: _Comparison, number: float, region: Image) -> Image:
    """The voxels where `dt` compares so."""
    spacing, strict, far = region.geometry.spacing[::-1], comparison.strict, comparison.far
    found = kernels.bounded_distance.at_most(region.array, spacing, number, strict, inverted=far)
    return region.with_array(found)


def _positive(comparison: _Comparison, number: float, region: Image) -> Image:
    """The voxels where `pdt` compares so, of which the least is 0."""
    # Signs are told of what is compared with: rounding may lead to 0.
    with np.errstate(all="ignore"):
        rounded = float(np.float32(number))
    if comparison.holds(0.0, rounded) == comparison.far:
        return region.with_array(np.full(region.geometry.shape, comparison.far, np.bool_))
    return _signed(comparison, rounded, region)


for distance, what, compared in (
    ("dt", "the signed distance `dt`", _signed),
    ("pdt", "the distance `pdt`, which is 0 in the region,", _positive),
):
    for comparison in _COMPARISONS:
        name = distance + comparison.ending
        register(
            Operator(
                name,
                (OperatorParameter("number", NUMBER), OperatorParameter("region", REGION)),
                REGION,
                partial(compared, comparison),
                f"The voxels where {what} is {comparison.words} the number."
                f"\n\nExample: {name}(5, a)",
                Cost.PASSES,
                heading="thresholds",
            ),
            [name],
        )


@operator("percentileAtLeast", cost=Cost.PASSES)
def percentile_at_least(
    number: Number, values: Valuation, region: Region, correction: Number
) -> Number:
    """The least of the region's values whose rank, as of `percentiles`, is at least the number.

    `nan` where there is none.

    Example: percentileAtLeast(0.95, v, brain, 0)
    """
    return kernels.quantiles.least_ranked(
        values.array, region.array, correction, number, strict=False
    )


@operator("percentileAbove", cost=Cost.PASSES)
def percentile_above(
    number: Number, values: Valuation, region: Region, correction: Number
) -> Number:
    """The least of the region's values whose rank, as of `percentiles`, is more than the number.

    `nan` where there is none.

    Example: percentileAbove(0.95, v, brain, 0)
    """
    return kernels.quantiles.least_ranked(
        values.array, region.array, correction, number, strict=True
    )


# What it costs to compare a distance that is at hand, in full transforms.
COST_AT_HAND = 0.05


def cost_of_comparison(number: float | None, space: Geometry) -> float:
    """What comparing a distance with a number costs at most, if it is not at hand.

    In full transforms. The number may be known only when the program runs.
    """
    if number is None:
        return 1.0
    return kernels.bounded_distance.cost(space.shape, space.spacing[::-1], number)
