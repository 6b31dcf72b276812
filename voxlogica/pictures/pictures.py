"""Pictures of images and regions: planes drawn to scale as PNG, and what their colours mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import floor, sqrt
from typing import Literal, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.overlays import (
    FIRST_DASHED,
    GROUND,
    MISSING,
    Colour,
    colour,
    label_colours,
    over_colours,
    over_greys,
    overlay,
)
from voxlogica.pictures.planes import Plane, planes, telling_slices, turned_by
from voxlogica.pictures.png import Raster
from voxlogica.pictures.resampling import SQUARES, any_in, greys, means, nearest
from voxlogica.pictures.windowing import OCTETS, Scan, Window, scan

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
_SHADES = Window(0.0, 1.0)
# Below, a turn is a rounding of the file's.
_LEAST_TURN = 0.1


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


class Key(NamedTuple):
    """What a colour means: a region drawn as a line, or whatever else as an even surface."""

    text: str
    colour: Colour
    drawn: Literal["line", "dashes", "surface"]


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
) -> Pictures:
    """Draw regions over an image; without one, or if the one is itself a region, by themselves.

    Shown are the slices that tell most of the regions, of labels where there is no region, or else
    the middle ones. `side` is the longest side in pixels, 256 unless given, of 2-D images 512.
    Together the PNGs have at most `most_bytes`: where need be with fewer greys, then coarser.
    Raises ValueError where grids differ or there is nothing to draw. O(voxels).
    """
    named = list(regions.items())
    if image is not None and image.array.dtype == bool:
        named, image = [("region", image), *named], None
    geometry = _grid([one for one in (image, *(region for _, region in named)) if one is not None])
    masks = tuple(np.asarray(region.array, bool) for _, region in named)
    ways = planes(geometry)
    # Colours of labels would be taken for those of regions.
    base = None if image is None else scan(image, coloured=not masks)
    telling = masks
    if not masks and base is not None and base.kind == "labels":
        telling = (base.array != 0,)
    middles = telling_slices(geometry.shape, telling)
    slices = [(way, None if way.through is None else middles[way.through]) for way in ways]
    if base is not None:
        base = base.having_seen([way.slice_of(base.array, index) for way, index in slices])
    scale = _scale(ways, side or _SIDES[geometry.dimension])
    sizes = [_size(way, scale) for way in ways]
    drawn = _within(
        [_slice(base, masks, *at, size) for at, size in zip(slices, sizes, strict=True)], most_bytes
    )
    return Pictures(
        tuple(
            Picture(way, index, png, size, 1 / scale)
            for (way, index), png, size in zip(slices, drawn, sizes, strict=True)
        ),
        (
            *_region_keys([name for name, _ in named], masks, slices, geometry),
            *_scan_keys(base, slices),
        ),
        tuple(_remarks(base, geometry)),
        geometry.unit,
    )


# Sizes


def _grid(shown: Sequence[Image]) -> Geometry:
    """The one grid of images: of those that say where it lies, if any does."""
    if not shown:
        raise ValueError("a picture is drawn of an image or regions: none is given")
    placed = [one.geometry for one in shown if not one.geometry.is_unplaced]
    geometry = (placed or [shown[0].geometry])[0]
    for one in shown:
        if not one.geometry.agrees_with(geometry):
            sizes = " and ".join(
                f"{grid} (spacing {grid.steps})" for grid in (geometry, one.geometry)
            )
            raise ValueError(f"a picture is drawn of images on one grid, not on {sizes}")
    return geometry


def _scale(ways: Sequence[Plane], side: int) -> float:
    """Pixels a unit of length, for all planes: one a voxel, or more or fewer, to fill the side."""
    largest = max(n * step for way in ways for n, step in zip(way.size, way.spacing, strict=True))
    scale = 1 / min(step for way in ways for step in way.spacing)
    larger = side / (scale * largest)
    if 1 <= larger < _WORTH_IT:  # as it is, it is sharper
        return scale
    return scale * (floor(larger) if larger >= SQUARES else larger)


def _size(way: Plane, scale: float) -> tuple[int, int]:
    width, height = (
        max(1, round(n * step * scale)) for n, step in zip(way.size, way.spacing, strict=True)
    )
    return width, height


# Drawing


class _Slice(NamedTuple):
    """A slice at the size in which it is shown, (width, height): greys, or colours, and regions."""

    size: tuple[int, int]
    shades: NDArray[np.float32] | None
    colours: NDArray[np.uint8] | None
    regions: tuple[NDArray[np.bool_], ...]

    def reduced(self, part: float) -> _Slice:
        """The same, coarser."""
        width, height = (max(1, round(n * part)) for n in self.size)
        size = width, height
        return _Slice(
            size,
            None if self.shades is None else greys(self.shades, size, _SHADES),
            None if self.colours is None else means(self.colours, size, OCTETS),
            tuple(any_in(region, size) for region in self.regions),
        )

    def drawn(self, most_greys: int) -> Raster:
        """All in one picture."""
        # Shades of several would hide what they are of, and each other.
        shaded = len(self.regions) == 1 or (self.shades is None and self.colours is None)
        over = overlay(self.regions, self.size[::-1], shaded)
        if self.colours is None:
            return Raster(*over_greys(self.shades, over, most_greys))
        return Raster(over_colours(self.colours, over), None)


def _slice(
    base: Scan | None,
    regions: Sequence[NDArray[np.bool_]],
    way: Plane,
    index: int | None,
    size: tuple[int, int],
) -> _Slice:
    seen = tuple(any_in(way.slice_of(region, index), size) for region in regions)
    if base is None:
        return _Slice(size, None, None, seen)
    values = base.values_of(way.slice_of(base.array, index))
    match base.kind:
        case "grey":
            return _Slice(size, greys(values, size, base.window), None, seen)
        case "colour":
            return _Slice(size, None, means(values, size, base.window), seen)
        case "labels":
            palette = np.array([GROUND, *label_colours(base.labels)], np.uint8)
            found = np.searchsorted((0, *base.labels), nearest(values, size))
            return _Slice(size, None, palette[found], seen)


def _within(slices: Sequence[_Slice], most: int) -> list[bytes]:
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


# Words


def _region_keys(
    names: Sequence[str],
    masks: Sequence[NDArray[np.bool_]],
    slices: Sequence[tuple[Plane, int | None]],
    geometry: Geometry,
) -> Iterator[Key]:
    for k, (name, mask) in enumerate(zip(names, masks, strict=True)):
        count = int(np.count_nonzero(mask))
        text = f"{name}: {count:,} {'voxel' if count == 1 else 'voxels'}"
        if not count:
            text = f"{name}: empty"
        elif geometry.unit == "mm" and geometry.dimension == 3:
            text += f", {count * geometry.voxel_size / 1000:.3g} ml"
        if count and not any(way.slice_of(mask, index).any() for way, index in slices):
            text += ", none in these slices"
        yield Key(text, colour(k), "dashes" if k >= FIRST_DASHED else "line")


def _scan_keys(base: Scan | None, slices: Sequence[tuple[Plane, int | None]]) -> Iterator[Key]:
    if base is None:
        return
    for label, its in zip(base.labels, label_colours(base.labels), strict=True):
        yield Key(str(label), its, "surface")
    if base.kind == "grey" and base.array.dtype.kind == "f":
        seen = (way.slice_of(base.array, index) for way, index in slices)
        if any(np.isnan(part).any() for part in seen):
            yield Key("nan", MISSING, "surface")


def _remarks(base: Scan | None, geometry: Geometry) -> Iterator[str]:
    if base is not None and base.kind == "grey":
        components = base.array.shape[-1]
        if base.magnitude:
            yield f"the length of vectors of {components} components"
        if base.first:
            yield f"the first of {components} components"
        low, high = base.window
        yield f"every number is {low:.4g}" if low == high else f"black {low:.4g}, white {high:.4g}"
    turn = turned_by(geometry) if geometry.unit == "mm" else 0.0
    if turn >= _LEAST_TURN:
        yield f"planes of the grid, which is turned by {turn:.2g}° from the patient's axes"
