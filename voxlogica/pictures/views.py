"""Pictures to hand on: the planes of an image with regions beside each other, as one PNG."""

from __future__ import annotations

from collections.abc import Mapping

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.pictures.mosaic import Legend, Tile, row
from voxlogica.pictures.pictures import scale_of, size_of
from voxlogica.pictures.planes import planes
from voxlogica.pictures.scene import Scene, scene

# The longest side of a plane in pixels, by the number of dimensions.
_SIDES = {2: 900, 3: 480}


def planes_in_one(image: Image, regions: Mapping[str, Image], heading: str) -> NDArray[np.uint8]:
    """The slices that tell most, to one scale, with all that there is to say; (height, width, 3).

    Raises ValueError where grids differ. O(voxels).
    """
    seen = scene(image, regions)
    return planes_of(seen, heading, _SIDES[seen.geometry.dimension])


def planes_of(seen: Scene, heading: str, side: int) -> NDArray[np.uint8]:
    """The same of a scene; no side of a plane is longer than that, in pixels."""
    ways = planes(seen.geometry)
    slices = seen.telling(ways)
    seen = seen.having_seen(slices)
    scale = scale_of(ways, side)
    tiles = [
        Tile(seen.at(way, index, size_of(way, scale)).drawn().colours, way.title(index), way.sides)
        for way, index in slices
    ]
    legend = Legend(seen.keys(slices), seen.remarks, 1 / scale, seen.geometry.unit)
    return row(tiles, heading, legend)
