"""Images for looking at.

The operation that a picture of a volume with layers is, `LIGHT_BOX`, programs do not call by name:
as those of `literals.py`, it is declared apart from the registry, and `save` of a file of a 2-D
format puts it in the place of `overlay`, where that gives a volume.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voxlogica import kernels
from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.literals import is_of_two_values
from voxlogica.operators.signature import (
    MODEL,
    AnyImage,
    Cost,
    Model,
    OperationError,
    Operator,
    Voxels,
    operator,
)

_INSIDE = 0.35
_MOST = 0.6


@operator("overlay", version=2, voxels=Voxels(components=3, colour=True))
def overlay(image: AnyImage, *layers: AnyImage) -> Model:
    """A colour picture of an image with regions, or other images, laid over it.

    The image below is shown in grey, from black at its least value to white at its greatest; a
    colour image, and whole numbers from 0 to 255, as they are; a region in white. Each layer has a
    colour of its own, which all pictures here have: orange, sky blue, green, purple, yellow,
    vermilion, blue, and again. Of a region, the edge is opaque, broken from the third layer on, and
    the inside lets two thirds of the image through. Of numbers, a layer is the more opaque the
    greater they are; of 0 and one other value, it is a region. The picture has 3 components of 0 to
    255, and the size of the image: in 3-D, a volume of colours.

    Saved as a picture, `.png`, `.jpg` or `.bmp`, a volume is a light box: up to 20 axial slices in
    equal steps through all that its regions reach, upright and to scale, with their numbers,
    letters at the sides, a scale and a legend; drawn as all pictures are, with lines around regions
    and greys by percentiles.

    Example: overlay(intensity(img), found, truth)
    """
    return _laid(image, enumerate(layers))


# Between the names of layers, in the constant that has them.
BETWEEN = "\n"


def _light_box(image: Image, *layers_and_names: Any) -> Image:
    """Slices of an image in one picture, with layers drawn over each; a 2-D image as `overlay`."""
    *layers, text = layers_and_names
    if image.geometry.dimension == 2:
        return overlay(image, *layers)
    from voxlogica.pictures.light_box import BoxLayer, light_box

    shown = [
        BoxLayer(name, layer.with_array(layer.array != 0) if _is_region(layer) else None)
        for name, layer in zip(text.split(BETWEEN), layers, strict=True)
    ]
    # Those that are no regions are laid over the image itself.
    shades = [(k, layer) for k, layer in enumerate(layers) if not _is_region(layer)]
    pixels = light_box(_laid(image, shades) if shades else image, shown)
    high, wide, _ = pixels.shape
    return Image(pixels, replace(Geometry.of_size(wide, high), unit="px"))


LIGHT_BOX = Operator(
    "lightBox",
    (),
    MODEL,
    _light_box,
    "Slices of a volume with layers over it, in one picture.",
    Cost.MUCH,
    own_grid=True,
    voxels=Voxels(components=3, colour=True),
)


def _laid(image: Image, layers: Iterable[tuple[int, Image]]) -> Image:
    """An image as a colour picture with layers over it, each with its number."""
    from voxlogica.pictures.overlays import FIRST_DASHED, colour

    picture = _shades(image)
    for number, layer in layers:
        own = np.array(colour(number), np.float32)
        opacity = _opacity(layer, number >= FIRST_DASHED)[..., np.newaxis]
        picture += (own - picture) * opacity
    return image.with_array(np.rint(picture).astype(np.uint8))


def _is_region(layer: Image) -> bool:
    """Whether a layer is drawn as a region: truth values, or 0 and one other number."""
    _check_grey(layer)
    return layer.array.dtype == np.bool_ or is_of_two_values(layer.array)


def _shades(image: Image) -> NDArray[np.float32]:
    """An image as red, green and blue from 0 to 255."""
    array = image.array
    if image.components in (3, 4):
        colours: NDArray[np.float32] = np.nan_to_num(array[..., :3]).clip(0, 255).astype(np.float32)
        return colours
    _check_grey(image)
    if array.dtype == np.bool_:
        grey = array * np.float32(255)
    elif array.dtype == np.uint8:
        grey = array.astype(np.float32)
    else:
        grey = _share(array) * np.float32(255)
    return np.repeat(grey[..., np.newaxis], 3, axis=-1)


def _opacity(layer: Image, dashed: bool) -> NDArray[np.float32]:
    """How much of a layer's colour is seen at each voxel, from 0 to 1."""
    from voxlogica.pictures.overlays import dashes

    array = layer.array
    if _is_region(layer):
        region = array != 0
        tinted = kernels.closure.interior(region)
        if dashed:
            tinted |= region & ~dashes(region.shape)
        opacity: NDArray[np.float32] = region.astype(np.float32)
        opacity[tinted] = _INSIDE
        return opacity
    return _share(array) * np.float32(_MOST)


def _share(array: NDArray[Any]) -> NDArray[np.float32]:
    """Where each value lies between the least, 0, and the greatest, 1; what is no number is 0."""
    values = array.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(array.shape, np.float32)
    least, greatest = values[finite].min(), values[finite].max()
    with np.errstate(all="ignore"):
        scaled = np.clip((values - least) / (greatest - least or 1.0), 0, 1)
    shares: NDArray[np.float32] = np.nan_to_num(scaled, nan=0.0).astype(np.float32)
    return shares


def _check_grey(image: Image) -> None:
    if image.components != 1 or image.array.dtype.kind == "c":
        raise OperationError(
            f"overlay shows images of 1, 3 or 4 values a voxel below, and of 1 as layers; this one"
            f" has {image.components} of type {image.dtype.name}",
            "`VectorIndexSelectionCast(image, 0)` or `ComplexToModulus(image)` gives one",
        )
