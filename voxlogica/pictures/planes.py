"""The planes in which a grid is looked at: which way up, how wide, and through which voxels.

Pictures of a patient are upright and as radiologists have them: seen from the feet, so that the
patient's right is at the left, the front at the top; from the front; and from the left, with the
face at the left. Of a grid turned against the patient's axes, its own planes are shown, each for
the one that it is nearest to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry

# Of the axes left, back and head, which run x, y and z in physical space: where each begins, ends.
_ENDS = (("R", "L"), ("A", "P"), ("I", "S"))
# What goes to the right and down, and whether towards the end of its axis.
_OF_PATIENTS = (
    ("axial", (0, True), (1, True)),
    ("coronal", (0, True), (2, False)),
    ("sagittal", (1, True), (2, False)),
)
_OF_GRIDS = (
    ("xy", (0, True), (1, True)),
    ("xz", (0, True), (2, True)),
    ("zy", (2, True), (1, True)),
)
# What a byte counts to.
_LARGEST_COUNT = 255


class Sides(NamedTuple):
    """What of the patient is at the sides of a picture: one of R, L, A, P, S, I each."""

    left: str
    right: str
    top: str
    bottom: str


@dataclass(frozen=True, slots=True)
class Plane:
    """A way to look at a grid: which of its axes (0 is x) goes to the right, which one down.

    `name` is "axial", "coronal" or "sagittal" where `sides` are known, else two axes, as "xy", or
    "" for the one plane of a 2-D grid. `backwards` tells for both axes whether voxels are in the
    reversed order. `through` is the axis along which slices follow each other, None in 2-D.
    `size` is in voxels, `spacing` in the grid's unit; both to the right, then down.
    """

    name: str
    across: int
    down: int
    through: int | None
    backwards: tuple[bool, bool]
    sides: Sides | None
    size: tuple[int, int]
    spacing: tuple[float, float]

    def title(self, index: int | None) -> str:
        """What a slice is called: "axial, z = 77"; nothing where there is one plane."""
        return "" if self.through is None else f"{self.name}, {'xyz'[self.through]} = {index}"

    def slice_of(self, array: NDArray[Any], index: int | None) -> NDArray[Any]:
        """A view of an array over the grid: shape (height, width), and components if it has any.

        `index` counts voxels along `through`.
        """
        if self.through is not None and index is not None:
            array = array.take(index, axis=2 - self.through)
        if self.down < self.across:  # the array's axes are in the reversed order of the grid's
            array = array.swapaxes(0, 1)
        right, down = (slice(None, None, -1 if back else 1) for back in self.backwards)
        return array[down, right]


def planes(geometry: Geometry) -> tuple[Plane, ...]:
    """Three planes of a 3-D grid, the one of a 2-D grid; O(1).

    A 2-D grid is shown as it lies, as are three planes of what is not in millimetres: of pixels and
    micrometres no patient's sides are known. Planes that are a line are left out beside others.
    """
    if geometry.dimension == 2:
        return (_plane(geometry, "", (0, True), (1, True), None),)
    if geometry.unit != "mm":
        found = [_plane(geometry, *view, None) for view in _OF_GRIDS]
    else:
        along = _nearest_axes(geometry)
        found = [
            _plane(
                geometry,
                name,
                _met(across, along, geometry),
                _met(down, along, geometry),
                _sides(across, down),
            )
            for name, across, down in _OF_PATIENTS
        ]
    return _wide(found)


def stored_planes(geometry: Geometry) -> tuple[Plane, ...]:
    """The planes of a grid as its file has them: the first voxel at the top, at the left; O(1).

    What of the patient is at their sides is what the header says, where `planes` know it.
    """
    if geometry.dimension == 2 or geometry.unit != "mm":
        return planes(geometry)
    along = _nearest_axes(geometry)

    def ends(axis: int) -> tuple[str, ...]:
        physical = along.index(axis)
        return _ends(physical, _cosine(geometry, physical, axis) > 0)

    return _wide(
        [
            _plane(geometry, name, across, down, Sides(*ends(across[0]), *ends(down[0])))
            for name, across, down in _OF_GRIDS
        ]
    )


def _wide(found: Sequence[Plane]) -> tuple[Plane, ...]:
    """Those that are no line, or the longest line."""
    wide = tuple(plane for plane in found if min(plane.size) > 1)
    return wide or (max(found, key=lambda plane: max(plane.size)),)


def turned_by(geometry: Geometry) -> float:
    """By how many degrees an axis of the grid is off its patient's axis, at most."""
    if geometry.dimension == 2:
        return 0.0
    along = _nearest_axes(geometry)
    cosines = [abs(_cosine(geometry, i, axis)) for i, axis in enumerate(along)]
    return math.degrees(math.acos(min(1.0, min(cosines))))


def telling_slices(grid: Geometry, regions: Sequence[NDArray[np.bool_]]) -> tuple[int, ...]:
    """Along each axis of a grid, x first, the slice that shows most of regions.

    It is one in which as many of the regions as possible are seen, then as much of them; of several
    such slices the one in the middle; without regions, or if all are empty, the grid's middle. Of
    two in the middle it is that at the patient's left, back or head, whichever way a file has its
    axes. O(voxels).
    """
    counts = [_counts(region) for region in regions]
    found: list[int] = []
    for axis, (length, is_onwards) in enumerate(zip(grid.size, _senses(grid), strict=True)):
        seen = [count[axis] for count in counts if count[axis].any()]
        if not seen:
            found.append((length - (not is_onwards)) // 2)
            continue
        how_many = np.sum([count > 0 for count in seen], axis=0)
        most = np.where(how_many == how_many.max(), np.sum(seen, axis=0), 0)
        best = np.flatnonzero(most == most.max())
        found.append(int(best[(len(best) - (not is_onwards)) // 2]))
    return tuple(found)


def _senses(grid: Geometry) -> list[bool]:
    """Of each axis of a grid, whether it runs to the patient's left, back or head, if any does."""
    found = [True] * grid.dimension
    if grid.dimension == 3 and grid.unit == "mm":
        for physical, axis in enumerate(_nearest_axes(grid)):
            found[axis] = _cosine(grid, physical, axis) > 0
    return found


def _counts(region: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """How many voxels of the region are in each slice along x, y(, z)."""
    flat = region.view(np.uint8)
    if flat.ndim == 2:
        return [flat.sum(axis=0, dtype=np.int64), flat.sum(axis=1, dtype=np.int64)]
    columns = np.zeros(flat.shape[1:], np.int64)
    for start in range(0, len(flat), _LARGEST_COUNT):  # what bytes can count is added fastest
        block = flat[start : start + _LARGEST_COUNT]
        columns += np.add.reduce(block, axis=0, dtype=np.uint8)
    slices = [int(np.count_nonzero(plane)) for plane in region]
    return [columns.sum(axis=0), columns.sum(axis=1), np.array(slices, np.int64)]


def _cosine(geometry: Geometry, physical: int, axis: int) -> float:
    return geometry.direction[geometry.dimension * physical + axis]


def _nearest_axes(geometry: Geometry) -> tuple[int, ...]:
    """For each physical axis, the grid's that is nearest, each for one."""
    return max(
        permutations(range(3)),
        key=lambda order: sum(_cosine(geometry, i, axis) ** 2 for i, axis in enumerate(order)),
    )


def _met(towards: tuple[int, bool], along: tuple[int, ...], geometry: Geometry) -> tuple[int, bool]:
    """The grid's axis for a physical one, and whether it is to be followed to its end."""
    physical, to_the_end = towards
    axis = along[physical]
    return axis, to_the_end == (_cosine(geometry, physical, axis) > 0)


def _sides(across: tuple[int, bool], down: tuple[int, bool]) -> Sides:
    return Sides(*_ends(*across), *_ends(*down))


def _ends(physical: int, to_the_end: bool) -> tuple[str, ...]:
    return _ENDS[physical] if to_the_end else _ENDS[physical][::-1]


def _plane(
    geometry: Geometry,
    name: str,
    across: tuple[int, bool],
    down: tuple[int, bool],
    sides: Sides | None,
) -> Plane:
    axes = across[0], down[0]
    return Plane(
        name,
        *axes,
        through=3 - sum(axes) if geometry.dimension == 3 else None,
        backwards=(not across[1], not down[1]),
        sides=sides,
        size=(geometry.size[axes[0]], geometry.size[axes[1]]),
        spacing=(geometry.spacing[axes[0]], geometry.spacing[axes[1]]),
    )
