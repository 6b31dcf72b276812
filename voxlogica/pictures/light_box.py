"""A light box: slices of a volume with layers over it, from feet to head, in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.pictures.mosaic import Legend, Tile, grid
from voxlogica.pictures.overlays import colour
from voxlogica.pictures.pictures import scale_of, size_of
from voxlogica.pictures.planes import Plane, planes
from voxlogica.pictures.scene import Key, scene

# So many slices at most, in rows that are about so many times as wide as all are high.
_MOST, _WIDE = 20, 1.7
# The longest side of a slice in pixels, by how many there are at most.
_SIDES = ((2, 480), (6, 360), (_MOST, 240))


class BoxLayer(NamedTuple):
    """What lies over the image: a region, or shades that the image has in it already."""

    name: str
    region: Image | None


def light_box(image: Image, layers: Sequence[BoxLayer]) -> NDArray[np.uint8]:
    """Evenly spaced axial slices through all that regions reach, or else through the whole volume.

    They are upright and to scale, each with its number. Red, green and blue, shape (height, width,
    3): the same for the same voxels, in whatever order a file has its axes. O(voxels).
    """
    if image.array.dtype == bool:
        image = image.with_array(image.array.astype(np.uint8) * np.uint8(255))
    nothing = image.with_array(np.zeros(image.geometry.shape, bool))
    regions = [layer.region or nothing for layer in layers]
    # By number: layers may be called alike.
    seen = scene(image, {str(k): region for k, region in enumerate(regions)})
    seen = replace(seen, names=tuple(layer.name for layer in layers))
    plane = planes(seen.geometry)[0]
    indices = _indices(plane, seen.masks, seen.geometry.shape, _is_upwards(planes(seen.geometry)))
    slices = [(plane, index) for index in indices]
    seen = seen.having_seen(slices)
    side = next(side for most, side in _SIDES if len(slices) <= most)
    scale = scale_of([plane], side)
    tiles = [
        Tile(
            seen.at(plane, index, size_of(plane, scale)).drawn().colours,
            _number(plane, index),
            plane.sides,
        )
        for _, index in slices
    ]
    keys = [
        key if layer.region is not None else Key(layer.name, colour(k), "surface")
        for k, (layer, key) in enumerate(zip(layers, seen.keys(slices), strict=False))
    ]
    keys += seen.keys(slices)[len(layers) :]
    legend = Legend(tuple(keys), seen.remarks, 1 / scale, seen.geometry.unit)
    return grid(tiles, _columns(len(tiles), tiles[0]), "", legend)


def _is_upwards(ways: Sequence[Plane]) -> bool:
    """Whether slices of the first plane go to the head, or onwards, as their numbers grow."""
    through = ways[0].through
    for way in ways[1:]:
        if way.down == through:
            return way.backwards[1] or way.sides is None
        if way.across == through:
            return not way.backwards[0]
    return True


def _indices(
    plane: Plane, masks: Sequence[NDArray[np.bool_]], shape: tuple[int, ...], upwards: bool
) -> list[int]:
    """Numbers of slices in equal steps, from the feet on, in the middle of what is shown."""
    assert plane.through is not None
    axis = 2 - plane.through
    others = tuple(k for k in range(3) if k != axis)
    held = np.zeros(shape[axis], bool)
    for mask in masks:
        held |= mask.any(axis=others)
    places = np.flatnonzero(held) if held.any() else np.arange(held.size)
    if not upwards:
        places = held.size - 1 - places[::-1]
    first, last = int(places[0]), int(places[-1])
    step = ceil((last - first + 1) / _MOST)
    found = range(first + (last - first) % step // 2, last + 1, step)
    return [place if upwards else held.size - 1 - place for place in found]


def _number(plane: Plane, index: int | None) -> str:
    assert plane.through is not None
    return f"{'xyz'[plane.through]} = {index}"


def _columns(count: int, tile: Tile) -> int:
    """How many slices a row has: about what makes the picture wide, with little left free."""
    high, wide, _ = tile.pixels.shape
    near = min(count, max(1, round(sqrt(count * _WIDE * high / wide))))
    free = {n: -count % n for n in (near, near - 1, near + 1) if 1 <= n <= count}
    return min(free, key=lambda n: free[n])
