"""Regions from numbers: thresholds. The dot stands on the number's side."""

from __future__ import annotations

from voxlogica.primitives.signature import Number, Region, Valuation, operator
from voxlogica.primitives.voxelwise import voxelwise


@operator(".=")
def equals(number: Number, values: Valuation) -> Region:
    """The voxels whose value is the number.

    The number is rounded to float32 first; `nan` equals nothing.

    Example: 4 .= intensity(segmentation)
    """
    return voxelwise("equal", values, number)


@operator(".<=")
def at_least(number: Number, values: Valuation) -> Region:
    """The voxels whose value is at least the number.

    The number is rounded to float32 first; `nan` is not.

    Example: 100 .<= intensity(img)
    """
    return voxelwise("greater_equal", values, number)


@operator(".>=")
def at_most(number: Number, values: Valuation) -> Region:
    """The voxels whose value is at most the number.

    The number is rounded to float32 first; `nan` is not.

    Example: 0.5 .>= percentiles(v, tt, 0.5)
    """
    return voxelwise("less_equal", values, number)


@operator("between")
def between(low: Number, high: Number, values: Valuation) -> Region:
    """The voxels whose value is at least the first number and at most the second.

    The numbers are rounded to float32 first; `nan` is not between any.

    Example: between(60, 110, intensity(img))
    """
    return voxelwise("logical_and", at_least(low, values), at_most(high, values))


# Rewriting makes these of what the library builds of the others.


@operator("valueAbove")
def value_above(number: Number, values: Valuation) -> Region:
    """The voxels whose value is more than the number.

    The number is rounded to float32 first; `nan` is not.

    Example: valueAbove(5, v)
    """
    return voxelwise("greater", values, number)


@operator("valueBelow")
def value_below(number: Number, values: Valuation) -> Region:
    """The voxels whose value is less than the number.

    The number is rounded to float32 first; `nan` is not.

    Example: valueBelow(5, v)
    """
    return voxelwise("less", values, number)
