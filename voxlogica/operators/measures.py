"""Where images and regions lie, and how large they are, in the unit of lengths of their files."""

from __future__ import annotations

import math

from voxlogica import kernels
from voxlogica.operators.signature import (
    AnyImage,
    Cost,
    Number,
    Numbers,
    NumberTable,
    OperationError,
    Region,
    Text,
    operator,
)


@operator("spacing", by_grid_alone=True, cost=Cost.NOTHING)
def spacing(image: AnyImage) -> Numbers:
    """The distance between the centres of neighbouring voxels along x, y and, in 3-D, z.

    In the unit of the image: see `unit`. Known from the file's header, before anything is computed.

    Example: spacing(img)[2]
    """
    return [float(step) for step in image.geometry.spacing]


@operator("size", by_grid_alone=True, cost=Cost.NOTHING)
def size(image: AnyImage) -> Numbers:
    """How many voxels the image has along x, y and, in 3-D, z.

    Sides of length 1 in a 3-D file are dropped, as everywhere. How many voxels a region has,
    `volume` counts.

    Example: size(img)[0]
    """
    return [float(side) for side in image.geometry.size]


@operator("origin", by_grid_alone=True, cost=Cost.NOTHING)
def origin(image: AnyImage) -> Numbers:
    """Where the centre of the first voxel is: physical coordinates as SimpleITK has them (LPS).

    In the unit of the image, along the patient's axes: to the left, to the back, to the head.

    Example: origin(img)
    """
    return [float(place) for place in image.geometry.origin]


@operator("unit", by_grid_alone=True, cost=Cost.NOTHING)
def unit(image: AnyImage) -> Text:
    """The unit of the image's lengths: "mm", "um" (micrometres), or "px" where its file knows none.

    `spacing`, `origin`, `centroid` and distances are in this unit; `mm3` and `ml` convert from it.

    Example: unit(img) == "mm"
    """
    return image.geometry.unit


@operator("voxelInMm3", by_grid_alone=True, cost=Cost.NOTHING)
def voxel_in_mm3(image: AnyImage) -> Number:
    """The volume of one voxel in mm³, rounded once. An error in 2-D, and where there is no length.

    Example: voxelInMm3(a)
    """
    geometry = image.geometry
    if geometry.dimension != 3:
        raise OperationError(
            "a 2-D image has no volume",
            "its area, in the square of `unit(r)`: `volume(r) * (spacing(r)[0] * spacing(r)[1])`",
        )
    if geometry.unit == "px":
        raise OperationError(
            "how large this image's voxels are is not known: it has no unit of length",
            "`volume(r)` counts voxels; where you know the size of one, multiply by it",
        )
    from fractions import Fraction

    unit = Fraction(1, 10**9) if geometry.unit == "um" else Fraction(1)
    return float(math.prod(map(Fraction, geometry.spacing), start=unit))


@operator("centroid", cost=Cost.PASS)
def centroid(region: Region) -> Numbers:
    """The middle of the region's voxels: the mean of their centres, in physical coordinates (LPS).

    As SimpleITK has them: origin, spacing and direction are those of the image, as is the unit. An
    empty region has none: `nan` along each axis.

    Example: centroid(a)[2]
    """
    geometry = region.geometry
    found = kernels.extents.extent(region.array)
    if found is None:
        return [math.nan] * geometry.dimension
    return geometry.point([total / found.count for total in found.sums])


@operator("bbox", cost=Cost.PASS)
def bbox(region: Region) -> NumberTable:
    """The smallest box around the region: `[first index, size]`, in voxels along x, y and z.

    As `Extract` and `RegionOfInterest` of SimpleITK want them, in the other order: `Extract(img,
    bbox(r)[1], bbox(r)[0])` is the image there. Of an empty region the size is 0 along each axis,
    and the index `nan`.

    Example: bbox(a)[1]
    """
    found = kernels.extents.extent(region.array)
    if found is None:
        axes = region.geometry.dimension
        return [[math.nan] * axes, [0.0] * axes]
    sides = [last - first + 1 for first, last in zip(found.least, found.greatest, strict=True)]
    return [[float(first) for first in found.least], [float(side) for side in sides]]
