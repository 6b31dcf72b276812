"""An image and regions on one grid, drawn slice by slice, and what their colours mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from voxlogica.dataclass import dataclass, replace
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
from voxlogica.pictures.planes import Plane, telling_slices, turned_by
from voxlogica.pictures.png import Raster
from voxlogica.pictures.resampling import any_in, greys, means, nearest
from voxlogica.pictures.windowing import OCTETS, Scan, Window, scan

# Below, a turn is a rounding of the file's.
_LEAST_TURN = 0.1
_SHADES = Window(0.0, 1.0)
# Enough that greys are even to the eye.
_GREYS = 128

# A plane, and the slice that is shown of those that follow each other through it, None in 2-D.
At = tuple[Plane, int | None]


class Key(NamedTuple):
    """What a colour means: a region drawn as a line, or whatever else as an even surface."""

    text: str
    colour: Colour
    drawn: Literal["line", "dashes", "surface"]


class SceneSlice(NamedTuple):
    """A slice at the size in which it is shown, (width, height): greys, or colours, and regions."""

    size: tuple[int, int]
    shades: NDArray[np.float32] | None
    colours: NDArray[np.uint8] | None
    regions: tuple[NDArray[np.bool_], ...]

    def reduced(self, part: float) -> SceneSlice:
        """The same, coarser."""
        width, height = (max(1, round(n * part)) for n in self.size)
        size = width, height
        return SceneSlice(
            size,
            None if self.shades is None else greys(self.shades, size, _SHADES),
            None if self.colours is None else means(self.colours, size, OCTETS),
            tuple(any_in(region, size) for region in self.regions),
        )

    def drawn(self, most_greys: int = _GREYS) -> Raster:
        """All in one picture."""
        # Shades of several would hide what they are of, and each other.
        shaded = len(self.regions) == 1 or (self.shades is None and self.colours is None)
        over = overlay(self.regions, self.size[::-1], shaded)
        if self.colours is None:
            return Raster(*over_greys(self.shades, over, most_greys))
        return Raster(over_colours(self.colours, over), None)


def through(ways: Sequence[Plane], voxel: Sequence[int]) -> list[At]:
    """The slices of planes through a voxel, x first."""
    return [(way, None if way.through is None else voxel[way.through]) for way in ways]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What pictures are drawn of: regions, each with a name, over an image or by themselves."""

    geometry: Geometry
    base: Scan | None
    names: tuple[str, ...]
    masks: tuple[NDArray[np.bool_], ...]

    def telling(self, ways: Sequence[Plane]) -> list[At]:
        """The slices that tell most of the regions, or of labels, or else the middle ones."""
        telling = self.masks
        if not telling and self.base is not None and self.base.kind == "labels":
            telling = (self.base.array != 0,)
        return through(ways, telling_slices(self.geometry, telling))

    def having_seen(self, slices: Sequence[At]) -> Scene:
        """The same, once it is known what is in some slices."""
        if self.base is None:
            return self
        seen = [way.slice_of(self.base.array, index) for way, index in slices]
        return replace(self, base=self.base.having_seen(seen))

    def at(self, way: Plane, index: int | None, size: tuple[int, int]) -> SceneSlice:
        """A slice at a size (width, height) in pixels."""
        seen = tuple(any_in(way.slice_of(region, index), size) for region in self.masks)
        if self.base is None:
            return SceneSlice(size, None, None, seen)
        values = self.base.values_of(way.slice_of(self.base.array, index))
        match self.base.kind:
            case "grey":
                return SceneSlice(size, greys(values, size, self.base.window), None, seen)
            case "colour":
                return SceneSlice(size, None, means(values, size, self.base.window), seen)
            case "labels":
                palette = np.array([GROUND, *label_colours(self.base.labels)], np.uint8)
                found = np.searchsorted((0, *self.base.labels), nearest(values, size))
                return SceneSlice(size, None, palette[found], seen)

    def keys(self, slices: Sequence[At]) -> tuple[Key, ...]:
        """What the colours mean that are in some slices. O(voxels of the regions)."""
        return (*self._region_keys(slices), *self._scan_keys(slices))

    def _region_keys(self, slices: Sequence[At]) -> Iterator[Key]:
        geometry = self.geometry
        for k, (name, mask) in enumerate(zip(self.names, self.masks, strict=True)):
            count = int(np.count_nonzero(mask))
            text = f"{name}: {count:,} {'voxel' if count == 1 else 'voxels'}"
            if not count:
                text = f"{name}: empty"
            elif geometry.unit == "mm" and geometry.dimension == 3:
                text += f", {geometry.millilitres(count):.3g} ml"
            if count and not any(way.slice_of(mask, index).any() for way, index in slices):
                text += ", none in these slices"
            yield Key(text, colour(k), "dashes" if k >= FIRST_DASHED else "line")

    def _scan_keys(self, slices: Sequence[At]) -> Iterator[Key]:
        base = self.base
        if base is None:
            return
        for label, its in zip(base.labels, label_colours(base.labels), strict=True):
            yield Key(str(label), its, "surface")
        if base.kind == "grey" and base.array.dtype.kind == "f":
            seen = (way.slice_of(base.array, index) for way, index in slices)
            if any(np.isnan(part).any() for part in seen):
                yield Key("nan", MISSING, "surface")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else is to know: what black and white are, and how the grid is turned."""
        return tuple(self._remarks())

    def _remarks(self) -> Iterator[str]:
        base = self.base
        if base is not None and base.kind == "grey":
            components = base.array.shape[-1]
            if base.magnitude:
                yield f"the length of vectors of {components} components"
            if base.first:
                yield f"the first of {components} components"
            low, high = base.window
            same = low == high
            yield f"every number is {low:.4g}" if same else f"black {low:.4g}, white {high:.4g}"
        turn = turned_by(self.geometry) if self.geometry.unit == "mm" else 0.0
        if turn >= _LEAST_TURN:
            yield f"planes of the grid, which is turned by {turn:.2g}° from the patient's axes"


def scene(image: Image | None, regions: Mapping[str, Image]) -> Scene:
    """Regions over an image; without one, or if the one is itself a region, by themselves.

    Raises ValueError where grids differ or there is nothing to draw. O(voxels).
    """
    named = list(regions.items())
    if image is not None and image.array.dtype == bool:
        named, image = [("region", image), *named], None
    geometry = _grid([one for one in (image, *(region for _, region in named)) if one is not None])
    # Colours of labels would be taken for those of regions.
    return Scene(
        geometry,
        None if image is None else scan(image, coloured=not named),
        tuple(name for name, _ in named),
        tuple(np.asarray(region.array, bool) for _, region in named),
    )


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
