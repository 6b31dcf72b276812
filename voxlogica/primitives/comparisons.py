"""Regions from numbers: thresholds. The dot stands on the number's side."""

from __future__ import annotations

from voxlogica.primitives.signature import Number, Region, Valuation, operator
from voxlogica.primitives.voxelwise import voxelwise


@operator(".=", "eq_sv")
def equals(number: Number, values: Valuation) -> Region:
    """The voxels whose value is the number.

    The number is rounded to float32 first; `nan` equals nothing.

    Example: 4 .= intensity(segmentation)
    """
    return voxelwise("equal", values, number)


@operator(".<=", "geq_sv")
def at_least(number: Number, values: Valuation) -> Region:
    """The voxels whose value is at least the number.

    The number is rounded to float32 first; `nan` is not.

    Example: 100 .<= intensity(img)
    """
    return voxelwise("greater_equal", values, number)


@operator(".>=", "leq_sv")
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


@operator("==", commutative=True)
def same(a: Valuation, b: Valuation) -> Region:
    """The voxels where two images have the same value; `nan` equals nothing.

    Example: red(img) == blue(img)
    """
    return voxelwise("equal", a, b)


@operator("!=", commutative=True)
def other(a: Valuation, b: Valuation) -> Region:
    """The voxels where two images differ; also where one is `nan`, which equals nothing.

    Example: red(img) != blue(img)
    """
    return voxelwise("not_equal", a, b)


@operator("!=")
def other_than_number(values: Valuation, number: Number) -> Region:
    """The voxels whose value is not the number, which is rounded to float32 first; also `nan`.

    Example: intensity(segmentation) != 4
    """
    return voxelwise("not_equal", values, number)


@operator("!=")
def number_other_than(number: Number, values: Valuation) -> Region:
    """The voxels whose value is not the number, which is rounded to float32 first; also `nan`.

    Example: 4 != intensity(segmentation)
    """
    return voxelwise("not_equal", values, number)


@operator("<")
def less(a: Valuation, b: Valuation) -> Region:
    """The voxels where the first image has the lesser value; not where one is `nan`.

    Example: red(img) < blue(img)
    """
    return voxelwise("less", a, b)


@operator("<=")
def less_or_equal(a: Valuation, b: Valuation) -> Region:
    """The voxels where the first image's value is at most the second's; not where one is `nan`.

    Example: red(img) <= blue(img)
    """
    return voxelwise("less_equal", a, b)


@operator(">")
def greater(a: Valuation, b: Valuation) -> Region:
    """The voxels where the first image has the greater value; not where one is `nan`.

    Example: red(img) > blue(img)
    """
    return voxelwise("greater", a, b)


@operator(">=")
def greater_or_equal(a: Valuation, b: Valuation) -> Region:
    """The voxels where the first image's value is at least the second's; not where one is `nan`.

    Example: red(img) >= blue(img)
    """
    return voxelwise("greater_equal", a, b)


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
