"""Pictures of images and regions: planes drawn to scale as PNG, and what their colours mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, sqrt

from voxlogica.dataclass import dataclass
from voxlogica.images.image import Image
from voxlogica.pictures.planes import Plane, planes
from voxlogica.pictures.png import Raster
from voxlogica.pictures.resampling import SQUARES
from voxlogica.pictures.scene import Key, SceneSlice, scene, through

# The longest side of a picture in pixels, by the number of dimensions.
_SIDES = {2: 512, 3: 256}
# The PNGs of a piece of HTML, in bytes: as base64 with all else, less than 60,000.
_MOST_BYTES = 41_000
# How many greys are tried, one after the other, before pictures become coarser.
_GREYS = (128, 64, 48)
# A picture is not enlarged by less.
_WORTH_IT = 1.25
# Coarser than this nothing is seen: then bytes are as many as they are.
_LEAST_PART = 0.02


@dataclass(frozen=True, slots=True)
class Picture:
    """A slice as a PNG, and how it is to be shown.

    `index` counts voxels along `plane.through`, None in 2-D. `size` is the width and height in
    pixels of a page, in proportion to the physical ones: the PNG may be of fewer. `unit_per_pixel`
    is how long such a pixel is in the geometry's unit.
    """

    plane: Plane
    index: int | None
    png: bytes
    size: tuple[int, int]
    unit_per_pixel: float


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of an image with regions, what their colours mean, and what else is to know."""

    planes: tuple[Picture, ...]
    keys: tuple[Key, ...]
    remarks: tuple[str, ...]
    unit: str


def pictures(
    image: Image | None,
    regions: Mapping[str, Image],
    *,
    side: int | None = None,
    most_bytes: int = _MOST_BYTES,
    voxel: Sequence[int] | None = None,
) -> Pictures:
    """Draw regions over an image; without one, or if the one is itself a region, by themselves.

    Shown are the slices through a `voxel`, x first; without one those that tell most of the
    regions, of labels where there is no region, or else the middle ones. `side` is the longest side
    in pixels, 256 unless given, of 2-D images 512. Together the PNGs have at most `most_bytes`:
    where need be with fewer greys, then coarser.
    Raises ValueError where grids differ or there is nothing to draw. O(voxels).
    """
    seen = scene(image, regions)
    ways = planes(seen.geometry)
    slices = seen.telling(ways) if voxel is None else through(ways, voxel)
    seen = seen.having_seen(slices)
    scale = scale_of(ways, side or _SIDES[seen.geometry.dimension])
    sizes = [size_of(way, scale) for way in ways]
    drawn = _within(
        [seen.at(*at, size) for at, size in zip(slices, sizes, strict=True)], most_bytes
    )
    return Pictures(
        tuple(
            Picture(way, index, png, size, 1 / scale)
            for (way, index), png, size in zip(slices, drawn, sizes, strict=True)
        ),
        seen.keys(slices),
        seen.remarks,
        seen.geometry.unit,
    )


# Sizes


def scale_of(ways: Sequence[Plane], side: int) -> float:
    """Pixels a unit of length, for all planes: one a voxel, or more or fewer, to fill the side."""
    largest = max(n * step for way in ways for n, step in zip(way.size, way.spacing, strict=True))
    scale = 1 / min(step for way in ways for step in way.spacing)
    larger = side / (scale * largest)
    if 1 <= larger < _WORTH_IT:  # as it is, it is sharper
        return scale
    return scale * (floor(larger) if larger >= SQUARES else larger)


def size_of(way: Plane, scale: float) -> tuple[int, int]:
    width, height = (
        max(1, round(n * step * scale)) for n, step in zip(way.size, way.spacing, strict=True)
    )
    return width, height


# Bytes


def _within(slices: Sequence[SceneSlice], most: int) -> list[bytes]:
    """The PNGs of slices, with fewer greys and then coarser where they would take more bytes."""
    part, drawn = 1.0, list[Raster]()
    for greys_at_most in _GREYS if slices[0].shades is not None else _GREYS[-1:]:
        drawn = [one.drawn(greys_at_most) for one in slices]
        if sum(one.likely_size() for one in drawn) <= most:
            break
    while True:
        pngs = [one.png() for one in drawn]
        total = sum(map(len, pngs))
        if total <= most or part < _LEAST_PART:
            return pngs
        part *= min(0.95, sqrt(most / total))
        drawn = [one.reduced(part).drawn(_GREYS[-1]) for one in slices]
