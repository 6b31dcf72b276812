"""From a loaded image to numbers, component by component, and back."""

from __future__ import annotations

from typing import Any

from voxlogica import kernels
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.operators.signature import Cost, Model, Valuation, Voxels, operator
from voxlogica.operators.whole_numbers import tell_of_rounding

RED, GREEN, BLUE, ALPHA = range(4)
# So many voxels are worth a thread of their own.
_WORTH_A_THREAD = 1 << 18


@operator("intensity", remarks=True, cost=Cost.PASS, voxels=Voxels(kept=slice(1)), converts=True)
def intensity(image: Model) -> Valuation:
    """The brightness of each voxel: of a grey image its value, of colours their luminance.

    The luminance is 0.2126 R + 0.7152 G + 0.0722 B (ITU-R BT.709), computed in float64 and rounded
    once to float32. Opacity plays no part. Of an image of numbers it is that image.

    Example: intensity(img) >. 100
    """
    if image.components == 1:
        return _component(image, 0)
    with np.errstate(all="ignore"):
        luminance = np.multiply(image.array[..., RED], 0.2126, dtype=np.float64)
        for component, share in ((GREEN, 0.7152), (BLUE, 0.0722)):
            luminance += np.multiply(image.array[..., component], share, dtype=np.float64)
    return image.with_array(_rounded(luminance))


@operator("red", remarks=True, cost=Cost.PASS)
def red(image: Model) -> Valuation:
    """The red component of each voxel; of a grey image its intensity.

    Example: red(img) >. 200
    """
    return _component(image, RED)


@operator("green", remarks=True, cost=Cost.PASS)
def green(image: Model) -> Valuation:
    """The green component of each voxel; of a grey image its intensity.

    Example: green(img) - red(img)
    """
    return _component(image, GREEN)


@operator("blue", remarks=True, cost=Cost.PASS)
def blue(image: Model) -> Valuation:
    """The blue component of each voxel; of a grey image its intensity.

    Example: blue(img) - red(img)
    """
    return _component(image, BLUE)


@operator("alpha", remarks=True, cost=Cost.PASS)
def alpha(image: Model) -> Valuation:
    """The opacity of each voxel, the 4th component; 255 everywhere in an image without one.

    Example: alpha(img) >. 0
    """
    if image.components == 4:
        return _component(image, ALPHA)
    return image.with_array(np.full(image.geometry.shape, 255, np.float32))


@operator("rgb", cost=Cost.PASS, voxels=Voxels(components=3, colour=True))
def rgb(red: Valuation, green: Valuation, blue: Valuation) -> Model:
    """A colour image of three components.

    Example: rgb(intensity(img), mask(intensity(img), a), constant(0))
    """
    return _composed(red, green, blue)


@operator("rgba", cost=Cost.PASS, voxels=Voxels(components=4, colour=True))
def rgba(red: Valuation, green: Valuation, blue: Valuation, alpha: Valuation) -> Model:
    """A colour image of three components and an opacity, 255 being opaque.

    Example: rgba(red(img), green(img), blue(img), constant(128))
    """
    return _composed(red, green, blue, alpha)


def _component(image: Image, component: int) -> Image:
    array = image.array if image.components == 1 else image.array[..., component]
    values = _rounded(array)
    tell_of_rounding(array, values)
    return image.with_array(values)


def _rounded(array: NDArray[Any]) -> NDArray[np.float32]:
    """The array as a valuation's: C-contiguous, each value rounded to the nearest float32."""
    if array.dtype == np.float32:
        return np.ascontiguousarray(array, np.float32)
    result = np.empty(array.shape, np.float32)

    def convert(first: int, end: int) -> None:
        with np.errstate(all="ignore"):
            np.copyto(result[first:end], array[first:end], casting="unsafe")

    kernels.slabs.over(
        len(array), convert, at_least=-(-_WORTH_A_THREAD * len(array) // max(array.size, 1))
    )
    return result


def _composed(*components: Image) -> Image:
    return components[0].with_array(np.stack([c.array for c in components], axis=-1))
