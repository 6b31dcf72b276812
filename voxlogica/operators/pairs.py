"""Operations that rewriting makes: what metrics of two regions have in common, found once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from voxlogica import kernels
from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.operators.signature import (
    Cost,
    Number,
    Numbers,
    OperationError,
    Region,
    Type,
    operator,
)

# So many voxels are looked at together: they stay in the processor's cache.
_BLOCK = 1 << 16


@operator("overlapOf", cost=Cost.PASS)
def overlap_of(found: Region, truth: Region) -> Numbers:
    """How many voxels are in both regions, in the found one only, in the true one only, in neither.

    Example: overlapOf(found, truth)
    """
    one, other = found.array.reshape(-1), truth.array.reshape(-1)
    both = 0
    common = np.empty(min(one.size, _BLOCK), np.bool_)
    for begin in range(0, one.size, _BLOCK):
        part = slice(begin, begin + _BLOCK)
        into = common[: one[part].size]
        both += int(np.count_nonzero(np.logical_and(one[part], other[part], out=into)))
    extra, missed = (int(np.count_nonzero(all_of)) - both for all_of in (one, other))
    return [float(n) for n in (both, extra, missed, one.size - both - extra - missed)]


@dataclass(frozen=True, slots=True, eq=False)
class RegionBorder:
    """The border of a region: a box around it, where that begins, and the grid it is of.

    The box of an empty region has no voxels.
    """

    voxels: NDArray[Any]
    start: tuple[int, ...]
    geometry: Geometry

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return (self.voxels,)

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> RegionBorder:
        """The same with arrays equal to its own."""
        return replace(self, voxels=arrays[0])


@dataclass(frozen=True, slots=True, eq=False)
class BorderDistances:
    """Of each voxel of two borders, how far it is from the nearest of the other, in memory order.

    Where the found region is `empty`, or the true one, there are none, and `by_rule` is what any
    distance counts as: the image's diagonal, or 0 where both are.
    """

    there: NDArray[Any]
    back: NDArray[Any]
    by_rule: float | None = None
    empty: tuple[bool, bool] = (False, False)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return self.there, self.back

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> BorderDistances:
        """The same with arrays equal to its own."""
        there, back = arrays
        return replace(self, there=there, back=back)


# No program can print or save them, so they are never goals, and never in the store.
BORDER, DISTANCES = Type("border"), Type("distances")
Border = Annotated[RegionBorder, BORDER]
Distances = Annotated[BorderDistances, DISTANCES]


@operator("borderOf", cost=Cost.PASSES)
def border_of(region: Region) -> Border:
    """The voxels of a region that have a neighbour across a face outside it.

    What is beyond the image is outside.

    Example: borderOf(found)
    """
    place = kernels.surfaces.box(region.array)
    if place is None:
        start = (0,) * region.geometry.dimension
        return RegionBorder(region.array[tuple(slice(0, 0) for _ in start)], start, region.geometry)
    start = tuple(side.start for side in place)
    return RegionBorder(kernels.surfaces.border(region.array[place]), start, region.geometry)


@operator("distancesBetween", cost=Cost.PASSES)
def distances_between(found: Border, truth: Border) -> Distances:
    """Of each voxel of two borders, how far it is from the nearest voxel of the other.

    Example: distancesBetween(borderOf(found), borderOf(truth))
    """
    empty = not found.voxels.size, not truth.voxels.size
    if any(empty):
        none = np.empty(0, np.float64)
        rule = 0.0 if all(empty) else _diagonal(found.geometry)
        return BorderDistances(none, none, rule, empty)
    there, back = kernels.surfaces.between(
        found.voxels, found.start, truth.voxels, truth.start, found.geometry.spacing[::-1]
    )
    return BorderDistances(there, back)


@operator("matchedLesions")
def matched_lesions(
    found: Region, truth: Region, least: Number = 1, iou: Number = 0, dilation: Number = 0
) -> Numbers:
    """How many true components were found, and were missed; how many found ones are false.

    Example: matchedLesions(found, truth, 1, 0, 0)
    """
    for wrong, message in (
        (not least >= 0, f"components of at least {least:g} voxels: a number from 0 on is wanted"),
        (not 0 <= iou <= 1, f"an IoU of at least {iou:g}: it is a share, from 0 to 1"),
        (not 0 <= dilation < math.inf, f"the truth dilated by {dilation:g}: from 0 on is wanted"),
    ):
        if wrong:
            raise OperationError(message, "the order is `(found, truth, least, iou, dilation)`")
    spacing = found.geometry.spacing[::-1]
    # By more than the diagonal, all of the image is reached.
    reach = min(dilation, _diagonal(found.geometry))
    return [
        float(n)
        for n in kernels.lesions.matched(found.array, truth.array, spacing, least, iou, reach)
    ]


def _diagonal(geometry: Geometry) -> float:
    """How long the image's diagonal is: size times spacing along each axis."""
    sides = (n * step for n, step in zip(geometry.size, geometry.spacing, strict=True))
    return math.sqrt(math.fsum(side * side for side in sides))
