"""Arithmetic of float32, voxel by voxel. The dot of an operator stands on the number's side.

Where a result is too great it is `inf`; where there is none, as of 0 / 0, it is `nan`.
"""

from __future__ import annotations

from voxlogica.primitives.signature import Number, Valuation, operator
from voxlogica.primitives.voxelwise import voxelwise


@operator("+", commutative=True)
def add(a: Valuation, b: Valuation) -> Valuation:
    """The sum of two images, voxel by voxel.

    Example: red(img) + blue(img)
    """
    return voxelwise("add", a, b)


@operator("-")
def subtract(a: Valuation, b: Valuation) -> Valuation:
    """The first image less the second, voxel by voxel.

    Example: red(img) - blue(img)
    """
    return voxelwise("subtract", a, b)


@operator("*", commutative=True)
def multiply(a: Valuation, b: Valuation) -> Valuation:
    """The product of two images, voxel by voxel.

    Example: (v - w) * (v - w)
    """
    return voxelwise("multiply", a, b)


@operator("/")
def divide(a: Valuation, b: Valuation) -> Valuation:
    """The first image divided by the second, voxel by voxel.

    Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0: `divZ` gives a choice.

    Example: red(img) / intensity(img)
    """
    return voxelwise("divide", a, b)


@operator("+.", "add_vs")
def add_number(values: Valuation, number: Number) -> Valuation:
    """The image with the number added to each voxel.

    Example: v +. 1
    """
    return voxelwise("add", values, number)


@operator("-.", "sub_vs")
def subtract_number(values: Valuation, number: Number) -> Valuation:
    """The image with the number subtracted from each voxel.

    Example: v -. min(v)
    """
    return voxelwise("subtract", values, number)


@operator("*.", "mul_vs")
def multiply_by_number(values: Valuation, number: Number) -> Valuation:
    """The image with each voxel multiplied by the number.

    Example: percentiles(v, tt, 0.5) *. 100
    """
    return voxelwise("multiply", values, number)


@operator("/.", "div_vs")
def divide_by_number(values: Valuation, number: Number) -> Valuation:
    """The image with each voxel divided by the number.

    Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0.

    Example: v /. max(v)
    """
    return voxelwise("divide", values, number)


@operator(".-", "sub_sv")
def subtract_from_number(number: Number, values: Valuation) -> Valuation:
    """The number less each voxel's value.

    Example: 255 .- intensity(img)
    """
    return voxelwise("subtract", number, values)


@operator("./", "div_sv")
def divide_number(number: Number, values: Valuation) -> Valuation:
    """The number divided by each voxel's value.

    Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0.

    Example: 1 ./ (v +. 1)
    """
    return voxelwise("divide", number, values)


@operator("abs")
def absolute(values: Valuation) -> Valuation:
    """Each voxel's value without its sign.

    Example: abs(v - w) <. 10
    """
    return voxelwise("absolute", values)


@operator("-")
def negative(values: Valuation) -> Valuation:
    """Each voxel's value with its sign turned.

    Example: - intensity(img)
    """
    return voxelwise("negative", values)
