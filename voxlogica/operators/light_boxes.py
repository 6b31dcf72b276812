"""The operation that a picture of a volume with layers is: programs do not call it by name.

As those of `literals.py`, it is declared apart from the registry: `save` of a file of a 2-D format
puts it in the place of `overlay`, where that gives a volume.
"""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.layers import is_region, overlay, tinted
from voxlogica.operators.signature import MODEL, Cost, Operator, Voxels

# Between the names of layers, in the constant that has them.
BETWEEN = "\n"


def _light_box(image: Image, *layers_and_names: Any) -> Image:
    """Slices of an image in one picture, with layers drawn over each; a 2-D image as `overlay`."""
    *layers, text = layers_and_names
    if image.geometry.dimension == 2:
        return overlay(image, *layers)
    from voxlogica.pictures.light_box import Layer, light_box

    shown = [
        Layer(name, layer.with_array(layer.array != 0) if is_region(layer) else None)
        for name, layer in zip(text.split(BETWEEN), layers, strict=True)
    ]
    pixels = light_box(tinted(image, layers), shown)
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
