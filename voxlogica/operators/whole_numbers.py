"""Whole numbers that float32 does not tell apart: beyond 2²⁴ in magnitude, as labels may be.

Images of numbers are float32. A loaded image of larger whole numbers keeps them, and where it is
compared with a number by itself, as in `intensity(labels) == 16777217`, the comparison is exact:
the reducer puts the operators of this module in place of those that convert first. Elsewhere what
the conversion runs together is remarked on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.operators.signature import MODEL, NUMBER, REGION, Operator, OperatorParameter
from voxlogica.remarks import remark

# Up to here float32 has every whole number.
LARGEST = 2.0**24
# The greatest number of float32 that is not infinite.
_GREATEST = float.fromhex("0x1.fffffep127")  # to ask numpy would import it


def _differ(array: NDArray[Any], rounded: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where numbers are not what they were rounded to; exact, of whole numbers of 64 bits, too."""
    exact: NDArray[Any] = rounded.astype(np.float64)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        # float64 would round them as well. What is beyond their range is none of them.
        is_within = exact < 2.0 ** (64 if array.dtype.kind == "u" else 63)
        exact = np.where(is_within, exact, 0).astype(array.dtype)
    differ: NDArray[np.bool_] = np.not_equal(exact, array)
    return differ


def tell_of_rounding(array: NDArray[Any], rounded: NDArray[np.float32]) -> None:
    """Remark on whole numbers that became others, and numbers infinite, as float32 has them."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if not (kind in "iu" and size > 2) and not (kind == "f" and size > 4):
        return
    if not array.size:
        return
    # Of what is a number, as an image may have some voxels without.
    greatest = max(-_reduced(np.fmin, array), _reduced(np.fmax, array))
    if not greatest > LARGEST:
        return
    if kind == "f" and greatest > _GREATEST:
        _tell_of_infinite(array, rounded)
    # Else measured, not counted: rounded like any other. Beyond 2⁵³ all of float64 is whole.
    if kind == "f" and (
        greatest > 2.0**53 or not np.array_equal(array, np.rint(array), equal_nan=True)
    ):
        return
    changed = _differ(array, rounded)
    if kind == "f":
        changed &= ~np.isnan(array)
    count = int(np.count_nonzero(changed))
    if count:
        example = int(array[changed][0])
        voxels = (
            "1 voxel holds a whole number" if count == 1 else f"{count} voxels hold whole numbers"
        )
        remark(
            f"{voxels} beyond {LARGEST:.0f} that float32 takes for others,"
            f" such as {example} for {int(np.float32(example))}",
            "the loaded image itself, or its `intensity`, is compared with a number exactly, as in"
            f" `m == {example}`; number objects anew below 2²⁴ to do more with them",
        )


def _reduced(function: np.ufunc, array: NDArray[Any]) -> float:
    return float(function.reduce(array, axis=None))


def _tell_of_infinite(array: NDArray[Any], rounded: NDArray[np.float32]) -> None:
    changed = np.isinf(rounded) & np.isfinite(array)
    count = int(np.count_nonzero(changed))
    if count:
        voxels = "1 voxel holds a number" if count == 1 else f"{count} voxels hold numbers"
        remark(
            f"{voxels} beyond those of float32, such as {float(array[changed][0]):g}:"
            " infinite from here on",
            f"float32 has numbers up to {_GREATEST:g}: divide the image's before it is given",
        )


# Exact comparisons


def equals(number: float, image: Image) -> Image:
    """The voxels of a model of whole numbers whose value is the number."""
    return between(number, number, image)


def at_least(number: float, image: Image) -> Image:
    """The voxels of a model of whole numbers whose value is at least the number."""
    return _within(image, _bounds(number)[0], math.inf)


def at_most(number: float, image: Image) -> Image:
    """The voxels of a model of whole numbers whose value is at most the number."""
    return _within(image, -math.inf, _bounds(number)[1])


def between(low: float, high: float, image: Image) -> Image:
    """The voxels of a model of whole numbers whose value is at least the one, at most the other."""
    return _within(image, _bounds(low)[0], _bounds(high)[1])


def differs(number: float, image: Image) -> Image:
    """The voxels of a model of whole numbers whose value is not the number."""
    return image.with_array(np.logical_not(equals(number, image).array))


def _bounds(number: float) -> tuple[float, float]:
    """The least whole number that is at least this one, and the greatest that is at most.

    Numbers are rounded to float32 first, as everywhere, unless they are too large for that.
    """
    if abs(number) < LARGEST:
        number = float(np.float32(number))
    if not math.isfinite(number):
        return number, number
    return float(math.ceil(number)), float(math.floor(number))


def _within(image: Image, least: float, greatest: float) -> Image:
    array = image.array
    limits = np.iinfo(array.dtype)
    # Nothing is at least nan, nor at most.
    if not (least <= greatest) or least > limits.max or greatest < limits.min:
        return image.with_array(np.zeros(array.shape, np.bool_))
    found = np.ones(array.shape, np.bool_)
    if least > limits.min:
        found &= array >= array.dtype.type(int(least))
    if greatest < limits.max:
        found &= array <= array.dtype.type(int(greatest))
    return image.with_array(found)


def _exactly(name: str, function: Callable[..., Image], *numbers: str) -> Operator:
    parameters = (
        *(OperatorParameter(number, NUMBER) for number in numbers),
        OperatorParameter("image", MODEL),
    )
    manual = (function.__doc__ or "").strip()
    return Operator(name, parameters, REGION, function, manual)


# What stands for a comparison where its image is a model of whole numbers.
EXACT: Mapping[str, Operator] = MappingProxyType(
    {
        ".=": _exactly("wholeEquals", equals, "number"),
        ".<=": _exactly("wholeAtLeast", at_least, "number"),
        ".>=": _exactly("wholeAtMost", at_most, "number"),
        "between": _exactly("wholeBetween", between, "low", "high"),
        "!=": _exactly("wholeDiffers", differs, "number"),
    }
)
