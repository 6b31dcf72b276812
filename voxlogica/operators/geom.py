"""Drawing on 2-D images: each function gives a new image.

Coordinates and radii are in voxels: x counts columns, y rows, both from 0.
"""

from __future__ import annotations

import math

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.signature import Number, OperationError, Valuation, operator

_LONGEST = 65535


@operator("blank", namespace="geom", own_grid=True)
def blank(height: Number, width: Number, value: Number = 0) -> Valuation:
    """An image of one value, of so many rows and columns, with spacing 1.

    Example: geom.blank(64, 64)
    """
    for name, side in (("height", height), ("width", width)):
        if not side.is_integer() or not 1 <= side <= _LONGEST:
            raise OperationError(
                f"blank takes a whole number from 1 to {_LONGEST} as {name}, not {side:.15g}"
            )
    with np.errstate(all="ignore"):
        array = np.full((int(height), int(width)), value, np.float32)
    return Image(array, Geometry.of_size(int(width), int(height)))


@operator("circle", namespace="geom")
def circle(image: Valuation, cx: Number, cy: Number, radius: Number, value: Number) -> Valuation:
    """The image with a filled circle: the voxels whose centre is at most a radius away.

    Example: geom.circle(geom.blank(64, 64), 32, 32, 10, 200)
    """
    dx, dy = _offsets("circle", image, cx, cy, radius)
    return _drawn(image, dx * dx + dy * dy <= radius * radius, value)


@operator("regular_polygon", namespace="geom")
def regular_polygon(
    image: Valuation, cx: Number, cy: Number, radius: Number, sides: Number, value: Number
) -> Valuation:
    """The image with a filled polygon of equal sides, whose corners are a radius from its centre.

    One corner lies to the left of the centre: with 4 sides it stands on a corner.

    Example: geom.regular_polygon(geom.blank(64, 64), 32, 32, 12, 6, 80)
    """
    if not sides.is_integer() or not 3 <= sides <= _LONGEST:
        raise OperationError(
            f"regular_polygon takes a whole number of sides, at least 3, not {sides:.15g}"
        )
    dx, dy = _offsets("regular_polygon", image, cx, cy, radius)
    inside = np.ones(image.geometry.shape, np.bool_)
    # Half a part in a billion of tolerance: a centre that lies on a side is inside.
    reach = radius * math.cos(math.pi / sides) * (1 + 5e-10)
    for side in range(int(sides)):
        angle = -math.pi + (2 * side + 1) * math.pi / sides
        inside &= dx * math.cos(angle) + dy * math.sin(angle) <= reach
    return _drawn(image, inside, value)


def _offsets(
    name: str, image: Image, cx: float, cy: float, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each column and each row is from a centre."""
    if image.geometry.dimension != 2:
        raise OperationError(
            f"{name} draws on 2-D images, and this one is {image.geometry.dimension}-D, "
            f"{image.geometry}",
            "`geom.blank(height, width)` is an image to draw on",
        )
    if not 0 < radius < math.inf or not math.isfinite(cx) or not math.isfinite(cy):
        raise OperationError(
            f"{name} takes a centre and a radius above 0, not {cx:g}, {cy:g} and {radius:g}"
        )
    width, height = image.geometry.size
    columns, rows = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)
    return columns[np.newaxis, :] - cx, rows[:, np.newaxis] - cy


def _drawn(image: Image, where: NDArray[np.bool_], value: float) -> Image:
    with np.errstate(all="ignore"):
        return image.with_array(np.where(where, np.float32(value), image.array))
