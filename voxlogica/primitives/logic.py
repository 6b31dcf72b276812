"""The connectives, voxel by voxel."""

from __future__ import annotations

from voxlogica.primitives.signature import Region, operator
from voxlogica.primitives.voxelwise import voxelwise


@operator("not")
def complement(region: Region) -> Region:
    """The voxels that are not in the region.

    Example: not(intensity(img) >. 0)
    """
    return voxelwise("logical_not", region)


@operator("and", commutative=True)
def intersection(a: Region, b: Region) -> Region:
    """The voxels that are in both regions.

    Example: and(v >. 10, v <. 20)
    """
    return voxelwise("logical_and", a, b)


@operator("or", commutative=True)
def union(a: Region, b: Region) -> Region:
    """The voxels that are in at least one of the regions.

    Example: or(v <. 10, v >. 20)
    """
    return voxelwise("logical_or", a, b)
